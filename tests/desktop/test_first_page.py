"""From nothing to a sound: words, a recording, and the DAWs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from pytestqt.qtbot import QtBot

from core.errors import AudioError
from core.timbre import AudioTimbre, TextTimbre
from desktop.faults import Fault
from desktop.pages.first import FirstPage
from desktop.pages.naming import name_for_file, name_for_words
from desktop.services.fakes.daws import FakeDaws
from desktop.tasks import Tasks
from desktop.widgets.drop_zone import DropZone
from tests.desktop.frame_fakes import AddedPresets, local_files
from tests.helpers.waiting import LAST_RESORT_S

LAST_RESORT_MS = int(1000 * LAST_RESORT_S)


@pytest.fixture
def presets() -> AddedPresets:
    return AddedPresets()


@pytest.fixture
def page(qtbot: QtBot, presets: AddedPresets) -> FirstPage:
    tasks = Tasks()
    made = FirstPage(presets, FakeDaws(), tasks)  # type: ignore[arg-type]
    qtbot.addWidget(made, before_close_func=lambda _: tasks.close())
    made.show()
    return made


def drop(zone: DropZone, *urls: QUrl) -> None:
    data = QMimeData()
    data.setUrls(list(urls))
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    entered = QDragEnterEvent(QPoint(5, 5), actions, data, buttons, keys)
    zone.dragEnterEvent(entered)
    assert entered.isAccepted()
    zone.dropEvent(QDropEvent(QPointF(5, 5), actions, data, buttons, keys))


def test_words_and_enter_make_a_preset_that_is_heard(
    qtbot: QtBot, page: FirstPage, presets: AddedPresets
) -> None:
    assert not page.make.isEnabled()
    qtbot.keyClicks(page.field, "glassy bell")
    with qtbot.waitSignal(page.made, timeout=LAST_RESORT_MS) as made:
        qtbot.keyClick(page.field, Qt.Key.Key_Return)
    assert made.args == ["id of Glassy bell", "Glassy bell"]
    assert presets.made == {"Glassy bell": TextTimbre("glassy bell")}
    assert page.field.text() == ""


def test_a_name_that_is_taken_gets_a_number(
    qtbot: QtBot, page: FirstPage, presets: AddedPresets
) -> None:
    presets.made = {"Bell": TextTimbre("x"), "Bell 2": TextTimbre("y")}
    page.field.setText("bell")
    with qtbot.waitSignal(page.made, timeout=LAST_RESORT_MS) as made:
        page.make.click()
    assert made.args == ["id of Bell 3", "Bell 3"]


def test_a_dropped_recording_makes_a_preset_and_the_others_are_named(
    qtbot: QtBot, page: FirstPage, presets: AddedPresets, tmp_path: Path
) -> None:
    files = local_files(tmp_path, "my_cello.flac", "other.wav")
    with qtbot.waitSignals([page.failed, page.made], timeout=LAST_RESORT_MS):
        drop(page.drop, *(QUrl.fromLocalFile(str(file)) for file in files))
    (made,) = presets.made.values()
    assert list(presets.made) == ["My cello"]
    assert isinstance(made, AudioTimbre)


def test_what_is_no_file_here_is_refused_in_words(qtbot: QtBot, page: FirstPage) -> None:
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        drop(page.drop, QUrl("https://example.org/cello.wav"))
    assert isinstance(failed.args[0], Fault)
    assert "save it first" in failed.args[0].message


def test_a_recording_that_cannot_be_used_says_why_and_the_words_stay(
    qtbot: QtBot, page: FirstPage, presets: AddedPresets
) -> None:
    presets.error = AudioError("cello.wav is silent; choose another")
    page.field.setText("a bell")
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        page.make.click()
    assert failed.args[0].message == "cello.wav is silent; choose another"
    qtbot.waitUntil(page.make.isEnabled, timeout=LAST_RESORT_MS)
    assert page.field.text() == "a bell"


def test_making_says_what_it_does_and_can_be_cancelled(
    qtbot: QtBot, page: FirstPage, presets: AddedPresets
) -> None:
    said: list[str] = []
    page.status.connect(said.append)
    presets.may_go_on.clear()
    page.field.setText("a bell")
    page.make.click()
    qtbot.waitUntil(lambda: "listening" in said, timeout=LAST_RESORT_MS)
    assert page.cancel.isVisible()
    page.make_from_words()  # once is enough
    page.cancel.click()
    qtbot.waitUntil(lambda: not page.cancel.isVisible(), timeout=LAST_RESORT_MS)
    assert presets.made == {}
    assert said[-1] == ""
    assert page.make.isEnabled()


def test_a_daw_that_is_here_can_be_connected(qtbot: QtBot, page: FirstPage) -> None:
    daws = page.daw_list
    qtbot.waitUntil(lambda: list(daws.buttons) == ["reaper"], timeout=LAST_RESORT_MS)
    daws.buttons["reaper"].click()
    qtbot.waitUntil(lambda: not daws.buttons, timeout=LAST_RESORT_MS)
    assert "action list" in daws._next.text()
    assert daws._next.isVisible()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("glassy  bell", "Glassy bell"),
        ("é" * 200, "É" + "é" * 114),
        ("a " + "word " * 60, "A " + ("word " * 23)[:-1]),
    ],
)
def test_names_are_the_words(words: str, name: str) -> None:
    given = name_for_words(words)
    assert given[:20] == name[:20]
    assert len(given) <= 115
    assert not given.endswith(" ")


def test_a_recording_without_a_name_has_one() -> None:
    assert name_for_file(Path("__.wav")) == "Recording"
    assert name_for_file(Path("my_cello.take2.wav")) == "My cello.take2"
