"""``timbre demo``: the main job without a DAW, from presets to what a listener hears.

A bridge of its own is started on loopback, with presets of a recording, of words and of their
blend. A four-voice chorale is sent to it over OSC, as a DAW's clip would be, WAVs come back, and
:mod:`evaluation.demo` transcribes and scores them. No window: Qt is not imported.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.console import ProgressDisplay, print_note, progress_display
from core.models import DEFAULT_BUNDLE
from core.options import DeviceOption, ModelOption
from core.terminal.examples import with_examples
from evaluation.demo import WORDS, Play

if TYPE_CHECKING:
    from bridge.client import BridgeClient
    from core.library import Library

NAMES = ("recording", "text", "blend")
"""Presets, in the order they are played."""

_MADE_OF = {
    "recording": "a recording of the instrument",
    "text": f"the words “{WORDS}”",
    "blend": "half of each of these",
}


@with_examples("timbre demo", "timbre demo -o heard")
def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="For the WAVs.")
    ] = Path("demo"),
    model: ModelOption = DEFAULT_BUNDLE,
    device: DeviceOption = None,
) -> None:
    """Send a bundled score to a bridge in three timbres and measure what a listener hears."""
    began = time.perf_counter()
    from core.files import output_error, refuse_existing
    from evaluation.demo import print_table, render_and_transcribe

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(output, error) from error
    sounds = [output / f"{name}.wav" for name in NAMES]
    for sound in sounds:
        _refuse_foreign(sound)
    score = output / "score.mid"
    refuse_existing(score, force=any(sound.exists() for sound in sounds))
    with progress_display() as display:
        rows = render_and_transcribe(NAMES, _player(model, device, display), output, display.stage)
    print("A chorale in four voices was sent over OSC, and came back in three timbres:")
    for row in rows[1:]:
        name, pace = f"{row.file.name:<14}", f"{row.audio_s:.0f} s made in {row.render_s:.1f} s"
        print(f"  {name}{pace:<22}{_MADE_OF[row.name]}")
    print("A transcriber listened to them, and to the instrument itself (ground truth):")
    print_table(rows)
    print(f"WAVs are in {output.resolve()}; {time.perf_counter() - began:.1f} s in all")


def _refuse_foreign(path: Path) -> None:
    """Refuse to replace a sound that is not a render: a folder may hold others of these names."""
    from core.errors import AudioError, OutputError
    from core.files import check_writable
    from core.provenance import read_provenance

    check_writable(path)
    if path.exists():
        try:
            read_provenance(path)
        except AudioError:  # ours say what they are
            raise OutputError(
                f"{path} is there already and is no render; choose another folder with -o"
            ) from None


@contextmanager
def bridge(model: str, device: str | None = None) -> Iterator[BridgeClient]:
    """A bridge with the demo's presets, and a client of it; both are gone after the block.

    The user's own library, queue and ports are not touched, so a bridge may run beside it.

    Args:
        model: the bundle it renders with.
        device: where; None chooses.

    Raises:
        ModelMissing: if the bundle cannot be loaded.
    """
    import tempfile

    from bridge.client import BridgeClient
    from bridge.jobs.process import WORKER_COMMAND
    from bridge.jobs.queue import JobQueue
    from bridge.protocol.replies import Welcome
    from bridge.server import Address
    from bridge.server.file_replies import FileReplies
    from bridge.server.thread import serving
    from bridge.service import BridgeService
    from core.library import Library
    from core.version import program_version

    command = (*WORKER_COMMAND, device) if device else WORKER_COMMAND
    with tempfile.TemporaryDirectory(prefix="timbre-demo-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        jobs = JobQueue(
            home / "renders", home / "jobs.sqlite", warm_model=model, worker_command=command
        )
        # The worker listens to the presets: its encoder is loaded there.
        with (
            jobs,
            Library.open(home / "library.sqlite", with_factory_bank=False, model=None) as library,
        ):
            add_presets(library)
            rate = jobs.wait_until_warm()
            welcome = Welcome(program_version(), model, rate, str(jobs.output_dir))
            service = BridgeService(library, jobs, model)
            address = Address(port=0, tcp_port=0)
            with (
                FileReplies(home / "answers") as letterbox,
                serving(service, welcome, address, letterbox) as server,
                BridgeClient(port=server.port, name="demo") as client,
            ):
                yield client


def add_presets(library: Library) -> None:
    """Save a recording, words, and the blend of the two."""
    from core.library import PresetBlend
    from core.timbre import AudioTimbre, TextTimbre
    from evaluation.demo import ASSETS

    library.add("recording", AudioTimbre(ASSETS / "reference.ogg"))
    library.add("text", TextTimbre(WORDS))
    library.add("blend", PresetBlend((("recording", 0.5), ("text", 0.5))))


@contextmanager
def _player(model: str, device: str | None, display: ProgressDisplay) -> Iterator[Play]:
    """What plays a clip in a preset into a file, over OSC."""
    import shutil

    from core.clip import Clip
    from core.files import replacing

    display.stage(f"loading the model {model}")
    with bridge(model, device) as client:

        def play(clip: Clip, preset: str, path: Path) -> None:
            (take,) = client.render(clip, preset, on_progress=display.progress, on_note=print_note)
            with Path(take.path).open("rb") as rendered, replacing(path) as copy:
                shutil.copyfileobj(rendered, copy)

        yield play
