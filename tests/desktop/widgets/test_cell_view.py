"""A view of long lists: where cells are, what is selected, and clicks on marks."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QRect, QSize, QStringListModel, Qt
from pytestqt.qtbot import QtBot

from desktop.widgets.cell_view import CellView
from desktop.widgets.chips import ChipChoice
from desktop.widgets.stars import RatingBox, rating_at


@pytest.fixture
def view(qtbot: QtBot) -> CellView:
    made = CellView()
    qtbot.addWidget(made)
    made.setModel(QStringListModel([str(number) for number in range(100)], made))
    made.resize(420, 400)
    made.show()
    return made


def selected(view: CellView) -> list[int]:
    return sorted(index.row() for index in view.selectedIndexes())


@pytest.mark.parametrize("width", [0, 100])
def test_every_cell_is_where_it_is_found(view: CellView, width: int) -> None:
    view.set_cell(QSize(width, 40))
    assert view.columns == (1 if not width else view.viewport_().width() // 100)
    for row in (0, 7, 55, 99):
        index = view.model().index(row, 0)  # type: ignore[union-attr]
        view.scrollTo(index)
        rect = view.visualRect(index)
        assert view.viewport_().rect().contains(rect)
        assert view.indexAt(rect.center()) == index


def test_shift_selects_all_between_and_ctrl_one_more(view: CellView, qtbot: QtBot) -> None:
    view.set_cell(QSize(0, 40))
    for row, key in ((1, "NoModifier"), (4, "ShiftModifier"), (6, "ControlModifier")):
        place = view.visualRect(view.model().index(row, 0)).center()  # type: ignore[union-attr]
        modifier = getattr(Qt.KeyboardModifier, key)
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)
    assert selected(view) == [1, 2, 3, 4, 6]
    region = view.visualRegionForSelection(view.selectionModel().selection())  # type: ignore[union-attr]
    assert region.boundingRect() == QRect(0, 40, view.viewport_().width(), 240)


def test_keys_walk_rows_and_columns(view: CellView, qtbot: QtBot) -> None:
    view.set_cell(QSize(100, 40))
    stepped: list[int] = []
    view.stepped.connect(lambda index: stepped.append(index.row()))
    keys = Qt.Key
    for key in (keys.Key_Home, keys.Key_Right, keys.Key_Down, keys.Key_Up, keys.Key_Up,
                keys.Key_End, keys.Key_Down):  # fmt: skip
        qtbot.keyClick(view, key)
    columns = view.columns
    assert stepped == [1, 1 + columns, 1, 99]  # the first is at hand once the view is
    assert selected(view) == [99]


def test_a_press_that_was_taken_selects_nothing(view: CellView, qtbot: QtBot) -> None:
    pressed: list[int] = []

    def take(index: object, _rect: object, _point: object) -> None:
        pressed.append(index.row())  # type: ignore[attr-defined]
        view.take_press()

    view.pressed_in_cell.connect(take)
    for click in (qtbot.mouseClick, qtbot.mouseDClick):
        click(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 60))
    assert set(pressed) == {1}
    assert len(pressed) >= 2
    assert selected(view) == []


def test_characters_begin_a_search_and_keys_do_not(view: CellView, qtbot: QtBot) -> None:
    typed: list[str] = []
    view.typed.connect(typed.append)
    qtbot.keyClicks(view, "wf3a")
    assert typed == ["w", "a"]


def test_stars_are_set_and_taken_away(qtbot: QtBot) -> None:
    assert [rating_at(QRect(0, 0, 100, 20), x, 3) for x in (0, 45, 99, 50)] == [1, 0, 5, 0]
    box = RatingBox()
    qtbot.addWidget(box)
    rated: list[int] = []
    box.rated.connect(rated.append)
    box.set_rating(2)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_5):
        qtbot.keyClick(box, key)
    assert rated == [3, 1, 5]
    assert box.accessibleDescription() == "2 of 5 stars"


def test_words_that_do_not_fit_are_in_the_menu(qtbot: QtBot) -> None:
    choice = ChipChoice("All tags")
    qtbot.addWidget(choice)
    chosen: list[str] = []
    choice.chosen.connect(chosen.append)
    choice.set_words([(f"word {number}", 9 - number) for number in range(9)])
    choice.resize(250, 30)
    choice.show()
    shown = [chip.text() for chip in choice._chips if chip.isVisible()]
    assert shown == [f"word {number}" for number in range(len(shown))]
    assert 0 < len(shown) < 9
    assert len(choice.menu.actions()) == 9
    choice.menu.actions()[8].trigger()
    assert chosen == ["word 8"]
    assert choice._chips[0].isChecked()
    choice._chips[0].click()
    assert chosen == ["word 8", ""]
