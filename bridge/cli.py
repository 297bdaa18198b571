"""``timbre serve``: the bridge from a terminal.

Heavy things are imported when a command runs.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.options import PORT, TokenOption
from core.console import progress_display
from core.models import DEFAULT_BUNDLE
from core.options import ModelOption
from core.terminal.examples import with_examples

if TYPE_CHECKING:
    from bridge.host import Host
    from bridge.protocol.replies import Welcome
    from bridge.server import Address
    from bridge.server.file_replies import FileReplies
    from bridge.service import BridgeService

HostOption = Annotated[
    str, typer.Option(metavar="HOST", help="Address; others than this machine's need --token.")
]


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
        from core.version import program_version

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
