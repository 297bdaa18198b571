"""The map to look at: points, names, what is marked, and the part that is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from core.library.timbre_map.points import NO_POINTS, MapPoints
from desktop.pages.browse.map.markers import MANY
from desktop.pages.browse.map.painter import MapLook, draw_lasso, draw_map, draw_marked, name_rect
from desktop.pages.browse.map.viewport import MapViewport, bounds_of
from desktop.pages.browse.map.walk import nearest_to
from desktop.theme.colours import colours_of
from desktop.theme.style_sheet import GRID

_NEAR_PX = 12.0
_KEPT_IN_SIGHT = 5 * GRID


class MapCanvas(QWidget):
    """See the module's first line. Points have numbers, those of the list."""

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
        self._lasso: QPolygonF | None = None
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
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
            taken = [self._kept_free]
            if self._current is not None:
                taken.append(self._name_rect(self._current))
            self._picture = draw_map(
                self._points,
                self._is_selected,
                self._viewport,
                look,
                taken,
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
            rect = self._name_rect(number)
            draw_marked(painter, name, family, middle, rect, colours, is_current=is_current)
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

    def _is_placed(self, number: int) -> bool:
        return 0 <= number < len(self._points.ids) and not np.isnan(self._points.x[number])

    def _name_rect(self, number: int) -> QRectF:
        px, py = self._viewport.to_pixels(self._points.x, self._points.y)
        name, middle = self._points.names[number], self.pixel_of(number)
        return name_rect(name, middle, px, py, self.font(), self.width())

    def _see(self, viewport: MapViewport) -> None:
        if viewport != self._viewport:
            self._viewport = viewport
            self.redraw()


def _holds(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    """Whether a rectangle (least x, least y, most x, most y) lies in another."""
    return one[0] <= other[0] and one[1] <= other[1] and other[2] <= one[2] and other[3] <= one[3]
