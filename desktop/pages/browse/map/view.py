"""The map to look at and to walk on.

The wheel and + − zoom, a drag moves, 0 shows everything; a click takes the preset under it,
Ctrl and a drag draw a line around several. Arrow keys walk to the neighbours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from core.library.timbre_map.points import NO_POINTS, MapPoints
from desktop.pages.browse.map.lasso import points_inside
from desktop.pages.browse.map.markers import MANY
from desktop.pages.browse.map.painter import MapLook, draw_lasso, draw_map, draw_marked
from desktop.pages.browse.map.viewport import MapViewport, bounds_of
from desktop.pages.browse.map.walk import WalkDirection, nearest_to, step_from
from desktop.theme.colours import colours_of
from desktop.theme.style_sheet import GRID
from desktop.widgets.cell_view import CellView

ZOOM = 1.25
HOVER_MS = 250
"""The pointer rests so long on a preset before it is played."""

_NEAR_PX = 12.0
_CLICK_PX = 4
_KEPT_IN_SIGHT = 5 * GRID
_KEYS: dict[int, WalkDirection] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}


class MapView(QWidget):
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
        self._points = NO_POINTS
        self._is_selected = np.zeros(0, bool)
        self._current: int | None = None
        self._hovered: int | None = None
        self._viewport = MapViewport()
        self._shows_all = True  # until the user looks at a part
        self._fitted: tuple[float, float, float, float] | None = None
        self._picture: QPixmap | None = None
        self._kept_free = QRectF()
        self._pressed: QPointF | None = None
        self._is_dragged = False
        self._lasso: QPolygonF | None = None
        self.is_lasso_tool = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(HOVER_MS)
        self._rest.timeout.connect(self._rested)
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Map of presets"))

    # What is shown.

    @property
    def points(self) -> MapPoints:
        """Those shown."""
        return self._points

    @property
    def viewport(self) -> MapViewport:
        """What is seen of them."""
        return self._viewport

    def set_points(self, points: MapPoints) -> None:
        """Show others; what is seen stays, but at the first time."""
        self._points = points
        self._is_selected = np.zeros(len(points.ids), bool)
        self._current = self._hovered = None
        if self._shows_all and len(points.ids) > points.unplaced:
            bounds = bounds_of(points.x, points.y)
            if self._fitted is None or not _holds(self._fitted, bounds):
                self.fit()
        self.redraw()

    def rename(self, number: int, name: str) -> None:
        """A preset is called something else now.

        Args:
            number: of its point.
            name: that it has.
        """
        names = self._points.names
        if names[number] != name:
            renamed = [*names[:number], name, *names[number + 1 :]]
            self._points = replace(self._points, names=renamed)
            self.redraw()

    def set_current(self, number: int | None) -> None:
        """Mark the preset at hand, and bring it in sight."""
        self._current = number if number is not None and self._is_placed(number) else None
        if self._current is not None:
            x, y = float(self._points.x[self._current]), float(self._points.y[self._current])
            self._see(self._viewport.showing(x, y, _KEPT_IN_SIGHT))
        if len(self._points.ids) <= MANY:  # else its name is one among few
            self.redraw()
        self.update()

    def set_selected(self, is_selected: npt.NDArray[np.bool_]) -> None:
        """Mark what is selected, bool [n]."""
        if not np.array_equal(is_selected, self._is_selected):
            self._is_selected = is_selected
            self.redraw()

    def keep_free(self, rect: QRectF) -> None:
        """Where something lies over the map."""
        if rect != self._kept_free:
            self._kept_free = rect
            self.redraw()

    def fit(self) -> None:
        """Show everything."""
        self._shows_all = True
        self._fitted = bounds_of(self._points.x, self._points.y)
        self._see(self._viewport.fitted(self._fitted))

    def zoom(self, factor: float) -> None:
        """Go nearer (above 1) or farther, around the preset at hand or the middle."""
        px, py = self.width() / 2, self.height() / 2
        if self._current is not None:
            middle = self.pixel_of(self._current)
            if self.rect().contains(middle.toPoint()):
                px, py = middle.x(), middle.y()
        self.look_at(self._viewport.zoomed(factor, px, py))

    def look_at(self, viewport: MapViewport) -> None:
        """See another part, as the user wants."""
        self._shows_all = False
        self._see(viewport)

    def redraw(self) -> None:
        """Draw the points anew."""
        self._picture = None
        self.update()

    def neighbour(self, number: int, direction: WalkDirection) -> int | None:
        """The point that an arrow key goes to.

        Args:
            number: of the point where it begins.
            direction: of the arrow.
        """
        return step_from(self._points.x, self._points.y, number, direction)

    def number_at(self, point: QPointF) -> int | None:
        """The point under the pointer, or None."""
        place = self._viewport.place(point.x(), point.y())
        number = nearest_to(self._points.x, self._points.y, place)
        if number is None:
            return None
        apart = self.pixel_of(number) - point
        return number if np.hypot(apart.x(), apart.y()) <= _NEAR_PX else None

    def pixel_of(self, number: int) -> QPointF:
        """Where a point is seen."""
        one = slice(number, number + 1)
        px, py = self._viewport.to_pixels(self._points.x[one], self._points.y[one])
        return QPointF(float(px[0]), float(py[0]))

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(640, 420)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        colours = colours_of(self)
        if self._picture is None:
            look = MapLook(colours, self.font(), self.devicePixelRatioF())
            self._picture = draw_map(
                self._points,
                self._is_selected,
                self._viewport,
                look,
                self._kept_free,
                (self._current,),
            )
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = [(self._hovered, False), (self._current, True)]
        for number, is_current in marked:
            if number is None or (not is_current and number == self._current):
                continue
            name, family = self._points.names[number], int(self._points.families[number])
            middle = self.pixel_of(number)
            draw_marked(painter, name, family, middle, colours, is_current=is_current)
        if self._lasso is not None:
            draw_lasso(painter, self._lasso, colours)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, _event: QResizeEvent | None) -> None:  # noqa: N802
        self._viewport = self._viewport.resized(max(1, self.width()), max(1, self.height()))
        if self._shows_all and self._fitted is not None:
            self._viewport = self._viewport.fitted(self._fitted)
        self.redraw()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().changeEvent(event)
        self.redraw()

    # Mouse.

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
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

    # Odds and ends.

    def _is_placed(self, number: int) -> bool:
        return 0 <= number < len(self._points.ids) and not np.isnan(self._points.x[number])

    def _see(self, viewport: MapViewport) -> None:
        if viewport != self._viewport:
            self._viewport = viewport
            self.redraw()

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


def _holds(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    """Whether a rectangle (least x, least y, most x, most y) lies in another."""
    return one[0] <= other[0] and one[1] <= other[1] and other[2] <= one[2] and other[3] <= one[3]
