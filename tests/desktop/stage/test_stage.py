"""Hearing presets: what a musician does on the stage, with fakes behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QColor, QDropEvent, QPalette
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clip import Clip, Note
from core.errors import ModelMissing
from core.midi import write_midi
from core.timbre import TextTimbre
from desktop.faults import as_fault
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.audition import FakeAuditions
from desktop.services.fakes.live import FakeLive
from desktop.services.interfaces import LiveState
from desktop.stage.stage import Stage
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

LIMIT_MS = round(1000 * LAST_RESORT_S)
TUNE = Clip.of("tune", [Note(0.0, 60, 90, 0.2), Note(0.2, 64, 90, 0.2)])


class Given:
    """A stage with its fakes, and what it said."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.auditions, self.audio, self.live = FakeAuditions(folder), FakeAudio(), FakeLive()
        self.tasks = Tasks()
        self.stage = Stage(self.auditions, self.audio, self.tasks, self.live)
        qtbot.addWidget(self.stage)
        self.words: list[str] = []
        self.failures: list[str] = []
        self.stage.status.connect(self.words.append)
        self.stage.failed.connect(lambda said: self.failures.append(as_fault(said).message))

    def wait(self, happened: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(happened()), timeout=LIMIT_MS)

    def hear(self) -> None:
        before = len(self.audio.played)
        self.stage.play()
        self.wait(lambda: len(self.audio.played) > before)


@pytest.fixture
def given(qtbot: QtBot, tmp_path: Path) -> Iterator[Given]:
    given = Given(qtbot, tmp_path)
    yield given
    given.auditions.let_go.set()
    given.tasks.close()


def test_a_preset_is_heard_with_a_phrase(given: Given) -> None:
    given.stage.set_preset("bell", "Small Bell")
    given.hear()
    assert given.auditions.rendered == [("bell", "melody")]
    assert (given.audio.is_playing, given.stage.play_button.text()) == (True, "Stop")
    assert given.audio.played == [pytest.approx(4.5)]


def test_the_same_is_heard_again_without_rendering(given: Given) -> None:
    given.stage.set_preset("bell", "Small Bell")
    given.hear()
    given.hear()
    assert len(given.auditions.rendered) == 1


def test_a_timbre_is_heard_that_is_no_preset_yet_and_keys_do_not_play_it(given: Given) -> None:
    timbre = TextTimbre("a small bell")
    given.stage.set_timbre(timbre, "Bell")
    given.hear()
    assert given.auditions.rendered == [('timbre "a small bell"', "melody")]
    assert given.stage.preset_label.text() == "Bell"
    given.stage.set_timbre(TextTimbre("a small bell"), "Bell")  # the same: nothing is rendered
    given.hear()
    assert len(given.auditions.rendered) == 1
    given.stage.set_preset("bell", "Bell")
    given.hear()
    assert given.auditions.rendered[1] == ("bell", "melody")


def test_without_a_preset_it_says_what_to_do(given: Given) -> None:
    given.stage.play()
    assert given.words[-1] == "choose a preset to hear it"
    assert not given.stage.play_button.isEnabled()


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        ("loading the model", "loading the model"),
        ("listening to bell.wav", "listening to bell.wav"),
        ("rendering", "rendering 42 %"),
    ],
)
def test_what_takes_time_is_said_in_words(given: Given, stage: str, shown: str) -> None:
    given.auditions.let_go.clear()
    given.auditions.stage = stage
    given.stage.set_preset("bell", "Small Bell")
    given.stage.play()
    given.wait(lambda: given.stage.state_label.text() == shown)
    assert given.words[-1] == shown
    given.auditions.let_go.set()
    given.wait(lambda: given.audio.played)
    assert (given.stage.state_label.text(), given.words[-1]) == ("", "")


def test_stop_ends_a_render_and_the_sound(given: Given) -> None:
    given.auditions.let_go.clear()
    given.stage.set_preset("bell", "Small Bell")
    given.stage.play()
    given.wait(lambda: given.auditions.rendered)
    given.stage.toggle()
    given.wait(lambda: given.tasks.under_way == 0)
    assert (given.audio.played, given.stage.play_button.text()) == ([], "Play")
    given.auditions.let_go.set()
    given.hear()
    given.stage.toggle()
    assert not given.audio.is_playing


