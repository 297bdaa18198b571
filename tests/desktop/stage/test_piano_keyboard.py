"""The small keyboard: what mouse and keys press, and that none hangs."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QFocusEvent
from pytestqt.qtbot import QtBot

from desktop.stage.piano_keyboard import COMPUTER_KEYS, PianoKeyboard


@pytest.fixture
def heard() -> list[tuple[int, ...]]:
    return []


@pytest.fixture
def keyboard(qtbot: QtBot, heard: list[tuple[int, ...]]) -> PianoKeyboard:
    keyboard = PianoKeyboard()
    qtbot.addWidget(keyboard)
    keyboard.resize(21 * 20, 80)
    keyboard.pressed.connect(lambda *note: heard.append(note))
    keyboard.released.connect(lambda pitch: heard.append((pitch,)))
    return keyboard


def test_the_row_of_a_is_the_white_keys(keyboard: PianoKeyboard) -> None:
    whites = [48 + COMPUTER_KEYS.index(key) for key in "asdfghjkl"]
    assert whites == [48, 50, 52, 53, 55, 57, 59, 60, 62]


def test_keys_under_the_mouse(keyboard: PianoKeyboard) -> None:
    assert keyboard.pitch_at(QPointF(10, 70)) == 48
    assert keyboard.pitch_at(QPointF(20, 10)) == 49  # black, between C and D
    assert keyboard.pitch_at(QPointF(20.5, 70)) == 50
    assert keyboard.pitch_at(QPointF(419, 70)) == 83
    assert keyboard.pitch_at(QPointF(419, 90)) is None


def test_the_mouse_plays_slides_and_lets_go(
    qtbot: QtBot, keyboard: PianoKeyboard, heard: list[tuple[int, ...]]
) -> None:
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(keyboard, left, pos=QPoint(10, 78))
    assert keyboard.keys_down == {48}
    keyboard._slide_to(QPointF(30, 60))
    qtbot.mouseRelease(keyboard, left, pos=QPoint(30, 60))
    assert [note[0] for note in heard] == [48, 48, 50, 50]
    assert heard[0][1] > heard[2][1] > 60  # lower on a key is louder
    assert not keyboard.keys_down


def test_chords_by_computer_keys_and_octaves(
    qtbot: QtBot, keyboard: PianoKeyboard, heard: list[tuple[int, ...]]
) -> None:
    qtbot.keyPress(keyboard, Qt.Key.Key_A)
    qtbot.keyPress(keyboard, Qt.Key.Key_D)
    assert keyboard.keys_down == {48, 52}
    qtbot.keyClick(keyboard, Qt.Key.Key_X)  # lets go what was held, then moves up
    assert (keyboard.keys_down, keyboard.first_pitch) == (frozenset(), 60)
    assert {note[0] for note in heard if len(note) == 1} == {48, 52}
    for _ in range(20):
        qtbot.keyClick(keyboard, Qt.Key.Key_Z)
    assert keyboard.first_pitch == 12


def test_keys_with_modifiers_are_commands(
    qtbot: QtBot, keyboard: PianoKeyboard, heard: list[tuple[int, ...]]
) -> None:
    qtbot.keyClick(keyboard, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert heard == []


def test_no_key_hangs_when_the_focus_goes(
    qtbot: QtBot, keyboard: PianoKeyboard, heard: list[tuple[int, ...]]
) -> None:
    qtbot.keyPress(keyboard, Qt.Key.Key_A)
    keyboard.focusOutEvent(QFocusEvent(QFocusEvent.Type.FocusOut))
    assert heard[-1] == (48,)


def test_keys_of_a_midi_keyboard_are_lit(keyboard: PianoKeyboard) -> None:
    before = keyboard.grab().toImage()
    keyboard.show_keys([60])
    assert keyboard.grab().toImage() != before
