"""Whether the window stays free, and its memory flat: ``python -m benchmarks.window``.

``python -m benchmarks.window held``: how long the window's thread was held while a render, an
import, a pull from a hub on loopback and a map were under way at once. ``python -m
benchmarks.window memory``: resident memory of the window and its processes over many auditions
and takes. Both over a library of their own, with the real services.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QApplication

from core.clip import Clip, Note
from core.library import Library
from core.midi import write_midi
from core.models.manifest import MAIN, Manifest, ManifestFile, Origin
from core.models.registry import Registry
from core.timbre import TextTimbre
from desktop.app import Desktop
from desktop.parts import real_services
from desktop.responsiveness import favour_the_window
from desktop.services.jobs_interface import TakeItem
from desktop.services.model_bundles.local import LocalModels
from desktop.settings import SettingsFile
from desktop.tasks import Lane, LaneTask, TaskControl
from tests.helpers.gui_watchdog import GuiWatchdog, gui_watchdog
from tests.helpers.hub import FakeHub, serving
from tests.helpers.waiting import LAST_RESORT_S

_REPO = "someone/Toy"
_WORDS = 20
"""Imported presets share so many descriptions."""


def take_turns(until: Callable[[], object]) -> None:
    """Let the window live until something is so.

    Raises:
        TimeoutError: if it never is.
    """
    ends = time.monotonic() + LAST_RESORT_S
    while not until():
        QApplication.processEvents()
        time.sleep(0.001)
        if time.monotonic() > ends:
            raise TimeoutError("what was waited for did not come")


@contextlib.contextmanager
def window(home: Path) -> Iterator[Desktop]:
    """The whole window with its real services; ``TIMBRE_HOME`` has to be ``home`` by then."""
    home.mkdir(parents=True, exist_ok=True)
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    settings = SettingsFile.open()
    settings.change(first_page_done=True, bridge_on=False)
    desktop = Desktop(application, settings, real_services())
    desktop.show()
    take_turns(lambda: desktop.window._stage is not None and not desktop.tasks.under_way)
    favour_the_window()
    try:
        yield desktop
    finally:
        desktop.window.close()
        desktop.close()


def exported_presets(folder: Path, count: int) -> Path:
    """A folder of presets that another library exported.

    Args:
        folder: where that library is made.
        count: presets.
    """
    files = folder / "exported"
    files.mkdir(parents=True)
    with Library.open(folder / "other.sqlite", with_factory_bank=False, model=None) as library:
        for number in range(count):
            timbre = TextTimbre(f"warm sound {number % _WORDS}")
            library.export(library.add(f"Imported {number}", timbre).id, files)
    return files


def a_clip(folder: Path, notes: int) -> Path:
    """A MIDI file of so many notes, four a second.

    Args:
        folder: where it goes.
        notes: how many.
    """
    played = [Note(0.25 * number, 48 + 7 * number % 24, 90, 0.2) for number in range(notes)]
    file = folder / f"{notes} notes.mid"
    write_midi(Clip.of(file.stem, played), file)
    return file


@contextlib.contextmanager
def models_to_pull(folder: Path, mebibytes: int) -> Iterator[LocalModels]:
    """A service with a bundle ``toy`` that a hub on loopback has.

    Args:
        folder: of its files.
        mebibytes: its size.
    """
    import huggingface_hub.constants

    content = os.urandom(2**20) * mebibytes
    sha256 = hashlib.sha256(content).hexdigest()
    weights = ManifestFile("weights", "big.bin", None, sha256, Origin(_REPO, MAIN, "big.bin"))
    published = folder / "published"
    published.mkdir(parents=True)
    manifest = Manifest("toy", "embedded", "embedded", (weights,), "MIT", "A toy.")
    (published / "toy.json").write_text(manifest.to_json())
    registry = Registry(
        folder / "models",
        shipped_dir=folder / "shipped",
        published_dir=published,
        cache_dir=folder / "cache",
    )
    constants: Any = huggingface_hub.constants
    earlier, endpoint = constants.HF_HUB_OFFLINE, os.environ.get("HF_ENDPOINT")
    with serving(FakeHub({f"{_REPO}/big.bin": content})) as hub:
        os.environ["HF_ENDPOINT"], constants.HF_HUB_OFFLINE = hub.url, False
        try:
            yield LocalModels(registry=registry)
        finally:
            constants.HF_HUB_OFFLINE = earlier
            os.environ.pop("HF_ENDPOINT")
            if endpoint is not None:
                os.environ["HF_ENDPOINT"] = endpoint


def held_with_everything(folder: Path, presets: int, notes: int, mebibytes: int) -> GuiWatchdog:
    """How long the window was held while everything was under way at once.

    Args:
        folder: for files; ``TIMBRE_HOME`` is its ``home``.
        presets: that are imported.
        notes: of the clip that is rendered.
        mebibytes: that are pulled.
    """
    files, clip = exported_presets(folder / "other", presets), a_clip(folder, notes)
    takes: dict[int, TakeItem] = {}
    with models_to_pull(folder / "toys", mebibytes) as models, window(folder / "home") as desktop:
        jobs, tasks, page = desktop.services.jobs, desktop.tasks, desktop._pages.browse
        jobs.events.take_changed.connect(lambda take: takes.update({take.id: take}))
        pulled: list[object] = []

        def render(control: TaskControl) -> None:
            preset = desktop.services.jobs.presets("")[0]
            jobs.submit(jobs.add_file(clip, control).id, [preset.id])

        with gui_watchdog() as watchdog:
            tasks.run(render, lane=Lane.FILES)
            page._files.import_([files])
            tasks.run(partial(models.pull, "toy"), pulled.append, lane=Lane.PULLS)
            page.views.show_view("map")
            shown: set[str] = set()

            def is_done() -> bool:
                shown.update(take.state for take in takes.values())
                return bool(pulled) and not tasks.under_way and "done" in shown

            take_turns(is_done)
        total = page._model.total
        assert total >= presets, total
    return watchdog


def _with_children(process: int) -> list[int]:
    """A process and all that it started, as Linux lists them."""
    found = [process]
    with contextlib.suppress(OSError):  # it ended meanwhile
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _with_children(int(child))
    return found


def _resident_mb(process: int) -> float:
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


class Memory:
    """What the window and its processes hold.

    Attributes:
        rows: renders, and resident MB of the window and of all its processes.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, float]] = []

    def look(self, renders: int) -> None:
        """Write down what they hold after so many renders."""
        own, *others = _with_children(os.getpid())
        self.rows.append((renders, _resident_mb(own), sum(map(_resident_mb, others))))

    def growth(self) -> tuple[float, float]:
        """MB that window and processes grew by from the second row, when all is loaded."""
        first, last = self.rows[1], self.rows[-1]
        return last[1] - first[1], last[2] - first[2]


