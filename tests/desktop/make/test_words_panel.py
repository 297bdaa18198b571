"""From words to a preset, or to one that is there."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.errors import ModelMissing
from core.timbre import TextTimbre
from desktop.pages.make.page import MakePage
from desktop.pages.make.words_panel import MOST_SHOWN
from desktop.services.fakes.making import FakeWords
from tests.desktop.frame_fakes import AddedPresets
from tests.desktop.make.conftest import Until
from tests.helpers.waiting import LAST_RESORT_S

LAST_RESORT_MS = int(1000 * LAST_RESORT_S)


def typed(page: MakePage, qtbot: QtBot, until: Until, text: str = "dark bell") -> None:
    page.show_tab(page.words)
    qtbot.keyClicks(page.words.field, text)
    until(page.words.model.rowCount)


def test_the_nearest_presets_come_while_typing(
    page: MakePage, qtbot: QtBot, until: Until, words: FakeWords
) -> None:
    typed(page, qtbot, until)
    until(lambda: words.asked[-1] == "dark bell")
    assert page.words.model.rowCount() == MOST_SHOWN
    first = page.words.model.neighbour(0)
    assert first is not None
    assert first.preset.name == "Dark Bell"
    assert len(words.asked) < len("dark bell")  # not once a key


def test_arrow_keys_step_through_them_and_each_is_heard(
    page: MakePage, qtbot: QtBot, until: Until
) -> None:
    typed(page, qtbot, until)
    played: list[str] = []
    page.play_wanted.connect(played.append)
    page.activateWindow()
    qtbot.keyClick(page.words.field, Qt.Key.Key_Down)
    until(page.words.list.hasFocus)
    qtbot.keyClick(page.words.list, Qt.Key.Key_Down)
    found = [page.words.model.neighbour(row) for row in range(2)]
    assert played == [one.preset.id for one in found if one is not None]
    qtbot.keyClick(page.words.list, Qt.Key.Key_Up)
    qtbot.keyClick(page.words.list, Qt.Key.Key_Up)
    until(page.words.field.hasFocus)


def test_one_is_taken_instead(page: MakePage, qtbot: QtBot, until: Until) -> None:
    typed(page, qtbot, until)
    assert not page.words.take_button.isEnabled()
    page.words.list.setCurrentIndex(page.words.model.index(0))
    with qtbot.waitSignal(page.taken, timeout=LAST_RESORT_MS) as taken:
        qtbot.keyClick(page.words.list, Qt.Key.Key_Return)
    assert taken.args[1] == "Dark Bell"
    with qtbot.waitSignal(page.taken, timeout=LAST_RESORT_MS):
        page.words.take_button.click()


def test_enter_hears_the_words_and_keep_keeps_them(
    page: MakePage, qtbot: QtBot, until: Until, presets: AddedPresets
) -> None:
    typed(page, qtbot, until)
    with qtbot.waitSignal(page.hear_wanted, timeout=LAST_RESORT_MS) as heard:
        qtbot.keyClick(page.words.field, Qt.Key.Key_Return)
    assert heard.args == [TextTimbre("dark bell"), "Dark bell"]
    assert presets.made == {}
    with qtbot.waitSignal(page.made, timeout=LAST_RESORT_MS) as made:
        page.words.keep_bar.keep_button.click()
    assert made.args == ["id of Dark bell", "Dark bell"]


def test_loading_the_model_is_said(
    page: MakePage, qtbot: QtBot, until: Until, words: FakeWords
) -> None:
    words.let_go.clear()
    page.show_tab(page.words)
    qtbot.keyClicks(page.words.field, "bell")
    until(lambda: page.words.heading.text() == "Loading the model…")
    words.let_go.set()
    until(page.words.model.rowCount)
    assert "Nearest presets" in page.words.heading.text()


def test_only_what_was_typed_last_is_shown(
    page: MakePage, qtbot: QtBot, until: Until, words: FakeWords
) -> None:
    words.let_go.clear()
    page.show_tab(page.words)
    page.words.field.setText("bell")
    until(lambda: page.words.heading.text() == "Loading the model…")
    page.words.field.setText("cello")
    words.let_go.set()
    until(lambda: words.asked[-1:] == ["cello"])
    until(page.words.model.rowCount)
    page.words.field.clear()
    assert page.words.model.rowCount() == 0
    assert "while you type" in page.words.heading.text()
    assert not page.words.keep_bar.hear_button.isEnabled()


def test_without_a_model_it_says_so_and_asks_again_with_the_next_key(
    page: MakePage, qtbot: QtBot, until: Until, words: FakeWords
) -> None:
    words.failure = ModelMissing("the model embedded is not here; pull it")
    page.show_tab(page.words)
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        qtbot.keyClicks(page.words.field, "bell")
    assert "pull it" in failed.args[0].message
    words.failure = None
    qtbot.keyClicks(page.words.field, "s")
    until(page.words.model.rowCount)


def test_a_written_name_stays_while_the_words_change(
    page: MakePage, qtbot: QtBot, until: Until
) -> None:
    typed(page, qtbot, until, "bell")
    name = page.words.keep_bar.name
    assert name.text() == "Bell"
    name.clear()
    qtbot.keyClicks(name, "Mine")
    qtbot.keyClicks(page.words.field, "s")
    assert name.text() == "Mine"
    page.words.field.clear()
    page.words.field.setText("flute")
    assert name.text() == "Flute"
