"""The search in the small window beside a DAW."""

from __future__ import annotations

from PyQt6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.pages.browse.filters import FilterBar
from tests.helpers.waiting import LAST_RESORT_S


def test_the_search_has_its_row_and_the_list_is_sorted_from_the_menu(qtbot: QtBot) -> None:
    bar = FilterBar()
    qtbot.addWidget(bar)
    bar.show()

    def share_of_search(width: int) -> float:
        bar.resize(width, bar.height())
        bar.resize(width, bar.height())  # what was hidden made room at the first
        qtbot.waitUntil(lambda: bar.width() == width, timeout=round(1000 * LAST_RESORT_S))
        layout = bar.layout()
        assert layout is not None
        layout.activate()
        return bar.search.width() / bar.width()

    assert share_of_search(1000) < 0.9 < share_of_search(360)
    menu = bar._all.menu()
    assert menu is not None
    menu.aboutToShow.emit()
    (orders,) = [inner for inner in menu.findChildren(QMenu) if inner.title() == "Sort by"]
    (rating,) = [action for action in orders.actions() if action.text() == "Best rated first"]
    rating.trigger()
    assert bar.query.order == "rating"
    share_of_search(1000)
    assert not bar._order.isHidden()