def memory_over_renders(
    folder: Path, count: int, every: int, told: Callable[[str], object] = str
) -> Memory:
    """Render so many auditions and as many takes, one after the other.

    Args:
        folder: for files; ``TIMBRE_HOME`` is its ``home``.
        count: of each.
        every: memory is looked at.
        told: called with what was seen, a line each.
    """
    memory, done = Memory(), set[int]()
    with window(folder / "home") as desktop:
        services, tasks = desktop.services, desktop.tasks

        def learn(take: TakeItem) -> None:
            if take.state == "done":
                done.add(take.id)

        services.jobs.events.take_changed.connect(learn)
        file = a_clip(folder, 4)
        found: list[tuple[str, str]] = []

        def prepare(control: TaskControl) -> tuple[str, str]:
            return services.jobs.add_file(file, control).id, services.jobs.presets("")[0].id

        tasks.run(prepare, found.append)
        take_turns(lambda: found)
        (clip, preset) = found[0]
        for number in range(1, count + 1):
            heard = Clip.of(f"heard {number}", [Note(0.0, 40 + number % 40, 60 + number % 60, 0.2)])
            audition: LaneTask[Path] = tasks.run(
                partial(services.auditions.render, preset, heard), lane=Lane.AUDITION
            )
            tasks.run(lambda _, seed=number: services.jobs.submit(clip, [preset], seed=seed))  # type: ignore[misc]
            take_turns(lambda wanted=number: len(done) >= wanted and not tasks.under_way)  # type: ignore[misc]
            assert not audition.is_cancelled
            if number % every == 0:
                memory.look(number)
                _, own, others = memory.rows[-1]
                told(f"{number:5} of each: window {own:6.0f} MB, its processes {others:6.0f} MB")
    return memory


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("held", "memory"))
    parser.add_argument("--presets", type=int, default=1000)
    parser.add_argument("--renders", type=int, default=500)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TIMBRE_HOME"] = str(folder / "home")
        if arguments.what == "held":
            print(held_with_everything(folder, arguments.presets, 400, 64))
            return
        every = max(arguments.renders // 10, 1)
        memory_over_renders(folder, arguments.renders, every, partial(print, flush=True))


if __name__ == "__main__":
    main()
