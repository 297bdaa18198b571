"""Commands by name and key, and the two lists of them."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import Commands
from desktop.widgets.command_palette import CommandPalette, KeySheet
from tests.helpers.waiting import LAST_RESORT_S


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def commands(qapp: QApplication, done: list[str]) -> Commands:
    made = Commands()
    made.add("open", "Open the folder", lambda: done.append("open"), keys="Ctrl+O")
    made.add("rename", "Rename preset", lambda: done.append("rename"), keys="F2", section="Browse")
    made.add(
        "remove",
        "Delete presets",
        lambda: done.append("remove"),
        keys=("Del", "Ctrl+Backspace"),
        section="Browse",
        why_not=lambda: "select one first",
    )
    return made


def test_two_commands_share_neither_id_nor_key(commands: Commands) -> None:
    for id, keys in (("open", ()), ("other", "f2"), ("other", "ctrl+backspace"), ("other", "")):
        with pytest.raises(ValueError, match=r"already|no key"):
            commands.add(id, "Other", lambda: None, keys=[keys] if keys == "" else keys)


def test_what_cannot_be_done_now_says_why(commands: Commands, done: list[str]) -> None:
    refused: list[str] = []
    commands.refused.connect(refused.append)
    assert not commands.run("remove")
    assert refused == ["Delete presets: select one first"]
    assert commands.run("open")
    assert done == ["open"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("ren", "rename"), ("preset del", "remove"), ("older", "open"), ("rnm", "rename")],
)
def test_words_parts_and_letters_find_a_command(commands: Commands, typed: str, first: str) -> None:
    assert commands.matching(typed)[0].id == first


def test_an_action_of_a_page_is_a_command(commands: Commands, done: list[str]) -> None:
    action = QAction("&Tag …")
    action.setObjectName("browse.tag")
    action.setShortcut("Ctrl+T")
    action.triggered.connect(lambda: done.append("tag"))
    command = commands.add_action(action)
    assert (command.title, command.section, command.shown_key) == ("Tag …", "Browse", "Ctrl+T")
    assert commands.run("browse.tag")
    action.setEnabled(False)
    action.setStatusTip("select one first")
    assert command.why_not() == "select one first"
    assert not commands.run("browse.tag")
    assert done == ["tag"]
    with pytest.raises(ValueError, match="already"):
        commands.add_action(action)


def test_all_are_found_by_nothing_and_none_by_what_none_has(commands: Commands) -> None:
    assert len(commands.matching("")) == 3
    assert commands.matching("zebra") == []


def test_the_palette_runs_what_was_typed_and_stepped_to(
    qtbot: QtBot, commands: Commands, done: list[str]
) -> None:
    palette = CommandPalette(commands)
    qtbot.addWidget(palette)
    palette.show()
    qtbot.keyClicks(palette.field, "e")  # all three have one
    assert palette.list.topLevelItemCount() == 3
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    palette.field.setText("rename")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["rename"]
    assert not palette.isVisible()


def test_the_palette_shows_why_something_is_not_to_be_had(qtbot: QtBot, commands: Commands) -> None:
    palette = CommandPalette(commands)
    qtbot.addWidget(palette)
    palette.field.setText("delete")
    row = palette.list.topLevelItem(0)
    assert row is not None
    assert "select one first" in row.text(0)
    palette.field.setText("zebra")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)  # nothing chosen, nothing done


def test_the_sheet_lists_every_command(qtbot: QtBot, commands: Commands) -> None:
    sheet = KeySheet(commands)
    qtbot.addWidget(sheet)
    shown = {label.text() for label in sheet.findChildren(QLabel)}
    assert {"Everywhere", "Browse", "Rename preset", "Del, Ctrl+Backspace"} <= shown


def test_keys_reach_commands_but_not_from_a_text_field(qtbot: QtBot, done: list[str]) -> None:
    window = QWidget()
    field, button = QLineEdit(window), QPushButton(window)
    column = QVBoxLayout(window)
    column.addWidget(field)
    column.addWidget(button)
    qtbot.addWidget(window)
    commands = Commands(window)
    commands.add("favourite", "Mark as favourite", lambda: done.append("favourite"), keys="F")
    with qtbot.waitExposed(window, timeout=int(1000 * LAST_RESORT_S)):
        window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_F)
    assert (field.text(), done) == ("f", [])
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_F)
    assert done == ["favourite"]


def test_what_can_be_done_comes_before_what_cannot(qtbot: QtBot) -> None:
    commands = Commands()
    commands.add("one", "Delete presets", lambda: None, why_not=lambda: "select one first")
    commands.add("two", "Delete takes", lambda: None)
    palette = CommandPalette(commands)
    qtbot.addWidget(palette)
    palette.field.setText("delete")
    titles = [palette.list.topLevelItem(row).text(0) for row in range(2)]  # type: ignore[union-attr]
    assert titles == ["Delete takes", "Delete presets  (select one first)"]
