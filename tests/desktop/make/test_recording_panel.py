"""From a recording to a preset, by what a musician does with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QColor, QDropEvent, QPalette
from pytestqt.qtbot import QtBot

from core.clip import Note
from core.encoders.base import HeardNotes
from core.errors import AudioError
from core.timbre import AudioTimbre
from desktop.commands import Commands
from desktop.faults import Fault
from desktop.pages.make.page import MakePage
from desktop.pages.make.recording_words import heard_words, length_words, names_of
from desktop.pages.make.region_bar import fitted
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.making import FakeMicrophone, FakeRecordings
from desktop.services.making.interface import RecordingState
from tests.desktop.frame_fakes import AddedPresets
from tests.desktop.make.conftest import Until
from tests.helpers.waiting import LAST_RESORT_S

LAST_RESORT_MS = int(1000 * LAST_RESORT_S)


def test_a_recording_shows_its_outline_and_the_notes_heard(
    opened: MakePage, recordings: FakeRecordings
) -> None:
    panel = opened.recording
    assert panel.region == (0.0, 12.0)
    assert recordings.heard == [(0.0, 12.0)]
    assert panel.heard.text().startswith("Heard as 6 notes: C3, G3, C4, E4, G4, C5.")
    assert "0.0 to 8.0 s" in panel.heard.text()
    assert panel.keep_bar.name.text() == "My cello"
    assert "my_cello.flac · 12.0 s · 8 kHz · mono" in panel.title.text()


def test_nothing_is_there_before_one_is_opened(page: MakePage) -> None:
    assert not page.recording.keep_bar.isVisible()
    assert page.recording.waveform is None


def test_the_region_is_chosen_by_figures(
    opened: MakePage, recordings: FakeRecordings, until: Until
) -> None:
    panel = opened.recording
    panel.region_bar.start.setValue(2.0)
    panel.region_bar.end.setValue(6.0)
    assert panel.region == (2.0, 6.0)
    assert panel.waveform.region == (2.0, 6.0)
    until(lambda: recordings.heard[-1] == (2.0, 6.0))
    until(lambda: panel.heard.text() == "Heard as 2 notes: G3, C4.")


def test_the_region_is_chosen_by_mouse(opened: MakePage, until: Until) -> None:
    panel = opened.recording
    panel.waveform._region.setRegion((1.0, 3.0))  # what pyqtgraph does when it is dragged
    assert panel.region == (1.0, 3.0)
    assert (panel.region_bar.start.value(), panel.region_bar.end.value()) == (1.0, 3.0)


def test_the_region_is_chosen_by_keys(opened: MakePage, qtbot: QtBot) -> None:
    waveform = opened.recording.waveform
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(waveform, Qt.Key.Key_Right, control)
    qtbot.keyClick(waveform, Qt.Key.Key_Left, shift)
    qtbot.keyClick(waveform, Qt.Key.Key_Left, shift)
    assert opened.recording.region == pytest.approx((0.12, 11.76), abs=0.01)
    qtbot.keyClick(waveform, Qt.Key.Key_Right)
    assert opened.recording.region == pytest.approx((0.24, 11.88), abs=0.01)
    for _ in range(9):  # stops at the end, as long as it was
        qtbot.keyClick(waveform, Qt.Key.Key_Right)
    assert opened.recording.region == pytest.approx((0.36, 12.0), abs=0.01)
    qtbot.keyClick(waveform, Qt.Key.Key_Plus)
    assert waveform.viewRange()[0][1] - waveform.viewRange()[0][0] == pytest.approx(6.0, abs=0.1)
    qtbot.keyClick(waveform, Qt.Key.Key_Home)
    assert waveform.viewRange()[0] == pytest.approx([0.0, 12.0])


def test_zooming_in_reads_more_detail(
    opened: MakePage, recordings: FakeRecordings, until: Until
) -> None:
    panel = opened.recording
    panel.region_bar.start.setValue(2.0)
    panel.region_bar.end.setValue(3.0)
    panel.region_bar.zoom_button.click()
    assert panel.waveform.viewRange()[0] == pytest.approx([1.75, 3.25])
    until(lambda: panel.waveform._strokes.getData()[0][0] > 0.5)
    panel.region_bar.zoom_button.click()
    until(lambda: panel.waveform._strokes.getData()[0][0] < 0.1)


def test_the_waveform_follows_the_palette(opened: MakePage) -> None:
    waveform = opened.recording.waveform
    palette = opened.palette()
    palette.setColor(QPalette.ColorRole.Highlight, QColor("#123456"))
    waveform.setPalette(palette)
    assert waveform._strokes.opts["pen"].color().name() == "#123456"
    assert waveform.region == (0.0, 12.0)


def test_a_long_recording_proposes_its_loudest_seconds_and_never_more_than_a_minute(
    page: MakePage, recordings: FakeRecordings, until: Until
) -> None:
    recordings.seconds = 4 * 3600.0
    panel = page.recording
    panel.open(Path("night.wav"))
    until(lambda: recordings.heard)
    start, end = panel.region
    assert end - start == pytest.approx(8.0)
    assert "4:00:00" in panel.title.text()
    panel.region_bar.all_button.click()
    assert panel.region == (0.0, 60.0)
    panel.waveform._region.setRegion((0.0, 200.0))
    assert panel.region == (140.0, 200.0)
    assert panel.waveform.region == (140.0, 200.0)


def test_the_region_is_heard_as_it_is(
    opened: MakePage, audio: FakeAudio, until: Until, qtbot: QtBot
) -> None:
    panel = opened.recording
    panel.region_bar.start.setValue(2.0)
    panel.region_bar.end.setValue(5.0)
    qtbot.keyClick(panel.waveform, Qt.Key.Key_Space)
    until(lambda: audio.played == [3.0])
    audio.position_s = 1.0
    until(lambda: panel.waveform.playhead_s == 3.0)
    assert panel.region_bar.play_button.text() == "Stop"
    panel.region_bar.play_button.click()
    assert not audio.is_playing
    assert panel.waveform.playhead_s is None
    assert panel.region_bar.play_button.text() == "Play region"


def test_what_others_play_is_not_taken_for_the_region(
    opened: MakePage, audio: FakeAudio, until: Until
) -> None:
    panel = opened.recording
    panel.toggle_region()
    until(lambda: panel.region_bar.play_button.text() == "Stop")
    others = audio.play(np.zeros((1, 44_100), np.float32), 44_100)  # a preset, on the stage
    until(lambda: panel.region_bar.play_button.text() == "Play region")
    assert panel.waveform.playhead_s is None
    assert audio.sound_number == others
    panel.toggle_region()
    until(lambda: len(audio.played) == 3)  # the region again, where it would have been silence
    assert audio.is_playing


def test_the_timbre_is_heard_before_it_is_kept(
    opened: MakePage, recordings: FakeRecordings, presets: AddedPresets, qtbot: QtBot
) -> None:
    opened.recording.region_bar.start.setValue(4.0)
    with qtbot.waitSignal(opened.hear_wanted, timeout=LAST_RESORT_MS) as heard:
        opened.recording.keep_bar.hear_button.click()
    assert heard.args == [AudioTimbre("my_cello.flac"), "My cello"]
    assert recordings.parts == [(4.0, 12.0)]
    assert presets.made == {}


def test_it_is_kept_under_its_name_and_the_whole_recording_as_it_is(
    opened: MakePage, recordings: FakeRecordings, presets: AddedPresets, qtbot: QtBot
) -> None:
    bar = opened.recording.keep_bar
    bar.name.clear()
    assert not bar.keep_button.isEnabled()
    qtbot.keyClicks(bar.name, "Deep cello")
    with qtbot.waitSignal(opened.made, timeout=LAST_RESORT_MS) as made:
        bar.keep_button.click()
    assert made.args == ["id of Deep cello", "Deep cello"]
    assert presets.made == {"Deep cello": AudioTimbre("my_cello.flac")}
    assert recordings.parts == [None]
    assert "is kept" in bar.words.text()


def test_a_name_that_was_written_stays_when_the_region_moves(
    opened: MakePage, qtbot: QtBot, until: Until
) -> None:
    bar = opened.recording.keep_bar
    bar.name.clear()
    qtbot.keyClicks(bar.name, "Mine")
    opened.recording.region_bar.end.setValue(5.0)
    assert bar.name.text() == "Mine"
    opened.recording.open(Path("flute.wav"))
    until(lambda: bar.name.text() == "Flute")


def test_keeping_says_what_it_does_and_can_be_cancelled(
    opened: MakePage, presets: AddedPresets, until: Until
) -> None:
    said: list[str] = []
    opened.status.connect(said.append)
    presets.may_go_on.clear()
    bar = opened.recording.keep_bar
    bar.keep_button.click()
    until(lambda: "listening" in said)
    assert bar.cancel_button.isVisible()
    assert not bar.keep_button.isEnabled()
    bar.cancel_button.click()
    until(lambda: not bar.cancel_button.isVisible())
    assert presets.made == {}
    assert bar.words.text() == "Cancelled."
    assert bar.keep_button.isEnabled()


def test_what_limits_the_timbre_is_said(
    page: MakePage, recordings: FakeRecordings, until: Until
) -> None:
    recordings.remarks = ("this sounds like speech", "its peaks are cut off flat (clipped)")
    page.recording.open(Path("voice.wav"))
    until(lambda: "speech" in page.recording.remarks.text())
    assert "clipped" in page.recording.remarks.text()


def test_a_file_that_cannot_be_used_says_why_and_offers_another(
    page: MakePage, recordings: FakeRecordings, qtbot: QtBot
) -> None:
    recordings.failure = AudioError("empty.wav is empty")
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        page.recording.open(Path("empty.wav"))
    assert failed.args[0].message == "empty.wav is empty"
    assert failed.args[0].way_out.label == "Choose another"
    assert not page.recording.has_recording


def test_a_silent_part_is_said_where_it_is(
    opened: MakePage, recordings: FakeRecordings, until: Until
) -> None:
    recordings.failure = AudioError("it is silent; choose another recording")
    opened.recording.region_bar.end.setValue(1.0)
    until(lambda: "silent" in opened.recording.remarks.text())
    assert "Nothing can be made" in opened.recording.heard.text()
    recordings.failure = None
    opened.recording.region_bar.end.setValue(3.0)
    until(lambda: "Heard as" in opened.recording.heard.text())
    assert opened.recording.remarks.text() == ""


def test_files_are_dropped_anywhere_on_the_page(
    page: MakePage, until: Until, qtbot: QtBot, tmp_path: Path
) -> None:
    page.show_tab(page.words)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.wav", "b.wav")])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        page.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, Qt.KeyboardModifier.NoModifier))
    assert "a.wav is taken, 1 left out" in failed.args[0].message
    until(lambda: page.recording.has_recording)
    assert page.tabs.currentIndex() == 0


def test_the_microphone_records_shows_its_level_and_becomes_the_recording(
    page: MakePage, microphone: FakeMicrophone, recordings: FakeRecordings, until: Until
) -> None:
    bar = page.recording.microphone
    bar.chooser.showPopup()
    bar.chooser.hidePopup()
    bar.chooser.setCurrentIndex(2)
    bar.button.click()
    assert microphone.asked == ["USB Interface"]
    microphone.state = RecordingState(True, 1.5, -12.0, -6.0)
    until(lambda: bar.words.text() == "recording 1.5 s")
    until(lambda: bar.meter.shown_db == pytest.approx(-12.0, abs=0.5))
    assert bar.button.text() == "Stop"
    assert not bar.chooser.isEnabled()
    recordings.waiting = [microphone.file]
    bar.button.click()
    until(lambda: page.recording.has_recording)
    until(lambda: page.recording.earlier_button.isVisible())
    assert bar.button.text() == "Record"
    assert "Recording 1" in page.recording.title.text()


def test_silence_while_recording_is_said(
    page: MakePage, microphone: FakeMicrophone, until: Until
) -> None:
    bar = page.recording.microphone
    bar.button.click()
    microphone.state = RecordingState(True, 3.0)
    until(lambda: "silence so far" in bar.words.text())


def test_no_microphone_is_said_with_a_way_out(
    page: MakePage, microphone: FakeMicrophone, qtbot: QtBot
) -> None:
    microphone.problem = "no microphone was found; plug one in"
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        page.recording.microphone.button.click()
    fault = failed.args[0]
    assert isinstance(fault, Fault)
    assert fault.message == "no microphone was found; plug one in"
    assert fault.way_out is not None
    microphone.problem = ""
    fault.way_out.run()
    assert page.recording.microphone.is_recording
    microphone.stop()


def test_a_recording_that_became_a_preset_is_no_longer_offered(
    page: MakePage, recordings: FakeRecordings, microphone: FakeMicrophone, until: Until
) -> None:
    recordings.waiting = [Path("Recording 1.wav")]
    page.recording.open(Path("Recording 1.wav"))
    until(lambda: page.recording.has_recording)
    page.recording.keep_bar.keep()
    until(lambda: recordings.waiting == [])
    until(lambda: not page.recording.earlier_button.isVisible())


def test_every_action_has_a_command_that_says_what_it_needs(
    page: MakePage, commands: Commands, until: Until, audio: FakeAudio
) -> None:
    refused: list[str] = []
    commands.refused.connect(refused.append)
    commands.run("make.play")
    assert "open a recording first" in refused[0]
    page.recording.open(Path("a.wav"))
    until(lambda: page.recording.has_recording)
    commands.run("make.play")
    until(lambda: audio.played)


@pytest.mark.parametrize(
    ("wanted", "keeps_end", "given"),
    [
        ((2.0, 5.0), False, (2.0, 5.0)),
        ((-1.0, 99.0), False, (0.0, 60.0)),
        ((5.0, 2.0), False, (5.0, 5.05)),
        ((5.0, 2.0), True, (1.95, 2.0)),
        ((0.0, 90.0), True, (30.0, 90.0)),
        ((100.0, 100.0), False, (99.95, 100.0)),
        ((0.0, 0.0), True, (0.0, 0.05)),
    ],
)
def test_a_region_is_one_that_can_be_used(
    wanted: tuple[float, float], keeps_end: bool, given: tuple[float, float]
) -> None:
    assert fitted(*wanted, 100.0, keeps_end) == pytest.approx(given)


def test_words_about_recordings() -> None:
    assert [length_words(s) for s in (4.25, 59.96, 65.0, 3725.0)] == [
        "4.2 s", "60.0 s", "1:05", "1:02:05",
    ]  # fmt: skip
    assert names_of([60, 60, 61]) == "C4, C#4"
    assert names_of(range(60, 72)).endswith("G4 and 4 more")
    assert heard_words(HeardNotes((), 0.0, 1.0), (0.0, 1.0)) == "No notes are heard."
    one = HeardNotes((Note(0.0, 60, 90, 1.0),), 0.0, 1.0)
    assert heard_words(one, (0.0, 1.0)) == "Heard as one note: C4."
