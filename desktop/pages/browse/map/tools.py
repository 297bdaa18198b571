"""The buttons under the map."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from desktop.pages.browse.map.view import ZOOM
from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID


class MapTools(QWidget):
    """See the module's first line.

    Attributes:
        lasso: whether a drag draws a line around presets.
        hears: whether what the pointer rests on is played.
        tag: gives tags to what is selected, once it has the page's action.
        zoom_wanted: nearer (above 1) or farther.
        fit_wanted: everything is to be seen.
    """

    zoom_wanted = pyqtSignal(float)
    fit_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons: dict[QToolButton, str] = {}
        self._zooms = (
            self._tool("zoom_out", self.tr("Zoom out (−)"), lambda: self._zoom(1 / ZOOM)),
            self._tool("zoom_in", self.tr("Zoom in (+)"), lambda: self._zoom(ZOOM)),
        )
        fit = self._tool("fit", self.tr("Show everything (0)"), self.fit_wanted.emit)
        self.lasso = self._tool("lasso", self.tr("Draw around presets to select them (Ctrl-drag)"))
        self.hears = self._tool("hear", self.tr("Play what the pointer rests on"))
        self.hears.setChecked(True)
        self.tag = QToolButton(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for button in (*self._zooms, fit, self.lasso, self.hears, self.tag):
            row.addWidget(button)
        for toggle in (self.lasso, self.hears):
            toggle.toggled.connect(self._set_icons)
        self._set_icons()

    def set_narrow(self, is_narrow: bool) -> None:
        """With little room, leave zooming to wheel and keys."""
        for button in self._zooms:
            button.setVisible(not is_narrow)

    def _zoom(self, factor: float) -> None:
        self.zoom_wanted.emit(factor)

    def _tool(
        self, icon_name: str, hint: str, does: Callable[[], object] | None = None
    ) -> QToolButton:
        """A button with an icon; one that does nothing by itself is on or off."""
        button = QToolButton(self)
        button.setToolTip(hint)
        button.setAccessibleName(hint)
        button.setCheckable(does is None)
        if does is not None:
            button.clicked.connect(lambda: does())
        self._icons[button] = icon_name
        return button

    def _set_icons(self) -> None:
        for button, name in self._icons.items():
            tone = "accent" if button.isChecked() else "text"
            button.setIcon(icon(name, self, tone))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """See :class:`QWidget`."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._set_icons()
