"""A take seen, played from any place, measured and ranked, over fakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QHeaderView
from pytestqt.qtbot import QtBot

from core.clip import Note
from core.errors import TimbreError
from desktop.pages.takes.measured.columns import LIKENESS, NOTES
from desktop.pages.takes.view import TakesPage
from desktop.services.checks.interface import TakeCheck
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.checks import FakeChecks
from desktop.services.fakes.jobs import FakeJobs, fake_clip
from desktop.services.fakes.take_files import fake_take_file
from desktop.tasks import Tasks
from desktop.widgets.roll.roll_marks import RollMarks
from tests.desktop.takes.conftest import Until


class Given:
    """A page with a clip of 8 s, and what is behind it."""

    def __init__(self, qtbot: QtBot, jobs: FakeJobs, tasks: Tasks, until: Until) -> None:
        self.jobs, self.tasks, self.until, self.qtbot = jobs, tasks, until, qtbot
        self.audio, self.checks = FakeAudio(), FakeChecks()
        self.page = TakesPage(jobs, tasks, None, self.audio, self.checks)
        qtbot.addWidget(self.page)
        self.page.resize(1000, 700)
        self.page.show()
        self.failures: list[str] = []
        self.page.failed.connect(self.failures.append)
        self.clip = fake_clip()
        self.clip_id = jobs.receive(self.clip)
        until(lambda: self.page.current_clip is not None)
        self.view = self.page.listening.panel.sound_view
        assert self.page.listening.player is not None
        self.player = self.page.listening.player

    def take(self, preset: str, file: Path | None = None) -> int:
        """The id of a finished take."""
        (take,) = self.jobs.submit(self.clip_id, [preset])
        self.jobs.finish(take.id, file or fake_take_file(self.clip, f"{preset}.wav"))
        self.until(lambda: self.page.takes.row_of(take.id) >= 0)
        return take.id

    def select(self, take_id: int) -> None:
        """Select a take, and wait for its sound."""
        self.page.table.selectRow(self.page.takes.row_of(take_id))
        self.page.table.setFocus()
        self.until(lambda: self.view.sound is not None)

    def key(self, key: Qt.Key) -> None:
        """Press a key in the table, and wait for what it does."""
        before = self.audio.sound_number
        self.qtbot.keyClick(self.page.table, key)
        self.until(lambda: self.audio.sound_number != before)

    def figures(self, column: int) -> list[object]:
        """What stands in a column, from above."""
        model = self.page.takes
        return [model.index(row, column).data() for row in range(model.rowCount())]

    def presets(self) -> list[str]:
        """From above."""
        return [take.preset for take in self.page.takes.takes]


@pytest.fixture
def given(qtbot: QtBot, jobs: FakeJobs, tasks: Tasks, until: Until) -> Given:
    return Given(qtbot, jobs, tasks, until)


def check(note_f: float, likeness: float | None) -> TakeCheck:
    """A result of these figures."""
    return TakeCheck(32, (), (), note_f, likeness, "the recording cello.flac", "embedded-1")


def test_without_a_take_it_says_what_to_do(given: Given) -> None:
    assert given.view.sound is None
    assert given.view.accessibleDescription() == "no take"
    given.view.grab()


def test_a_take_is_seen_on_the_rolls_time_axis(given: Given) -> None:
    given.select(given.take("Small Bell"))
    roll = given.page.roll
    for seconds in (0.0, 3.0, 7.5):
        assert roll.time_at(given.view.place_of(seconds)) == pytest.approx(seconds)
    assert given.view.sound is not None
    assert roll.view.seconds == pytest.approx(given.view.sound.seconds)  # with what rings on
    roll.set_view(roll.view.zoomed(0.02, 4.0))
    assert roll.time_at(given.view.place_of(4.0)) == pytest.approx(4.0)
    given.until(lambda: given.view.has_detail)
    given.page.grab()
    given.view.view_wanted.emit(roll.view.moved(0.1, 0.0))  # and the other way round
    assert roll.time_at(given.view.place_of(4.0)) == pytest.approx(4.0)


def test_one_playhead_goes_over_roll_waveform_and_spectrogram(given: Given) -> None:
    given.select(given.take("Small Bell"))
    given.key(Qt.Key.Key_Space)
    given.audio.position_s = 2.0
    given.until(lambda: given.view.playhead_s == 2.0)
    assert given.page.roll.playhead_s == 2.0
    given.page.grab()
    given.audio.position_s = 100.0  # its end
    given.until(lambda: given.view.playhead_s is None)
    assert given.player.playing is None


def test_a_click_sets_where_it_plays_from_and_others_play_from_there_too(given: Given) -> None:
    one, other = given.take("Small Bell"), given.take("My cello")
    given.select(one)
    place = QPoint(round(given.view.place_of(3.0)), 20)
    given.qtbot.mouseClick(given.view, Qt.MouseButton.LeftButton, pos=place)
    assert given.view.playhead_s == pytest.approx(3.0, abs=0.05)
    given.key(Qt.Key.Key_Return)
    assert given.audio.position_s == pytest.approx(3.0, abs=0.05)
    given.page.roll.time_wanted.emit(5.0)  # while it plays
    assert given.audio.position_s == 5.0
    given.key(Qt.Key.Key_Up)
    assert given.player.playing == fake_take_file(given.clip, "My cello.wav")
    assert given.audio.position_s == 5.0
    assert [take.id for take in given.page.table.selected_takes()] == [other]


def test_space_plays_and_stops_and_arrows_step_and_play(given: Given) -> None:
    takes = [given.take(preset) for preset in ("Small Bell", "My cello", "Hollow flute")]
    given.select(takes[2])
    given.key(Qt.Key.Key_Space)
    sounding = [given.audio.is_playing]
    assert given.page.take_actions.button("play").text() == "Stop"
    given.key(Qt.Key.Key_Space)
    sounding.append(given.audio.is_playing)
    assert sounding == [True, False]
    given.until(lambda: given.page.take_actions.button("play").text() == "Play")
    for name in ("My cello.wav", "Small Bell.wav"):
        given.key(Qt.Key.Key_Down)
        assert given.player.playing is not None
        assert given.player.playing.name == name
    before = given.audio.sound_number
    given.qtbot.keyClick(given.page.table, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert len(given.page.table.selected_takes()) == 2
    assert given.audio.sound_number == before  # selecting several plays none
    given.key(Qt.Key.Key_Up)  # and Shift is up again, for the tests that follow
    assert len(given.page.table.selected_takes()) == 1


def test_takes_are_played_equally_loud_unless_that_is_turned_off(given: Given) -> None:
    from core.audio.loudness import integrated_loudness

    def heard(preset: str, brightness: float) -> float:
        file = fake_take_file(given.clip, f"{preset}.wav", brightness)
        given.select(given.take(preset, file))
        given.key(Qt.Key.Key_Return)
        assert given.audio.audio is not None
        return integrated_loudness(given.audio.audio, 22_050)

    assert heard("dull", 0.0) == pytest.approx(heard("bright", 1.0), abs=0.02)
    given.page.listening.panel.match_button.click()
    assert abs(heard("dull one", 0.0) - heard("bright one", 1.0)) > 1.0


def test_another_clip_stops_the_take_and_begins_at_its_beginning(given: Given) -> None:
    given.select(given.take("Small Bell"))
    given.key(Qt.Key.Key_Return)
    given.page.roll.time_wanted.emit(5.0)
    given.jobs.receive(fake_clip("other"))
    given.until(lambda: not given.audio.is_playing)
    assert given.player.from_s == 0.0
    assert given.view.sound is None


def test_a_take_whose_file_is_gone_says_so(given: Given, tmp_path: Path) -> None:
    take = given.take("Small Bell", tmp_path / "gone.wav")
    given.page.table.selectRow(given.page.takes.row_of(take))
    given.until(lambda: any("gone.wav: no such file" in words for words in given.failures))
    given.qtbot.keyClick(given.page.table, Qt.Key.Key_Space)
    given.until(lambda: len(given.failures) > 1)
    assert given.player.playing is None


def test_missed_and_added_notes_are_marked_and_counted(given: Given) -> None:
    missed, added = given.clip.notes[:3], (Note(1.0, 90, 60, 0.2), Note(2.0, 30, 60, 0.2))
    given.checks.results["Small Bell.wav"] = TakeCheck(
        32, missed, added, 0.92, 0.88, "the recording bell.wav", "embedded-1"
    )
    given.select(given.take("Small Bell"))
    panel = given.page.listening.panel
    given.until(lambda: given.page.roll.marks == RollMarks(missed, added))
    assert panel.heard_text == "29 of 32 notes heard · ○ 3 missed · ✕ 2 added · F 0.92"
    assert not panel.check_button.isEnabled()
    given.page.roll.grab()
    assert (given.figures(NOTES), given.figures(LIKENESS)) == (["0.92"], ["0.88"])
    model, tip = given.page.takes, Qt.ItemDataRole.ToolTipRole
    assert "the recording bell.wav" in str(model.index(0, LIKENESS).data(tip))
    heading = str(model.headerData(LIKENESS, Qt.Orientation.Horizontal, tip))
    assert "embedded-1" in heading
    assert "trained with this judge" in heading
    heading = str(model.headerData(NOTES, Qt.Orientation.Horizontal, tip))
    assert "precision and recall" in heading


def test_by_itself_a_take_is_measured_when_nothing_else_runs(given: Given) -> None:
    (running,) = given.jobs.submit(given.clip_id, ["Slow strings"])
    take = given.take("Small Bell")
    given.until(lambda: given.tasks.under_way == 0)
    row = given.page.takes.row_of(take)
    assert given.figures(NOTES)[row] == "not measured yet"
    assert given.checks.checked == []
    given.select(take)  # asked for, it is measured all the same
    given.page.listening.panel.check_button.click()
    given.until(lambda: len(given.checks.checked) == 1)
    other = given.take("My cello")
    given.until(lambda: given.tasks.under_way == 0)
    assert len(given.checks.checked) == 1
    given.jobs.cancel(running.id)
    given.until(lambda: len(given.checks.checked) == 2)
    given.until(lambda: given.page.takes.check_of(other) is not None)


def test_what_was_measured_before_is_there_at_once(given: Given) -> None:
    given.checks.kept["Small Bell.wav"] = check(0.5, 0.25)
    given.jobs.submit(given.clip_id, ["Slow strings"])  # keeps it from being measured now
    take = given.take("Small Bell")
    given.until(lambda: given.page.takes.check_of(take) is not None)
    assert given.checks.checked == []


def test_a_take_that_cannot_be_measured_says_why_and_can_be_tried_again(given: Given) -> None:
    given.checks.problem = TimbreError("basic-pitch's model is not installed")
    take = given.take("Small Bell")
    given.select(take)
    panel = given.page.listening.panel
    given.until(lambda: "is not installed" in panel.heard_text)
    assert given.figures(NOTES) == ["cannot be measured: basic-pitch's model is not installed"]
    given.checks.problem = None
    panel.check_button.click()
    given.until(lambda: given.page.takes.check_of(take) is not None)


def test_of_a_large_clip_takes_are_measured_only_when_asked_for(given: Given) -> None:
    given.clip_id = given.jobs.receive(fake_clip("large", 6000))
    given.until(lambda: given.page.current_clip and given.page.current_clip.id == given.clip_id)
    given.select(given.take("Small Bell"))
    given.until(lambda: given.tasks.under_way == 0)
    assert given.checks.checked == []
    given.page.listening.panel.check_button.click()
    given.until(lambda: len(given.checks.checked) == 1)


def test_takes_are_ranked_before_anyone_listens(given: Given) -> None:
    figures = {"Small Bell": (0.7, 0.9), "My cello": (0.9, 0.8), "Hollow flute": (0.8, None)}
    for preset, (note_f, likeness) in figures.items():
        given.checks.results[f"{preset}.wav"] = check(note_f, likeness)
    takes = {preset: given.take(preset) for preset in figures}
    given.until(lambda: all(given.page.takes.check_of(take) for take in takes.values()))
    assert given.presets() == ["Hollow flute", "My cello", "Small Bell"]  # nothing moves by itself
    given.select(takes["Small Bell"])
    click = header_click(given)
    click(NOTES)
    assert given.presets() == ["My cello", "Hollow flute", "Small Bell"]  # the best first
    click(LIKENESS)
    assert given.presets() == ["Small Bell", "My cello", "Hollow flute"]
    click(LIKENESS)
    assert given.presets() == ["My cello", "Small Bell", "Hollow flute"]  # none comes last
    given.page.take_actions.button("best").click()
    assert given.presets() == ["My cello", "Small Bell", "Hollow flute"]
    assert [t.preset for t in given.page.table.selected_takes()] == ["Small Bell"]  # goes along
    given.checks.results["Slow strings.wav"] = check(1.0, 1.0)
    given.take("Slow strings")
    assert given.presets()[-1] == "Slow strings"  # not measured yet
    given.until(lambda: given.presets()[0] == "Slow strings")


def header_click(given: Given) -> Callable[[int], None]:
    """What clicks on a heading."""
    header = given.page.table.horizontalHeader()
    assert isinstance(header, QHeaderView)

    def click(column: int) -> None:
        place = QPoint(header.sectionViewportPosition(column) + 9, header.height() // 2)
        given.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)

    return click


def test_everything_new_has_a_name_for_screen_readers(given: Given) -> None:
    take = given.take("Small Bell")
    given.until(lambda: given.page.takes.check_of(take) is not None)
    panel = given.page.listening.panel
    for widget in (panel.sound_view, panel.check_button, panel.match_button):
        assert widget.accessibleName()
    role = Qt.ItemDataRole.AccessibleTextRole
    assert str(given.page.takes.index(0, NOTES).data(role)).startswith("Notes F: 0.")
