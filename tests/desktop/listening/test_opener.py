"""Blind tests opened from takes and from presets, and the table of votes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.audio import write_audio
from core.errors import DatabaseUnusable
from desktop.listening.opener import MOST_SOUNDS, BlindTests
from desktop.listening.votes_dialog import VotesDialog
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.audition import FakeAuditions
from desktop.services.fakes.jobs import fake_clip
from desktop.services.fakes.presets import FakePresets
from desktop.services.fakes.votes import FakeVotes, votes_of_three
from desktop.tasks import Tasks
from tests.desktop.listening.conftest import Until


@pytest.fixture
def auditions(tmp_path: Path) -> FakeAuditions:
    return FakeAuditions(tmp_path)


@pytest.fixture
def tests(
    qtbot: QtBot, votes: FakeVotes, audio: FakeAudio, auditions: FakeAuditions, tasks: Tasks
) -> BlindTests:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return BlindTests(votes, audio, auditions, FakePresets(12), tasks, window)


def test_presets_play_the_stages_clip_first(
    tests: BlindTests, auditions: FakeAuditions, until: Until
) -> None:
    ids = [f"{number:032x}" for number in (3, 4)]
    tests.compare_presets(ids, fake_clip("riff", 4))
    until(lambda: tests.dialog and tests.dialog.setup.begin.isEnabled())
    assert auditions.rendered == [(each, "riff") for each in ids]
    assert tests.dialog is not None
    tests.dialog.reject()
    assert tests.dialog is None


def test_closing_while_presets_are_rendered_stops_it(
    tests: BlindTests, auditions: FakeAuditions, tasks: Tasks, until: Until
) -> None:
    auditions.let_go.clear()
    tests.compare_presets([f"{number:032x}" for number in (3, 4)], fake_clip("riff", 4))
    until(lambda: tests.dialog and tests.dialog.setup.words == "rendering 1 of 2")
    assert tests.dialog is not None
    tests.dialog.reject()
    until(lambda: tasks.under_way == 0)
    assert len(auditions.rendered) == 1


def test_takes_are_compared(
    tests: BlindTests, audio: FakeAudio, tmp_path: Path, until: Until
) -> None:
    t = np.arange(8000) / 8000
    for number in range(2):
        tone = (0.2 * np.sin(2 * np.pi * (300 + 100 * number) * t)).astype(np.float32)
        write_audio(tmp_path / f"take-{number}.wav", tone[None], 8000)
    files = [tmp_path / "take-0.wav", tmp_path / "take-1.wav"]
    tests.compare_files([*files, files[0]])
    until(lambda: tests.dialog and tests.dialog.setup.begin.isEnabled())
    assert tests.dialog is not None
    tests.dialog.setup.begin.click()
    assert audio.played == [1.0]
    tests.dialog.accept()
    assert not audio.is_playing


def test_too_few_and_too_many_are_refused(tests: BlindTests, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tests.failed) as said:
        tests.compare_files([Path("one.wav"), Path("one.wav")])
    assert said.args == ["select two or more finished takes to compare them blind"]
    with qtbot.waitSignal(tests.failed) as said:
        tests.compare_presets([str(number) for number in range(MOST_SOUNDS + 1)], "a phrase")
    assert said.args == ["9 are too many to compare blind; select 8 at most"]
    assert tests.dialog is None


def test_votes_are_shown_and_exported(
    qtbot: QtBot, tasks: Tasks, tmp_path: Path, until: Until
) -> None:
    dialog = VotesDialog(votes_of_three(), tasks)
    qtbot.addWidget(dialog)
    dialog.show()
    until(lambda: dialog.presets.rowCount() == 3)
    assert dialog.words.startswith("32 votes on this machine")
    first = dialog.presets.item(0, 4)
    assert first is not None
    assert "95 %:" in first.text()
    lines = [dialog.pairs.item(row, 0).text() for row in range(dialog.pairs.rowCount())]  # type: ignore[union-attr]
    assert len(lines) == 4
    assert any("you hear the difference" in line or "not" in line for line in lines)
    dialog.write(tmp_path / "votes.csv")
    until(lambda: dialog.words.startswith("32 votes written"))
    assert len((tmp_path / "votes.csv").read_text().splitlines()) == 33
    dialog.write(tmp_path / "none" / "votes.csv")
    until(lambda: "none" in dialog.words)


def test_no_votes_say_what_to_do(qtbot: QtBot, tasks: Tasks, until: Until) -> None:
    votes = FakeVotes()
    dialog = VotesDialog(votes, tasks)
    qtbot.addWidget(dialog)
    dialog.show()
    until(lambda: dialog.words.startswith("No votes yet"))
    assert not dialog.export.isVisible()
    votes.failure = DatabaseUnusable("the file of votes is damaged; move it away")
    dialog.refresh()
    until(lambda: "damaged" in dialog.words)
