"""Whoever does not see the window, or has no mouse: names, and a place for the keyboard."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop.gallery import PAGES
from desktop.parts import fake_services
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

_CONTROLS = (
    QAbstractButton,
    QLineEdit,
    QAbstractSlider,
    QComboBox,
    QAbstractSpinBox,
    QAbstractItemView,
    QPlainTextEdit,
)
_WHOLES = (QComboBox, QAbstractSpinBox, QTabBar, QLineEdit, QAbstractItemView)
"""What Qt makes the parts of, and names them itself."""


def controls_of(page: QWidget) -> list[QWidget]:
    return [
        widget
        for widget in page.findChildren(QWidget)
        if isinstance(widget, _CONTROLS)
        and widget.isVisibleTo(page)
        and not isinstance(widget, QScrollBar | QHeaderView)
        and not isinstance(widget.parent(), _WHOLES)
        and not widget.objectName().startswith("qt_")
        and not widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # a picture
    ]


def name_of(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QAbstractButton) else ""
    return (widget.accessibleName() or words).strip()


@pytest.mark.parametrize("name", PAGES)
def test_every_control_has_a_name_and_is_reached_by_the_keyboard(qtbot: QtBot, name: str) -> None:
    tasks = Tasks()
    page = PAGES[name](fake_services(), tasks)
    qtbot.addWidget(page, before_close_func=lambda _: tasks.close())
    page.show()
    qtbot.waitUntil(lambda: tasks.under_way == 0, timeout=int(1000 * LAST_RESORT_S))
    controls = controls_of(page)
    assert [type(widget).__name__ for widget in controls if not name_of(widget)] == []
    assert [
        name_of(widget)
        for widget in controls
        if widget.isEnabled() and widget.focusPolicy() == Qt.FocusPolicy.NoFocus
    ] == []
