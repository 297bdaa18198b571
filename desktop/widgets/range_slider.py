"""A slider with two handles: from where to where."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

_RADIUS = 6
_STEP, _PAGE = 0.02, 0.1


class RangeSlider(QWidget):
    """A range in 0…1. Left and right move the handle at hand, Space takes the other one.

    Args:
        low, high: words for the ends.

    Attributes:
        changed: the range, when a drag or a key ends.
    """

    changed = pyqtSignal(float, float)

    def __init__(self, low: str, high: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = (low, high)
        self._ends = [0.0, 1.0]
        self._hand = 1
        self._is_dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(self.tr("{} to {}").format(low, high))
        self.setToolTip(
            self.tr("{} to {}: drag an end; ← → move it, Space takes the other").format(low, high)
        )
        self._describe()

    @property
    def range(self) -> tuple[float, float]:
        """Its ends, 0…1."""
        return self._ends[0], self._ends[1]

    def set_range(self, low: float, high: float) -> None:
        """Show a range, silently; not while the user drags.

        Args:
            low, high: its ends, 0…1.
        """
        if not self._is_dragged:
            self._ends = [low, high]
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(200, max(24, self.fontMetrics().height() + 8))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent, track = palette.highlight().color(), QColor(palette.placeholderText().color())
        track.setAlpha(90)
        left, right = self._x(self._ends[0]), self._x(self._ends[1])
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track)
        painter.drawRoundedRect(QRectF(_RADIUS, middle - 2, self.width() - 2 * _RADIUS, 4), 2, 2)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(left, middle - 2, max(1.0, right - left), 4), 2, 2)
        for number, x in enumerate((left, right)):
            at_hand = self.hasFocus() and number == self._hand
            ring = palette.windowText().color() if at_hand else accent
            painter.setPen(QPen(ring, 2))
            painter.setBrush(palette.base())
            painter.drawEllipse(QPointF(x, middle), _RADIUS - 1, _RADIUS - 1)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        gaps = [abs(x - self._x(end)) for end in self._ends]
        if gaps[0] == gaps[1]:  # both in one place: the one that can go there
            self._hand = int(x > self._x(self._ends[0]))
        else:
            self._hand = int(gaps[1] < gaps[0])
        self._is_dragged = True
        self._move(self._at(x))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and self._is_dragged:
            self._move(self._at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and self._is_dragged:
            self._move(self._at(event.position().x()))
            self._is_dragged = False
            self.changed.emit(*self.range)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        keys, end = Qt.Key, self._ends[self._hand]
        moves = {
            keys.Key_Left: end - _STEP, keys.Key_Right: end + _STEP,
            keys.Key_PageDown: end - _PAGE, keys.Key_PageUp: end + _PAGE,
            keys.Key_Home: 0.0, keys.Key_End: 1.0,
        }  # fmt: skip
        if event.key() == keys.Key_Space:
            self._hand = 1 - self._hand
            self._describe()
            self.update()
        elif event.key() in moves:
            self._move(moves[keys(event.key())])
            self.changed.emit(*self.range)
        else:
            super().keyPressEvent(event)

    def _move(self, to: float) -> None:
        low, high = (0.0, self._ends[1]) if self._hand == 0 else (self._ends[0], 1.0)
        self._ends[self._hand] = round(min(high, max(low, to)), 3)
        self._describe()
        self.update()

    def _describe(self) -> None:
        low, high = (round(100 * end) for end in self._ends)
        hand = self.tr("upper end") if self._hand else self.tr("lower end")
        words = self.tr("from {} to {} %; at hand: the {}").format(low, high, hand)
        self.setAccessibleDescription(words)

    def _x(self, place: float) -> float:
        return _RADIUS + place * max(1, self.width() - 2 * _RADIUS)

    def _at(self, x: float) -> float:
        return (x - _RADIUS) / max(1, self.width() - 2 * _RADIUS)
