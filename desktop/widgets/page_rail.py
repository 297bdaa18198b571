"""The buttons at the left that lead to the pages."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID


class PageRail(QFrame):
    """See the module's first line.

    Attributes:
        chosen: a page's name.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "side")
        self._group = QButtonGroup(self)
        self._buttons: dict[str, tuple[QToolButton, str]] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, GRID, 0, GRID)
        self._column.setSpacing(GRID // 2)
        self._column.addStretch(1)
        self.setFixedWidth(10 * GRID)

    def add(self, name: str, title: str, icon_name: str) -> None:
        """A button for a page.

        Args:
            name: of the page.
            title: under the icon.
            icon_name: of :data:`desktop.theme.icons.NAMES`.
        """
        button = self._button(title, name, icon_name)
        button.setCheckable(True)
        self._group.addButton(button)
        self._column.insertWidget(self._column.count() - 1 - self._has_menu, button)
        button.clicked.connect(lambda: self.chosen.emit(name))

    def add_menu(self, title: str, icon_name: str, menu: QMenu) -> None:
        """A button at the bottom with a menu; one.

        Args:
            title: under the icon.
            icon_name: as in :meth:`add`.
            menu: that opens.
        """
        button = self._button(title, "", icon_name)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._column.addWidget(button)

    def show_page(self, name: str) -> None:
        """Mark a page as the open one; none, if it has no button."""
        self._group.setExclusive(False)
        for each, (button, _) in self._buttons.items():
            button.setChecked(bool(each) and each == name)
        self._group.setExclusive(True)

    def retheme(self) -> None:
        """Icons in the colours of now."""
        for button, icon_name in self._buttons.values():
            button.setIcon(icon(icon_name, self))

    @property
    def _has_menu(self) -> bool:
        return "" in self._buttons

    def _button(self, title: str, name: str, icon_name: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "rail")
        button.setText(title)
        button.setAccessibleName(title)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(3 * GRID, 3 * GRID))
        button.setFixedWidth(self.maximumWidth() - 1)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons[name] = (button, icon_name)
        button.setIcon(icon(icon_name, self))
        return button
