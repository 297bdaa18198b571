"""A MIDI file opened anywhere is heard and is among the clips; every list of DAWs is filled."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from core.clip import Clip, Note
from core.midi import write_midi
from desktop.pages.takes.view import TakesPage
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.audition import FakeAuditions
from desktop.services.fakes.daws import FakeDaws
from desktop.services.fakes.jobs import FakeJobs
from desktop.services.processes.clip_reading import read_here
from desktop.stage.stage import Stage
from desktop.tasks import Tasks
from desktop.widgets.daw_list import DawList
from desktop.widgets.start_folder import StartFolder
from tests.helpers.waiting import LAST_RESORT_S

LIMIT_MS = round(1000 * LAST_RESORT_S)


def test_a_file_opened_on_the_stage_is_told_to_others(qtbot: QtBot, tmp_path: Path) -> None:
    file, tasks = tmp_path / "tune.mid", Tasks()
    write_midi(Clip.of("tune", [Note(0.0, 60, 90, 0.2)]), file)
    stage = Stage(FakeAuditions(tmp_path), FakeAudio(), tasks)
    qtbot.addWidget(stage, before_close_func=lambda _: tasks.close())
    with qtbot.waitSignal(stage.clip_opened, timeout=LIMIT_MS) as opened:
        stage.open_clip(file)
    assert opened.args == [file]


def test_the_same_clip_again_leaves_what_plays(qtbot: QtBot, tmp_path: Path) -> None:
    tasks, audio = Tasks(), FakeAudio()
    stage = Stage(FakeAuditions(tmp_path), audio, tasks)
    qtbot.addWidget(stage, before_close_func=lambda _: tasks.close())
    stage.set_clip(Clip.of("tune", [Note(0.0, 60, 90, 0.2)]))
    stage.set_preset("bell", "Small Bell")
    stage.play()
    qtbot.waitUntil(lambda: audio.is_playing, timeout=LIMIT_MS)
    stage.set_clip(Clip.of("tune", [Note(0.0, 60, 90, 0.2)]))
    assert audio.is_playing
    assert stage.drag_handle.isEnabled()


def test_midi_files_are_chosen_on_the_takes_page(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tasks, jobs = tmp_path / "tune.mid", Tasks(), FakeJobs()
    write_midi(Clip.of("tune", [Note(0.0, 60, 90, 0.2)]), file)
    page = TakesPage(jobs, tasks)
    qtbot.addWidget(page, before_close_func=lambda _: tasks.close())
    folders: list[str] = []

    def choose(_parent: object, _title: str, folder: str, _kinds: str) -> tuple[list[str], str]:
        folders.append(folder)
        return [str(file)], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    page.clip_panel.open_button.click()
    qtbot.waitUntil(lambda: page.current_clip is not None, timeout=LIMIT_MS)
    with qtbot.waitSignal(page.clip_changed, timeout=LIMIT_MS):
        page.clip_panel.open_button.click()
    assert folders[1] == str(tmp_path)


def test_a_dialog_begins_in_a_folder_that_is_there(tmp_path: Path) -> None:
    start = StartFolder()
    assert Path(start.path).is_dir()
    start.chosen(str(tmp_path / "gone" / "song.mid"))
    assert Path(start.path).is_dir()
    start.chosen(str(tmp_path / "song.mid"))
    assert start.path == str(tmp_path)


def test_two_lists_of_daws_are_both_filled(qtbot: QtBot) -> None:
    tasks = Tasks()
    lists = [DawList(FakeDaws(), tasks), DawList(FakeDaws(), tasks)]
    for one in lists:
        qtbot.addWidget(one)
    qtbot.waitUntil(lambda: all(one.buttons for one in lists), timeout=LIMIT_MS)
    tasks.close()


def test_what_is_left_out_of_a_clip_is_said_without_options_of_commands(tmp_path: Path) -> None:
    bell, drum = (
        bytes((0, 0x90, 60, 90, 96, 0x80, 60, 0)),
        bytes((0, 0x99, 36, 90, 96, 0x89, 36, 0)),
    )
    track = bell + drum + bytes((0, 0xFF, 0x2F, 0))
    file = tmp_path / "song.mid"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96)
    file.write_bytes(head + b"MTrk" + struct.pack(">I", len(track)) + track)
    _, remarks = read_here(file)
    assert remarks == ("drum notes (channel 10) left out: 1",)