def test_stepping_on_hears_only_the_last(given: Given) -> None:
    given.auditions.let_go.clear()
    for preset in "abc":
        given.stage.set_preset(preset, preset)
        given.stage.play()
    given.auditions.let_go.set()
    given.wait(lambda: given.tasks.under_way == 0)
    assert len(given.audio.played) == 1
    assert given.auditions.rendered[-1] == ("c", "melody")


def test_a_failure_says_why_and_leaves_a_stage_that_works(given: Given) -> None:
    given.auditions.failure = ModelMissing("the model is away; `timbre models pull`")
    given.stage.set_preset("bell", "Small Bell")
    given.stage.play()
    given.wait(lambda: given.failures)
    assert given.failures == ["the model is away; `timbre models pull`"]
    assert not given.stage.is_busy
    given.hear()


def test_the_playhead_and_the_meter_follow_the_sound(given: Given) -> None:
    given.stage.set_preset("bell", "Small Bell")
    changes: list[bool] = []
    given.stage.playing_changed.connect(changes.append)
    given.hear()
    given.audio.position_s = 1.25
    given.stage.look()
    heads = [given.stage.waveform.playhead_s]
    assert given.stage.level_meter.shown_db > -40
    given.audio.position_s = 99.0
    given.stage.look()
    heads.append(given.stage.waveform.playhead_s)
    assert heads == [1.25, None]
    assert changes == [True, False]


def test_another_phrase_is_heard_at_once(given: Given) -> None:
    given.stage.set_preset("bell", "Small Bell")
    chooser = given.stage.clip_chooser
    row = chooser.findData("bass")
    chooser.setCurrentIndex(row)
    chooser.activated.emit(row)
    given.wait(lambda: given.audio.played)
    assert given.auditions.rendered == [("bell", "bass")]


def test_a_clip_from_the_daw_takes_the_place_of_the_last(given: Given) -> None:
    rows = given.stage.clip_chooser.count()
    for name in ("verse", "chorus"):
        given.stage.set_clip(Clip.of(name, [Note(0.0, 60, 90, 0.2)]))
    assert given.stage.clip_chooser.currentText() == "chorus"
    assert given.stage.clip_chooser.count() == rows + 1
    given.stage.set_clip("chord")
    assert given.stage.clip == "chord"


