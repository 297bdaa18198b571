"""The piano roll shows what a clip is, zooms where the pointer is, and asks for times."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from pytestqt.qtbot import QtBot

from core.clip import Clip, Note
from desktop.services.fakes.jobs import fake_clip
from desktop.widgets.roll.piano_roll import PianoRoll
from desktop.widgets.roll.roll_notes import DENSE, RollNotes
from desktop.widgets.roll.roll_view import ALL_KEYS, MIN_SECONDS, RollView, time_words

WHOLE = RollView(0.0, 60.0, 40.0, 30.0, 60.0)


@pytest.fixture
def roll(qtbot: QtBot) -> PianoRoll:
    made = PianoRoll("drop one")
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    return made


def turn(roll: PianoRoll, steps: int, at: QPointF, keys: Qt.KeyboardModifier) -> None:
    wheel = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    roll.wheelEvent(wheel)


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 1)), max_size=8))
def test_a_view_never_leaves_what_there_is(zooms: list[tuple[float, float]]) -> None:
    view = WHOLE
    for factor, part in zooms:
        at_s = view.start_s + part * view.seconds
        view = view.zoomed(factor, at_s).zoomed_keys(factor, view.low + part * view.keys)
        view = view.moved(100 * (part - 0.5), 50 * (part - 0.5))
        assert MIN_SECONDS <= view.seconds <= view.length_s
        assert view.start_s >= 0
        assert view.start_s + view.seconds <= view.length_s + 1e-6
        assert 0 <= view.low <= view.low + view.keys <= ALL_KEYS + 1e-6


def test_zooming_keeps_the_place_under_the_pointer(roll: PianoRoll) -> None:
    roll.set_clip(fake_clip(notes=200))
    at = QPointF(400, 120)
    before_s, before_key = roll.time_at(at.x()), roll.key_at(at.y())
    turn(roll, 3, at, Qt.KeyboardModifier.NoModifier)
    assert roll.view.seconds < 50
    assert roll.time_at(at.x()) == pytest.approx(before_s)
    turn(roll, 1, at, Qt.KeyboardModifier.ControlModifier)
    assert roll.key_at(at.y()) == pytest.approx(before_key)
    start_s = roll.view.start_s
    turn(roll, -1, at, Qt.KeyboardModifier.ShiftModifier)
    assert roll.view.start_s > start_s
    roll.mouseDoubleClickEvent(None)
    assert roll.view.start_s == 0.0


def test_bends_and_extreme_keys_are_in_sight() -> None:
    bent = Note(0.0, 100, 80, 1.0, ((0.0, 0.0), (0.5, 12.0)))
    view = RollNotes(Clip.of("bent", [bent])).whole
    assert view.low + view.keys >= 113
    edges = RollNotes(Clip.of("edges", [Note(0, 0, 1, 1), Note(0, 127, 127, 1)])).whole
    assert (edges.low, edges.keys) == (0.0, ALL_KEYS)


def test_a_click_asks_for_its_time_and_a_drag_moves(roll: PianoRoll, qtbot: QtBot) -> None:
    roll.set_clip(fake_clip(notes=200))
    with qtbot.waitSignal(roll.time_wanted) as wanted:
        qtbot.mouseClick(roll, Qt.MouseButton.LeftButton, pos=QPoint(300, 150))
    assert wanted.args[0] == pytest.approx(roll.time_at(300))
    qtbot.keyClick(roll, Qt.Key.Key_Plus)
    start_s = roll.view.start_s
    with qtbot.assertNotEmitted(roll.time_wanted):
        qtbot.mousePress(roll, Qt.MouseButton.LeftButton, pos=QPoint(300, 150))
        qtbot.mouseMove(roll, QPoint(200, 150))
        qtbot.mouseRelease(roll, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert roll.view.start_s > start_s


def test_the_playhead_stays_in_sight(roll: PianoRoll) -> None:
    roll.set_clip(fake_clip(notes=400))
    roll.set_view(roll.view.zoomed(0.1, 0.0))
    roll.set_playhead(60.0)
    assert roll.view.start_s <= 60.0 <= roll.view.start_s + roll.view.seconds
    roll.set_playhead(None)


def test_it_says_in_words_what_it_shows(roll: PianoRoll) -> None:
    assert roll.accessibleDescription() == "no clip"
    roll.set_clip(Clip.of("two", [Note(0, 60, 80, 1), Note(1, 69, 80, 1)]))
    assert roll.accessibleDescription() == "two: 2 notes from C4 to A4, 2.0 seconds"
    roll.set_clip(Clip("empty", (), 1.0))
    roll.grab()
    assert "no notes" in roll.accessibleDescription()


def test_many_notes_are_painted_as_what_sounds_where() -> None:
    notes = [Note(0.001 * i, 60, 100, 0.001) for i in range(DENSE + 1)]
    roll = RollNotes(Clip.of("dense", [*notes, Note(1.0, 72, 50, 0.5)]))
    assert roll.rects(roll.whole, 500, 100) is None
    picture = roll.density(roll.whole, 500)
    seconds = roll.whole.seconds
    assert (picture[127 - 60, : int(499 * 2.0 / seconds)] == 100).all()
    sounding = np.flatnonzero(picture[127 - 72])
    assert sounding[0] == pytest.approx(1.0 / seconds * 500, abs=1)
    assert sounding[-1] == pytest.approx(1.5 / seconds * 500, abs=2)
    assert set(picture[127 - 72][sounding]) == {50}
    assert picture.sum(axis=1).nonzero()[0].tolist() == [127 - 72, 127 - 60]


def test_a_note_is_found_under_the_pointer() -> None:
    roll = RollNotes(Clip.of("two", [Note(0, 60, 80, 1), Note(0.5, 60, 90, 1)]))
    assert roll.at(0.7, 60.5) == Note(0.5, 60, 90, 1)
    assert roll.at(0.2, 60.5) == Note(0, 60, 80, 1)
    assert roll.at(0.2, 61.0) is None
    assert roll.at(0.2, -0.5) is None


def test_a_hundred_thousand_notes_do_not_hold_the_window(roll: PianoRoll) -> None:
    """The figure is printed; what is claimed leaves room for a loaded machine."""
    rng = np.random.default_rng(0)
    notes = [
        Note(float(start_s), int(pitch), int(velocity), 0.2)
        for start_s, pitch, velocity in zip(
            rng.uniform(0, 600, 100_000),
            rng.integers(21, 109, 100_000),
            rng.integers(1, 128, 100_000),
            strict=True,
        )
    ]
    ready = RollNotes(Clip.of("big", notes))
    roll.set_notes(ready)
    began = time.perf_counter()
    roll.repaint()
    all_s = time.perf_counter() - began
    few = RollNotes(Clip.of("few", notes[: DENSE // 2]))
    roll.set_notes(few)
    began = time.perf_counter()
    roll.repaint()
    few_s = time.perf_counter() - began
    print(f"100,000 notes painted in {1000 * all_s:.0f} ms, {DENSE // 2} in {1000 * few_s:.0f} ms")
    assert all_s < 20 * few_s + 1.0


@pytest.mark.parametrize(
    ("seconds", "step_s", "words"),
    [(4, 1, "0:04"), (64.25, 0.01, "1:04.25"), (0.5, 0.1, "0:00.5"), (3600, 60, "60:00"),
     (59.999, 1, "1:00")],
)  # fmt: skip
def test_times_are_read_as_people_do(seconds: float, step_s: float, words: str) -> None:
    assert time_words(seconds, step_s) == words
