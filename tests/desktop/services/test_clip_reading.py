"""MIDI files read for the window: small ones here, large ones in another process."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.clip import Clip, Note
from core.errors import Cancelled, UserInputError
from core.midi import write_midi
from desktop.responsiveness import favour_the_window
from desktop.services.processes import clip_reading
from desktop.services.processes.clip_reading import LARGE_BYTES, read_clip
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from tests.desktop.services.conftest import control
from tests.helpers.gui_watchdog import ALLOWED_MS, gui_watchdog
from tests.helpers.waiting import LAST_RESORT_S


def write_notes(file: Path, count: int) -> Path:
    """A file of many notes."""
    notes = [Note(0.01 * n, 30 + n * 7 % 60, 1 + n % 127, 0.05 + n % 11 / 10) for n in range(count)]
    write_midi(Clip.of(file.stem, notes), file)
    return file


def test_a_large_file_is_read_elsewhere_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_notes(tmp_path / "large.mid", 20_000)
    assert file.stat().st_size > LARGE_BYTES
    here = clip_reading.read_here(file)
    monkeypatch.setattr("core.midi.read_midi", lambda _file: pytest.fail("read in this process"))
    assert read_clip(file, control()) == here


def test_what_is_wrong_with_a_large_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "broken.mid"
    file.write_bytes(b"no MIDI" * LARGE_BYTES)
    with pytest.raises(UserInputError, match=r"broken\.mid"):
        read_clip(file, control())
    with pytest.raises(UserInputError, match="gone"):
        read_clip(tmp_path / "gone.mid", control())


def test_nobody_waits_for_a_file_that_is_not_wanted_any_more(tmp_path: Path) -> None:
    task = LaneTask[None](lambda _control: None, None, None, None)
    task.cancel()
    with pytest.raises(Cancelled):
        read_clip(write_notes(tmp_path / "large.mid", 20_000), TaskControl(task))


def test_100_000_notes_hold_the_window_only_shortly(qtbot: QtBot, tmp_path: Path) -> None:
    file = write_notes(tmp_path / "large.mid", 100_000)
    tasks, read = Tasks(), list[int]()
    favour_the_window()

    def is_read(times: int) -> bool:
        return len(read) == times

    for round_ in range(3):  # the quickest tells of the code; the others of what else ran here
        with gui_watchdog() as watchdog:
            tasks.run(
                lambda control: read_clip(file, control),
                lambda clip: read.append(len(clip[0].notes)),
                lane=Lane.FILES,
            )
            qtbot.waitUntil(partial(is_read, round_ + 1), timeout=int(1000 * LAST_RESORT_S))
        print(watchdog)
        if watchdog.longest_ms < ALLOWED_MS:
            break
    tasks.close()
    assert watchdog.longest_ms < ALLOWED_MS, watchdog
    assert set(read) == {100_000}