def drop(stage: Stage, *files: Path) -> bool:
    """Drop files; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.setAccepted(False)
    stage.dropEvent(event)
    return event.isAccepted()


def test_a_midi_file_is_dropped_and_heard(given: Given, tmp_path: Path) -> None:
    file = tmp_path / "tune.MID"
    write_midi(TUNE, file)
    given.stage.set_preset("bell", "Small Bell")
    assert drop(given.stage, tmp_path / "cover.png", file)
    given.wait(lambda: given.audio.played)
    assert isinstance(given.stage.clip, Clip)
    assert [note.pitch for note in given.stage.clip.notes] == [60, 64]
    assert any("presets now play" in words for words in given.words)


def test_a_file_that_is_no_midi_file_is_named(given: Given, tmp_path: Path) -> None:
    file = tmp_path / "broken.mid"
    file.write_bytes(b"nonsense")
    given.stage.open_clip(file)
    given.wait(lambda: given.failures)
    assert "broken.mid" in given.failures[0]
    assert not drop(given.stage, tmp_path / "cover.png")


def test_the_file_that_is_dragged_out_stays(given: Given) -> None:
    given.stage.set_preset("bell", "Small: Bell?")
    assert not given.stage.drag_handle.isEnabled()
    given.hear()
    handle = given.stage.drag_handle
    assert (handle.isEnabled(), handle.mime_data()) == (True, None)
    given.qtbot.mousePress(handle, Qt.MouseButton.LeftButton)
    given.wait(lambda: handle.mime_data() is not None)
    data = handle.mime_data()
    assert data is not None
    file = Path(data.urls()[0].toLocalFile())
    assert file.name == "Small- Bell- - melody.wav"
    given.stage.set_preset("pad", "Pad")  # the next sound leaves it alone
    assert handle.mime_data() is None
    assert file.stat().st_size > 1000


def test_devices_are_looked_for_when_the_list_opens(given: Given) -> None:
    chooser = given.stage.device_chooser
    chooser.opening.emit()
    assert given.audio.looked == 1
    given.audio.names = ("Built-in Speaker", "Interface")
    given.stage.look()
    row = chooser.findData("Interface")
    chooser.setCurrentIndex(row)
    chooser.activated.emit(row)
    assert given.audio.device == "Interface"
    given.audio.names = ("Built-in Speaker",)  # unplugged
    given.stage.look()
    assert chooser.currentText() == "Interface (away)"


def test_no_sound_is_said_once_and_what_changed_by_itself_too(given: Given) -> None:
    given.stage.set_preset("bell", "Small Bell")
    given.audio.problem = "this machine has no device that plays sound"
    given.hear()
    given.stage.look()
    given.stage.look()
    assert given.failures == ["nothing can be heard: this machine has no device that plays sound"]
    given.audio.problem, given.audio.remark = "", "USB went away; playing through Speaker"
    given.stage.look()
    given.stage.look()
    assert given.words.count("USB went away; playing through Speaker") == 1


def test_keys_play_the_preset_while_they_are_shown(given: Given) -> None:
    stage, live = given.stage, given.live
    stage.set_preset("bell", "Small Bell")
    stage.show()
    assert live.orders == []
    stage.live_button.setChecked(True)
    assert live.orders == [("begin", "bell", "")]
    assert stage.live_panel is not None
    given.qtbot.keyPress(stage.live_panel.keyboard, Qt.Key.Key_D)
    given.qtbot.keyRelease(stage.live_panel.keyboard, Qt.Key.Key_D)
    stage.set_preset("pad", "Pad")
    stage.live_panel.begin_again()
    stage.live_button.setChecked(False)
    stage.live_panel.begin_again()  # hidden, it holds no device
    begun = ("begin", "pad", "")
    assert live.orders[1:] == [("on", 52, 96), ("off", 52), begun, begun, ("end",)]


def test_the_figure_and_the_state_of_live_playing_are_shown(given: Given) -> None:
    panel = given.stage.live_panel
    assert panel is not None
    panel.set_preset("bell")
    panel.look()
    assert panel.figures.text() == "key to sound 19 ms"
    given.live.state = LiveState(words="loading the model")
    panel.look()
    assert panel.words.full_text == "loading the model…"
    given.live.state = LiveState(problem="no device", dropouts=2, level_db=-math.inf)
    panel.look()
    panel.look()
    assert (panel.words.full_text, panel.figures.text()) == ("no device", "2 dropouts")
    assert given.failures == ["no device"]


def test_it_fits_beside_a_daw_and_follows_the_palette(given: Given) -> None:
    given.stage.resize(360, 120)
    given.stage.show()
    given.wait(lambda: given.stage.minimumSizeHint().width() <= 360)
    given.stage.set_preset("long", "A preset with quite a long name for so little room")
    assert given.stage.preset_label.full_text.endswith("room")
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#102030"))
    given.stage.setPalette(palette)
    QApplication.processEvents()
    assert given.stage.waveform.backgroundBrush().color() == QColor("#102030")


def test_a_sound_that_another_page_plays_moves_no_playhead_here(given: Given) -> None:
    given.stage.set_preset("bell", "Small Bell")
    given.hear()
    given.stage.look()
    assert given.stage.waveform.playhead_s is not None
    given.audio.play(np.zeros((1, 44_100), np.float32), 44_100)
    given.stage.look()
    assert given.stage.waveform.playhead_s is None


def test_the_small_window_has_the_name_of_the_preset_and_little_else(
    given: Given, qtbot: QtBot
) -> None:
    stage = given.stage
    stage.set_preset("id", "Warm Drawbars")
    stage.show()
    for width, is_small in ((360, True), (1000, False)):
        stage.resize(width, 180)
        chooser = stage.device_chooser
        qtbot.waitUntil(lambda: chooser.isHidden() == is_small, timeout=int(1000 * LAST_RESORT_S))  # noqa: B023
        assert stage.live_button.isHidden() == is_small
    stage.resize(360, 180)
    room = stage.preset_label.fontMetrics().horizontalAdvance("Warm Drawbars")
    qtbot.waitUntil(lambda: stage.preset_label.width() > room, timeout=int(1000 * LAST_RESORT_S))


def test_who_opens_keys_can_play_them_at_once(given: Given, qtbot: QtBot) -> None:
    stage = given.stage
    stage.set_preset("bell", "Small Bell")
    stage.show()
    assert stage.live_panel is not None
    qtbot.mouseClick(stage.live_button, Qt.MouseButton.LeftButton)
    assert stage.focusWidget() is stage.live_panel.keyboard
