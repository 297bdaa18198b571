"""A blind test as a listener takes it, over a sound device that stands still."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.errors import DatabaseUnusable, UserInputError
from desktop.listening.dialog import BlindDialog, distinct_names
from desktop.listening.sounds import ComparedSound, VotedSound
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.blind import made_up_sounds
from desktop.services.fakes.votes import FakeVotes
from desktop.tasks import TaskControl, Tasks
from tests.desktop.listening.conftest import Until

Key = Qt.Key
Opened = Callable[..., BlindDialog]


@pytest.fixture
def open_dialog(
    qtbot: QtBot, audio: FakeAudio, votes: FakeVotes, tasks: Tasks, until: Until
) -> Opened:
    def open_(*names: str, trials: int = 4, abx: bool = False) -> BlindDialog:
        given = made_up_sounds(names)
        dialog = BlindDialog(names, lambda _control: given, audio, votes, tasks, seed=5)
        qtbot.addWidget(dialog)
        dialog.open()
        dialog.activateWindow()
        until(dialog.setup.begin.isEnabled)
        dialog.setup.abx.setChecked(abx)
        dialog.setup.trials.setValue(trials)
        dialog.setup.begin.click()
        assert shows(dialog, dialog.trial_view)
        return dialog

    return open_


def shows(dialog: BlindDialog, view: QWidget) -> bool:
    """Whether a view of it is the open one."""
    return dialog.shown is view


def level(audio: FakeAudio) -> float:
    """Which sound is heard, by its samples."""
    return round(float(audio.heard[-1][0, 0]), 1)


def test_keys_change_over_where_the_sound_is(
    open_dialog: Opened, audio: FakeAudio, qtbot: QtBot
) -> None:
    dialog = open_dialog("Bell", "Bass")
    audio.position_s = 1.25
    first = level(audio)
    qtbot.keyClick(dialog, Key.Key_B)
    assert level(audio) != first
    assert (audio.position_s, len(audio.played)) == (1.25, 1)
    qtbot.keyClick(dialog, Key.Key_A)
    assert level(audio) == first
    assert dialog.trial_view.sounds["a"].isChecked()
    qtbot.keyClick(dialog, Key.Key_X)  # there is none in this test
    assert level(audio) == first
    qtbot.keyClick(dialog, Key.Key_Space)
    states = [audio.is_playing, dialog.trial_view.sounds["a"].isChecked()]
    qtbot.keyClick(dialog, Key.Key_Space)
    assert [*states, audio.is_playing] == [False, False, True]
    assert len(audio.played) == 2


def test_one_votes_after_both_were_heard(
    open_dialog: Opened, votes: FakeVotes, qtbot: QtBot, until: Until
) -> None:
    dialog = open_dialog("Bell", "Bass", trials=2)
    view = dialog.trial_view
    assert "listen to B" in view.hint
    qtbot.keyClick(dialog, Key.Key_1)
    assert dialog.test is not None
    assert dialog.test.answers == []
    for _ in range(2):
        qtbot.keyClick(dialog, Key.Key_B)
        qtbot.keyClick(dialog, Key.Key_0)
    assert shows(dialog, dialog.results)
    assert dialog.results.words == "Bell v1: no difference in all 2"
    until(lambda: len(votes.kept) == 2)
    assert votes.kept[0].test == votes.kept[1].test
    assert {votes.kept[0].a.preset, votes.kept[0].b.preset} == {"Bell", "Bass"}
    assert votes.kept[0].listener


def test_names_are_hidden_until_the_end_and_told_then(
    open_dialog: Opened, votes: FakeVotes, audio: FakeAudio, qtbot: QtBot, until: Until
) -> None:
    dialog = open_dialog("Bell", "Bass", trials=9)
    while shows(dialog, dialog.trial_view):
        texts = " ".join(button.text() for button in dialog.trial_view.sounds.values())
        assert "Bell" not in texts + dialog.trial_view.hint
        b_is_bass = dialog.test.trial.b == 1  # type: ignore[union-attr]
        qtbot.keyClick(dialog, Key.Key_B)
        assert (level(audio) == 0.2) == b_is_bass
        wants_bass = len(dialog.test.answers) < 7  # type: ignore[union-attr]
        qtbot.keyClick(dialog, Key.Key_2 if b_is_bass == wants_bass else Key.Key_1)
    assert dialog.results.words.startswith("Bass v1 was better in 7 of 9 (95 %: 45–94 %)")
    table = dialog.results.table
    assert table.rowCount() == 9
    assert {table.item(0, 1).text(), table.item(0, 2).text()} == {"Bell v1", "Bass v1"}  # type: ignore[union-attr]
    assert "Bass v1" in table.item(0, 3).text()  # type: ignore[union-attr]
    until(lambda: len(votes.kept) == 9)
    assert not audio.is_playing


def test_abx_asks_what_x_is(
    open_dialog: Opened, votes: FakeVotes, audio: FakeAudio, qtbot: QtBot, until: Until
) -> None:
    dialog = open_dialog("Bell", "Bass", trials=6, abx=True)
    while shows(dialog, dialog.trial_view):
        a = level(audio)
        qtbot.keyClick(dialog, Key.Key_B)
        qtbot.keyClick(dialog, Key.Key_0)  # there is no such vote
        qtbot.keyClick(dialog, Key.Key_X)
        qtbot.keyClick(dialog, Key.Key_1 if level(audio) == a else Key.Key_2)
    assert dialog.results.words == (
        "X was recognised in 6 of 6; who guesses does so well in 2 % of tests (p = 0.016): you "
        "hear the difference"
    )
    assert dialog.results.table.item(5, 4).text().endswith("right")  # type: ignore[union-attr]
    until(lambda: len(votes.kept) == 6)
    assert all(vote.answer == vote.x for vote in votes.kept)


def test_of_three_every_pair_has_its_line(open_dialog: Opened, qtbot: QtBot) -> None:
    dialog = open_dialog("Bell", "Bass", "Choir", trials=6)
    while shows(dialog, dialog.trial_view):
        qtbot.keyClick(dialog, Key.Key_B)
        qtbot.keyClick(dialog, Key.Key_2)
    assert len(dialog.results.words.splitlines()) == 3
    assert "than" in dialog.results.words


def test_escape_in_the_midst_shows_what_was_voted(
    open_dialog: Opened, qtbot: QtBot, audio: FakeAudio
) -> None:
    dialog = open_dialog("Bell", "Bass", trials=5)
    qtbot.keyClick(dialog, Key.Key_B)
    qtbot.keyClick(dialog, Key.Key_2)
    qtbot.keyClick(dialog, Key.Key_Escape)
    assert shows(dialog, dialog.results)
    assert dialog.results.table.rowCount() == 1
    dialog.results.again_wanted.emit()
    assert shows(dialog, dialog.trial_view)
    assert dialog.test is not None
    assert dialog.test.answers == []
    qtbot.keyClick(dialog, Key.Key_Escape)  # nothing was voted
    assert not dialog.isVisible()
    assert not audio.is_playing


def test_votes_that_cannot_be_kept_are_tried_again(
    open_dialog: Opened, votes: FakeVotes, qtbot: QtBot, until: Until
) -> None:
    votes.failure = DatabaseUnusable("the disk is full; free some space")
    dialog = open_dialog("Bell", "Bass", trials=2)
    for _ in range(2):
        qtbot.keyClick(dialog, Key.Key_B)
        qtbot.keyClick(dialog, Key.Key_2)
    until(lambda: "2 votes are not kept: the disk is full" in dialog.results.problem)
    votes.failure = None
    dialog.results.keep.click()
    until(lambda: len(votes.kept) == 2)
    assert dialog.results.problem == ""


def test_sounds_that_cannot_be_compared_are_said(
    qtbot: QtBot, audio: FakeAudio, votes: FakeVotes, tasks: Tasks, until: Until
) -> None:
    def load(control: TaskControl) -> Sequence[ComparedSound]:
        control.stage("rendering 2 of 2")
        raise UserInputError("two.wav is silent; there is nothing to compare")

    dialog = BlindDialog(["one", "two"], load, audio, votes, tasks)
    qtbot.addWidget(dialog)
    dialog.open()
    until(lambda: "silent" in dialog.setup.words)
    assert not dialog.setup.begin.isEnabled()


def test_no_sound_device_is_said(open_dialog: Opened, audio: FakeAudio, until: Until) -> None:
    audio.problem = "this machine has no device that plays sound"
    dialog = open_dialog("Bell", "Bass")
    until(lambda: "no device" in dialog.trial_view.hint)


def test_takes_of_one_preset_have_names_of_their_own() -> None:
    whats = [VotedSound("Bell", 2, seed) for seed in (0, 1, 1)] + [VotedSound("Bass", 1)]
    assert distinct_names(whats) == [
        "Bell v2, take 1",
        "Bell v2, take 2",
        "Bell v2, take 2 (2)",
        "Bass v1",
    ]
