"""A thousand files dropped at once: one summary, every reason kept; stopping keeps what came."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.errors import AudioError
from core.library.presets import ImportedPresets
from desktop.faults import Fault
from desktop.pages.browse.page import BrowsePage
from desktop.services.fakes.presets import FakePresets
from desktop.tasks import TaskControl, Tasks
from tests.helpers.waiting import LAST_RESORT_S


class MixedPresets(FakePresets):
    """Takes what is called ``good``; waits before ``held``; the disk breaks at ``broken``."""

    def __init__(self) -> None:
        super().__init__(5)
        self.held, self.may_go_on = threading.Event(), threading.Event()

    def import_file(self, file: Path, control: TaskControl) -> ImportedPresets:
        if file.stem.startswith("broken"):
            raise OSError(5, "Input/output error", str(file))
        if file.stem.startswith("bad"):
            raise AudioError(f"{file.name} cannot be read as audio")
        if file.stem.startswith("held"):
            self.held.set()
            assert self.may_go_on.wait(LAST_RESORT_S)
        return super().import_file(file, control)


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_bytes(b"")
    return [folder / name for name in names]


@pytest.fixture
def presets() -> MixedPresets:
    return MixedPresets()


def opened(presets: MixedPresets, tasks: Tasks, qtbot: QtBot) -> tuple[BrowsePage, list[Fault]]:
    page, faults = BrowsePage(presets, tasks), list[Fault]()
    qtbot.addWidget(page)
    page.failed.connect(faults.append)
    assert isinstance(page, QWidget)
    return page, faults


def test_one_summary_and_every_reason_in_its_details(
    presets: MixedPresets, qtbot: QtBot, tmp_path: Path
) -> None:
    tasks = Tasks()
    page, faults = opened(presets, tasks, qtbot)
    dropped = files(
        tmp_path,
        *(f"good {n}.wav" for n in range(250)),
        *(f"bad {n}.wav" for n in range(250)),
        *(f"clip {n}.mid" for n in range(250)),
        *(f"broken {n}.wav" for n in range(250)),
    )
    page._files.import_(dropped)
    qtbot.waitUntil(lambda: bool(faults), timeout=int(LAST_RESORT_S * 1000))
    (fault,) = faults
    assert fault.message.startswith("750 of 1,000 files could not be used")
    lines = fault.details.splitlines()
    assert len(lines) == 750
    assert "bad 7.wav cannot be read as audio" in lines
    assert any("clip 3.mid is a MIDI clip; drop it on Takes" in line for line in lines)
    assert any(line.endswith("broken 3.wav: the disk cannot be read or written; check it")
               for line in lines)  # fmt: skip
    qtbot.waitUntil(lambda: page._model.total == 255, timeout=int(LAST_RESORT_S * 1000))
    tasks.close()


def test_stopping_says_what_came_until_then(
    presets: MixedPresets, qtbot: QtBot, tmp_path: Path
) -> None:
    tasks = Tasks()
    page, faults = opened(presets, tasks, qtbot)
    page._files.import_(
        files(tmp_path, "good.wav", "bad.wav", "held.wav", *(f"good {n}.wav" for n in range(50)))
    )
    qtbot.waitUntil(presets.held.is_set, timeout=int(LAST_RESORT_S * 1000))
    page._files.stop()
    presets.may_go_on.set()
    qtbot.waitUntil(lambda: bool(faults), timeout=int(LAST_RESORT_S * 1000))
    assert faults[0].message == "bad.wav cannot be read as audio"
    qtbot.waitUntil(lambda: page._model.total == 7, timeout=int(LAST_RESORT_S * 1000))
    assert not page._files.is_importing
    tasks.close()
