"""The map to look at and to walk on.

The wheel and + − zoom, a drag moves, 0 shows everything; a click takes the preset under it,
Ctrl and a drag draw a line around several. Arrow keys walk to the neighbours.
"""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPolygonF,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from desktop.pages.browse.map.canvas import MapCanvas
from desktop.pages.browse.map.lasso import points_inside
from desktop.pages.browse.map.walk import WalkDirection, nearest_to, step_from
from desktop.widgets.cell_view import CellView

ZOOM = 1.25
HOVER_MS = 250
"""The pointer rests so long on a preset before it is played."""

_CLICK_PX = 4
_KEYS: dict[int, WalkDirection] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}


class MapView(MapCanvas):
    """See the module's first lines. Points have numbers, those of the list.

    Attributes:
        stepped: a point that the user went to, and whether those before stay selected.
        toggled: a point that is to be selected, or no longer.
        surrounded: points (int [n], sorted) that are to be selected, and whether the others stay.
        rested: a point on which the pointer came to rest.
        typed: a character that is to begin a search.
        menu_wanted: where, on the screen.
    """

    stepped = pyqtSignal(int, bool)
    toggled = pyqtSignal(int)
    surrounded = pyqtSignal(object, bool)
    rested = pyqtSignal(int)
    typed = pyqtSignal(str)
    menu_wanted = pyqtSignal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QPointF | None = None
        self._is_dragged = False
        self.is_lasso_tool = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(HOVER_MS)
        self._rest.timeout.connect(self._rested)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def neighbour(self, number: int, direction: WalkDirection) -> int | None:
        """The point that an arrow key goes to.

        Args:
            number: of the point where it begins.
            direction: of the arrow.
        """
        return step_from(self._points.x, self._points.y, number, direction)

    # Mouse.

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        if event is not None:
            steps = event.angleDelta().y() / 120.0
            where = event.position()
            self.look_at(self._viewport.zoomed(ZOOM**steps, where.x(), where.y()))
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._rest.stop()
        self._pressed, self._is_dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        if self._pressed is None:
            self._hover(self.number_at(event.position()))
            return
        by = event.position() - self._pressed
        if not self._is_dragged:
            if by.manhattanLength() < _CLICK_PX:
                return
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if control or self.is_lasso_tool:
                self._lasso = QPolygonF([self._pressed])
            self._is_dragged = True
        if self._lasso is not None:
            self._lasso.append(event.position())
            self.update()
            return
        self._pressed = event.position()
        self.look_at(self._viewport.moved(by.x(), by.y()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None or self._pressed is None:
            return
        self._pressed = None
        adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self._lasso is not None:
            lasso, self._lasso = self._lasso, None
            inside = points_inside(lasso, *self._viewport.to_pixels(self._points.x, self._points.y))
            self.surrounded.emit(inside, adds)
            self.update()
            return
        number = None if self._is_dragged else self.number_at(event.position())
        if number is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.toggled.emit(number)
        else:
            self.stepped.emit(number, adds)

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._hover(None)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        number = self.number_at(QPointF(event.pos()))
        is_new = number is not None and not self._is_selected[number]
        if is_new and event.reason() == QContextMenuEvent.Reason.Mouse:
            self.stepped.emit(number, False)
        self.menu_wanted.emit(event.globalPos())

    # Keys.

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        key, character = event.key(), event.text()
        if key in _KEYS:
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._walk(_KEYS[key], adds)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_Escape and self._lasso is not None:
            self._lasso = self._pressed = None
            self.update()
        elif character.isprintable() and character and character not in CellView.KEYS:
            self.typed.emit(character)
        else:
            event.ignore()

    def _walk(self, direction: WalkDirection, adds: bool) -> None:
        if self._current is None:
            middle = self._viewport.place(self.width() / 2, self.height() / 2)
            number = nearest_to(self._points.x, self._points.y, middle)
        else:
            number = self.neighbour(self._current, direction)
        if number is not None:
            self.stepped.emit(number, adds)

    def _hover(self, number: int | None) -> None:
        if number == self._hovered:
            return
        self._hovered = number
        self._rest.stop()
        if number is not None:
            self._rest.start()
        self.setCursor(
            Qt.CursorShape.ArrowCursor if number is None else Qt.CursorShape.PointingHandCursor
        )
        self.update()

    def _rested(self) -> None:
        if self._hovered is not None:
            self.rested.emit(self._hovered)
