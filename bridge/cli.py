"""``timbre serve`` and ``timbre send``: the bridge from a terminal.

Heavy things are imported when a command runs.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.console import print_note, progress_display
from core.errors import SettingsError
from core.models import DEFAULT_BUNDLE
from core.options import (
    DrumsOption,
    JsonOption,
    ModelOption,
    SeedOption,
    TakesOption,
    TrackOption,
    with_settings,
)
from core.settings import RenderSettings
from core.terminal.examples import with_examples

if TYPE_CHECKING:
    from bridge.host import Host
    from bridge.protocol.replies import Welcome
    from bridge.server import Address
    from bridge.server.file_replies import FileReplies
    from bridge.service import BridgeService

PORT = 9270

HostOption = Annotated[
    str, typer.Option(metavar="HOST", help="Address; others than this machine's need --token.")
]
TokenOption = Annotated[str, typer.Option(metavar="WORD", help="Word that clients must say.")]
_NO_SETTINGS = RenderSettings()


@with_examples(
    "timbre serve",
    "timbre serve --spool spool",
    "timbre serve --host 192.168.1.20 --token secret",
)
def serve(
    host: HostOption = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="UDP port.", min=0, max=65535)] = PORT,
    tcp_port: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="TCP port; the UDP port's number if not given."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="For rendered files.")
    ] = None,
    spool: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="For scripts that speak by files, as REAPER's do."),
    ] = None,
    ableton: Annotated[
        bool, typer.Option("--ableton", help="Talk with Ableton Live, through AbletonOSC.")
    ] = False,
    token: TokenOption = "",
    model: ModelOption = DEFAULT_BUNDLE,
) -> None:
    """Answer DAWs over OSC until stopped with Ctrl-C."""
    with contextlib.ExitStack() as loading:
        loading.enter_context(progress_display()).stage(f"loading the model {model}")
        from bridge.hosts import all_hosts
        from bridge.jobs.queue import JobQueue
        from bridge.protocol.replies import Welcome
        from bridge.server import Address
        from bridge.server.file_replies import FileReplies
        from bridge.server.spool import Spool
        from bridge.service import BridgeService
        from core.library import Library
        from core.paths import data_dir, renders_dir
        from core.synthesizer import program_version

        address = Address(host, port, port if tcp_port is None else tcp_port, token)
        chosen = {"ableton": ableton}  # by the option that each host declares
        hosts = all_hosts()
        jobs = JobQueue(output or renders_dir(), warm_model=model)
        with Library.open() as library, jobs:
            sample_rate = jobs.wait_until_warm()
            loading.close()
            welcome = Welcome(program_version(), model, sample_rate, str(jobs.output_dir))
            service = BridgeService(library, jobs, model)
            with (
                FileReplies(data_dir() / "answers") as file_replies,
                Spool(service, spool) if spool else contextlib.nullcontext(),
                contextlib.ExitStack() as started,
            ):
                for daw in hosts:
                    if chosen[daw.option]:
                        started.enter_context(daw.started(service, _print_status))
                _run(service, welcome, address, file_replies, hosts)


def _print_status(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _run(
    service: BridgeService,
    welcome: Welcome,
    address: Address,
    file_replies: FileReplies,
    hosts: Sequence[Host],
) -> None:
    """Serve until the process is asked to stop."""
    import asyncio
    import signal

    from bridge.server import BridgeServer

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises instead
                loop.add_signal_handler(number, stop.set)
        server = await BridgeServer.start(service, welcome, address, file_replies, hosts)
        file_replies.publish(address.host, server.port, server.tcp_port)
        _print_status(
            f"listening on {address.host}, UDP port {server.port} and TCP port "
            f"{server.tcp_port}; files go to {welcome.output_dir}"
        )
        try:
            await stop.wait()
        finally:
            await server.close()

    # Windows' own loop cannot watch a UDP socket.
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
    ):
        runner.run(run())


@with_examples(
    'timbre send clip.mid --preset "Warm Drawbars"',
    'timbre send clip.mid --preset "Warm Drawbars" --takes 3 --json',
    'timbre send --ableton --preset "Warm Drawbars"',
)
@with_settings
def send(
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Timbre: a preset of the bridge's library.")
    ],
    clip: Annotated[Path | None, typer.Argument(metavar="CLIP", help="MIDI file to play.")] = None,
    ableton: Annotated[
        bool, typer.Option("--ableton", help="Play the clip that is selected in Ableton Live.")
    ] = False,
    track: TrackOption = None,
    drums: DrumsOption = False,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Where `timbre serve` runs.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="Its port.", min=1, max=65535)] = PORT,
    tcp: Annotated[bool, typer.Option("--tcp", help="Over TCP instead of UDP.")] = False,
    token: TokenOption = "",
    model: Annotated[
        str, typer.Option(metavar="ID", help="Model bundle; the server's if not given.")
    ] = "",
    seed: SeedOption = 0,
    takes: TakesOption = 1,
    settings: RenderSettings = _NO_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Have a running bridge render a MIDI file, or Live's clip; prints where the files are."""
    from bridge.client import BridgeClient
    from bridge.protocol import MAX_TAKES
    from core.midi import read_midi

    if not 0 <= seed <= 2**32 - takes:
        raise SettingsError(f"seed {seed} is outside 0–4294967295")
    if not 1 <= takes <= MAX_TAKES:
        raise SettingsError(f"takes {takes} is outside 1–{MAX_TAKES}")
    if (clip is None) != ableton:
        raise SettingsError("say what to play: a MIDI file, or --ableton for Live's selected clip")
    if ableton and (track is not None or drums):
        raise SettingsError("--track and --drums choose from a MIDI file; Live's clip is one track")
    score = read_midi(clip, track, drums=drums) if clip else None
    for remark in score.remarks if score else ():
        print_note(remark.message)
    with (
        progress_display() as display,
        BridgeClient(host, port, transport="tcp" if tcp else "udp", token=token) as bridge,
    ):
        render = partial(bridge.render, score.clip) if score else bridge.render_selected
        files = render(
            preset,
            seed=seed,
            takes=takes,
            model=model,
            settings=settings,
            on_progress=display.progress,
            on_note=print_note,
            on_stage=display.stage,
        )
    if as_json:
        listed = [
            {
                "path": file.path,
                "sample_rate": file.sample_rate,
                "frames": file.frames,
                "seed": seed + file.take,
            }
            for file in files
        ]
        print(json.dumps({**listed[0], "takes": listed}))
        return
    for file in files:
        print(file.path)
