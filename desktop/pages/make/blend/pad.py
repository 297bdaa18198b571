"""The XY pad: a square whose point weighs what is on its corners."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from desktop.pages.make.blend.bilinear import CORNERS, MIDDLE, Point, snapped
from desktop.pages.make.blend.drops import presets_in
from desktop.pages.make.blend.model import BlendModel
from desktop.pages.make.blend.pad_painter import PadLook, paint_pad
from desktop.theme.colours import colours_of
from desktop.theme.style_sheet import GRID

MARGIN = 10
"""Around the square, so that the point at its edge is seen whole."""

_STEP, _FINE_STEP = 0.05, 0.01

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_CORNER_KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)


class BlendPad(QWidget):
    """See the module's first line. Arrows move the point, M and 1–4 take it to middle and corners.

    Args:
        model: the blend.
        parent: as of any widget.
        clock: seconds; a test has its own.

    Attributes:
        drawn: a path was drawn: (seconds, x, y) of every move of the mouse.
        presets_dropped: ids of presets, and the corner nearest to where they were dropped.
        is_held: whether the mouse has the point.
    """

    drawn = pyqtSignal(list)
    presets_dropped = pyqtSignal(list, int)

    def __init__(
        self,
        model: BlendModel,
        parent: QWidget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._model, self._clock = model, clock
        self._is_drawing = False
        self._moves: list[tuple[float, float, float]] = []
        self.is_held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("XY pad"))
        self.setToolTip(
            self.tr(
                "Drag the point; arrow keys move it, M and 1 to 4 take it to middle and corners"
            )
        )
        model.weights_changed.connect(self._show)
        model.parts_changed.connect(self._show)
        model.path_changed.connect(self.update)
        self._show()

    @property
    def square(self) -> QRectF:
        """Where the pad is in the widget."""
        side = max(1.0, float(min(self.width(), self.height()) - 2 * MARGIN))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    @property
    def _look(self) -> PadLook:
        return PadLook(self.square, colours_of(self), self.hasFocus(), tuple(self._moves))

    def set_drawing(self, is_drawing: bool) -> None:
        """Let the mouse draw a path as it moves the point, or no longer."""
        self._is_drawing = is_drawing
        self._moves.clear()
        self.update()

    def place_of(self, point: Point) -> QPointF:
        """Where a point is in the widget."""
        return self._look.place_of(point)

    def point_of(self, place: QPointF) -> Point:
        """The point at a place of the widget, within the square."""
        square = self.square
        x, y = (place.x() - square.left()), (place.y() - square.top())
        return min(1.0, max(0.0, x / square.width())), min(1.0, max(0.0, y / square.height()))

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(40 * GRID, 40 * GRID)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(20 * GRID, 20 * GRID)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.is_held = True
            self._moves.clear()
            self._drag_to(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and self.is_held:
            self._drag_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None or not self.is_held or event.button() != Qt.MouseButton.LeftButton:
            return
        self.is_held = False
        if self._is_drawing:
            self._moves.append((self._clock(), *self._model.point))  # it may have rested there
            moves, self._moves = self._moves, []
            self.drawn.emit(moves)
        self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        key, (x, y) = event.key(), self._model.point
        if key in _ARROWS:
            across, down = _ARROWS[Qt.Key(key)]
            is_fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            step = _FINE_STEP if is_fine else _STEP
            self._model.move((round(x + step * across, 4), round(y + step * down, 4)))
        elif key in (Qt.Key.Key_M, Qt.Key.Key_5):
            self._model.move(MIDDLE)
        elif key in _CORNER_KEYS:
            self._model.move(CORNERS[_CORNER_KEYS.index(Qt.Key(key))])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and presets_in(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        if event is not None:
            x, y = self.point_of(event.position())
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.presets_dropped.emit(presets_in(event.mimeData()), round(x) + 2 * round(y))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        paint_pad(painter, self._look, self._model)
        painter.end()

    def _drag_to(self, event: QMouseEvent) -> None:
        point = self.point_of(event.position())
        if self._is_drawing:
            self._moves.append((self._clock(), *point))
        elif not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            point = snapped(point)
        self._model.move(point)

    def _show(self) -> None:
        pairs = zip(self._model.entries, self._model.shares, strict=True)
        said = [f"{entry.name} {share:.0%}".replace("%", " %") for entry, share in pairs]
        words = ", ".join(said) or self.tr("no presets on it yet")
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
        self.update()
