"""The Takes page by what a musician does with it, over fakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from pytestqt.qtbot import QtBot

from core.clip import Clip
from core.errors import UserInputError
from desktop.pages.takes.measured.columns import DRAG, PLAY, STAGE
from desktop.pages.takes.view import TakesPage
from desktop.services.fakes.bridge import FakeBridge
from desktop.services.fakes.jobs import FakeJobs, fake_clip
from desktop.tasks import Tasks
from tests.desktop.takes.conftest import Until


def drop(page: TakesPage, *files: Path, web: str = "") -> None:
    """Drop files on the page."""
    data = QMimeData()
    urls = [QUrl.fromLocalFile(str(file)) for file in files]
    data.setUrls([*urls, *([QUrl(web)] if web else [])])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    page.dragEnterEvent(QDragEnterEvent(QPoint(9, 9), copy, data, left, none))
    page.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, none, QEvent.Type.Drop))


def with_clip(page: TakesPage, jobs: FakeJobs, until: Until, name: str = "riff") -> str:
    """A clip comes from the DAW and is chosen."""
    clip_id = jobs.receive(fake_clip(name))
    until(lambda: page.current_clip and page.current_clip.id == clip_id)
    until(lambda: ("limits", clip_id) in jobs.asked and not page.findChild(Tasks))
    return clip_id


def test_an_empty_page_says_what_to_do(page: TakesPage, jobs: FakeJobs, until: Until) -> None:
    until(lambda: ("clips",) in jobs.asked)
    assert not page.clip_list.isVisible()
    assert not page.render_bar.preset.isEnabled()
    assert page.roll.accessibleDescription() == "no clip"


def test_clips_of_earlier_are_there_at_the_start(
    qtbot: QtBot, jobs: FakeJobs, tasks: Tasks, until: Until
) -> None:
    jobs.receive(fake_clip("old"))
    jobs.receive(fake_clip("new"))
    page = TakesPage(jobs, tasks)
    qtbot.addWidget(page)
    until(lambda: page.clips.rowCount() == 2)
    assert page.current_clip is not None
    assert page.current_clip.clip.name == "new"
    assert "32 notes" in page.roll.accessibleDescription()


def test_the_newest_clip_is_followed_unless_another_was_chosen(
    page: TakesPage, jobs: FakeJobs, until: Until
) -> None:
    with_clip(page, jobs, until, "one")
    with_clip(page, jobs, until, "two")
    page.clip_list.setCurrentIndex(page.clips.index(1))
    jobs.receive(fake_clip("three"))
    until(lambda: page.clips.rowCount() == 3)
    assert page.current_clip is not None
    assert page.current_clip.clip.name == "one"
    jobs.receive(fake_clip("two"))  # sent again: on top, and once
    until(lambda: page.clips.row_of("clip two") == 0)
    assert page.clips.rowCount() == 3


def test_midi_files_are_dropped_and_read(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(page.clip_changed) as changed:
        drop(page, tmp_path / "bass.mid")
    assert changed.args[0].name == "bass"
    assert page.current_clip is not None
    assert page.current_clip.source == "dropped here"


def test_many_files_are_taken_and_the_bad_ones_named(
    page: TakesPage, until: Until, qtbot: QtBot, tmp_path: Path
) -> None:
    said: list[str] = []
    page.status.connect(said.append)
    with qtbot.waitSignal(page.failed) as failed:
        names = ["a.mid", "broken.mid", "b.MIDI", "picture.png"]
        drop(page, *(tmp_path / name for name in names))
    assert "2 of 4 files were not taken" in failed.args[0]
    assert "picture.png" in failed.args[0]
    until(lambda: page.clips.rowCount() == 2)
    until(lambda: any("reading file" in line for line in said))


def test_a_folder_gives_its_midi_files(page: TakesPage, until: Until, tmp_path: Path) -> None:
    for name in ("set/one.mid", "set/deep/two.mid", "set/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    drop(page, tmp_path / "set")
    until(lambda: page.clips.rowCount() == 2)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("notes.txt", "neither a MIDI file nor a sound file"),
        ("other.wav", "not rendered here"),
        ("broken.mid", "no MIDI file"),
    ],
)
def test_anything_else_is_refused_in_words(
    page: TakesPage, qtbot: QtBot, tmp_path: Path, name: str, words: str
) -> None:
    with qtbot.waitSignal(page.failed) as failed:
        drop(page, tmp_path / name)
    assert words in failed.args[0]


def test_a_web_address_is_refused_in_words(page: TakesPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.failed) as failed:
        drop(page, web="https://example.org/a.mid")
    assert "web addresses" in failed.args[0]


def test_a_sound_of_ours_is_rendered_again(
    page: TakesPage, jobs: FakeJobs, until: Until, tmp_path: Path
) -> None:
    drop(page, tmp_path / "take 1.wav")
    until(lambda: page.takes.rowCount() == 1)
    assert ("render_again", tmp_path / "take 1.wav") in jobs.asked
    assert page.takes.takes[0].seed == 7


def test_a_preset_is_found_by_typing_and_rendered(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot
) -> None:
    clip_id = with_clip(page, jobs, until)
    qtbot.keyClicks(page.render_bar.preset, "small bell")
    until(lambda: page.render_bar.preset.preset == "id of Small Bell")
    qtbot.keyClick(page.render_bar.preset, Qt.Key.Key_Return)
    until(lambda: page.takes.rowCount() == 1)
    assert ("submit", clip_id, ("id of Small Bell",), 0, 1) in jobs.asked
    assert [take.preset for take in page.table.selected_takes()] == ["Small Bell"]
    qtbot.keyClick(page.render_bar.preset, Qt.Key.Key_Return)  # another take, not the same again
    until(lambda: page.takes.rowCount() == 2)
    assert ("submit", clip_id, ("id of Small Bell",), 1, 1) in jobs.asked


def test_one_clip_in_many_presets(page: TakesPage, jobs: FakeJobs, until: Until) -> None:
    with_clip(page, jobs, until)
    page.render_presets(["Small Bell", "My cello", "Hollow flute"])
    until(lambda: page.takes.rowCount() == 3)
    assert page.takes.takes[0].preset == "Hollow flute"


def test_rendering_without_a_clip_is_said(page: TakesPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.failed) as failed:
        page.render_presets(["Small Bell"])
    assert "no clip" in failed.args[0]


def test_progress_and_time_left_are_shown_and_the_end_is_playable_and_draggable(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot, tmp_path: Path
) -> None:
    clip_id = with_clip(page, jobs, until)
    (take,) = jobs.submit(clip_id, ["My cello"])
    until(lambda: page.takes.rowCount() == 1)
    stage = page.takes.index(0, STAGE)
    assert stage.data() == "queued, next"
    assert not page.takes.flags(stage) & Qt.ItemFlag.ItemIsDragEnabled
    jobs.render_fraction(take.id, 0.42, 8)
    assert stage.data() == "rendering 42 %"
    assert page.takes.index(0, STAGE + 1).data() == "8 s left"
    page.grab()  # the bar is painted
    wav = tmp_path / "riff.wav"
    wav.touch()
    jobs.finish(take.id, wav)
    assert page.takes.flags(stage) & Qt.ItemFlag.ItemIsDragEnabled
    dragged = page.takes.mimeData([page.takes.index(0, DRAG), stage])
    assert [url.toLocalFile() for url in dragged.urls()] == [str(wav)]
    with qtbot.waitSignal(page.play_wanted) as played:
        page.table.clicked.emit(page.takes.index(0, PLAY))
    assert played.args == [wav]
    page.table.selectRow(0)
    with qtbot.waitSignal(page.play_wanted):
        qtbot.keyClick(page.table, Qt.Key.Key_Space)
    page.grab()


def test_a_failure_says_why_and_offers_its_way_out(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot
) -> None:
    clip_id = with_clip(page, jobs, until)
    (take,) = jobs.submit(clip_id, ["My cello"])
    until(lambda: page.takes.rowCount() == 1)
    page.table.selectRow(0)
    assert not page.take_actions.button("retry").isEnabled()
    with qtbot.waitSignal(page.failed) as failed:
        jobs.fail(take.id, "the disk is full")
    assert "the disk is full; retry" in failed.args[0]
    assert "the disk is full" in page.take_actions.words
    assert page.take_actions.button("retry").isEnabled()
    page.take_actions.button("copy").click()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert "the disk is full" in clipboard.text()
    page.take_actions.button("retry").click()
    until(lambda: page.takes.rowCount() == 2)
    assert page.takes.takes[0].state == "queued"


def test_takes_are_cancelled_and_put_first(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot
) -> None:
    clip_id = with_clip(page, jobs, until)
    first, second = jobs.submit(clip_id, ["My cello", "Small Bell"])
    until(lambda: page.takes.rowCount() == 2)
    page.table.selectRow(page.takes.row_of(second.id))
    page.take_actions.button("first").click()
    until(lambda: ("put_first", second.id) in jobs.asked)
    page.table.selectAll()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    until(lambda: {take.state for take in page.takes.takes} == {"cancelled"})
    assert ("cancel", first.id) in jobs.asked
    assert jobs.under_way == 0


def test_what_the_model_cannot_play_is_said_before_rendering(
    page: TakesPage, jobs: FakeJobs, until: Until
) -> None:
    jobs.known_limits = ("3 notes are too high",)
    with_clip(page, jobs, until)
    until(lambda: "3 notes are too high" in page.render_bar.limits_text)
    jobs.known_limits = ()
    with_clip(page, jobs, until, "other")
    until(lambda: "plays everything" in page.render_bar.limits_text)


def test_a_service_that_cannot_be_opened_is_said(
    qtbot: QtBot, jobs: FakeJobs, tasks: Tasks
) -> None:
    jobs.problem = UserInputError("another Timbre Bridge is using the queue; stop it")
    page = TakesPage(jobs, tasks)
    qtbot.addWidget(page)
    with qtbot.waitSignal(page.failed) as failed:
        pass
    assert "stop it" in failed.args[0]


def test_takes_of_another_clip_do_not_show_and_a_big_clip_is_drawn(
    page: TakesPage, jobs: FakeJobs, until: Until
) -> None:
    other = with_clip(page, jobs, until, "other")
    big = jobs.receive(fake_clip("big", 6000))
    until(lambda: page.current_clip and page.current_clip.id == big)
    jobs.submit(other, ["My cello"])
    until(lambda: "6000 notes" in page.roll.accessibleDescription())
    assert page.takes.rowCount() == 0


def test_the_bridge_is_switched_and_its_trouble_said(
    qtbot: QtBot, jobs: FakeJobs, tasks: Tasks, until: Until
) -> None:
    from PyQt6.QtWidgets import QLabel, QToolButton

    bridge = FakeBridge("port 9270 is taken; end that program")
    page = TakesPage(jobs, tasks, bridge)
    qtbot.addWidget(page)
    switch = next(b for b in page.findChildren(QToolButton) if b.text() == "Bridge")

    def says(words: str) -> bool:
        return any(words in label.text() for label in page.findChildren(QLabel))

    switch.click()
    until(lambda: says("port 9270 is taken") and switch.isEnabled())
    assert not switch.isChecked()
    bridge.problem = ""
    switch.click()
    until(lambda: says("bridge on") and switch.isChecked())
    bridge.connect_client("Ardour")
    assert says("Ardour connected")
    until(switch.isEnabled)
    switch.click()
    until(lambda: says("bridge off"))


def test_everything_has_a_name_for_screen_readers(page: TakesPage, jobs: FakeJobs) -> None:
    from PyQt6.QtWidgets import QAbstractButton

    named = (page.clip_list, page.roll, page.table, page.render_bar.preset)
    assert all(widget.accessibleName() for widget in named)
    for button in page.findChildren(QAbstractButton):
        if button.isVisibleTo(page) and button.parent() is not page.render_bar.preset:
            assert button.accessibleName() or button.text()


def test_an_answer_that_comes_late_takes_no_row_back(
    page: TakesPage, jobs: FakeJobs, until: Until, tmp_path: Path
) -> None:
    clip_id = with_clip(page, jobs, until)
    (take,) = jobs.submit(clip_id, ["My cello"])
    early = jobs.takes(clip_id)
    until(lambda: page.takes.rowCount() == 1)
    jobs.finish(take.id, tmp_path)
    page.takes.set_takes(clip_id, early)
    assert page.takes.takes[0].state == "done"
    page.takes.set_takes(clip_id, [])
    assert page.takes.rowCount() == 1


def test_of_a_thousand_clips_at_once_the_last_is_shown(
    page: TakesPage, jobs: FakeJobs, until: Until
) -> None:
    until(lambda: ("clips",) in jobs.asked)
    clip = fake_clip()
    for number in range(1000):
        jobs.receive(Clip(f"clip {number}", clip.notes))
    until(lambda: page.current_clip and page.current_clip.clip.name == "clip 999")
    assert page.clips.rowCount() == 1000
    assert sum(asked[0] == "takes" for asked in jobs.asked) < 5
