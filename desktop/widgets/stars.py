"""A rating of five stars: drawn in a cell, or set with a click."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

MOST = 5
_INNER = 0.42


def star(center: QPointF, radius: float) -> QPolygonF:
    """A five-pointed star.

    Args:
        center: of it.
        radius: to its points, pixels.
    """
    points = []
    for number in range(10):
        reach = radius * (_INNER if number % 2 else 1.0)
        angle = math.pi * (number / 5 - 0.5)
        points.append(center + QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    return QPolygonF(points)


def draw_star(painter: QPainter, rect: QRectF, color: QColor, *, filled: bool) -> None:
    """Draw a star, or its outline.

    Args:
        painter: to draw with.
        rect: that it fills.
        color: of it.
        filled: or only its outline.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.2, join=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
    painter.drawPolygon(star(rect.center(), min(rect.width(), rect.height()) / 2 - 1))
    painter.restore()


def draw_rating(
    painter: QPainter, rect: QRect, rating: int, color: QColor, empty: QColor | None
) -> None:
    """Draw a rating.

    Args:
        painter: to draw with.
        rect: of all five stars.
        rating: 0–5.
        color: of its stars.
        empty: of the stars that it lacks; None leaves them out.
    """
    width = rect.width() / MOST
    for number in range(MOST):
        cell = QRectF(rect.left() + number * width, rect.top(), width, rect.height())
        cell.adjust(1, 1, -1, -1)
        if number < rating:
            draw_star(painter, cell, color, filled=True)
        elif empty is not None:
            draw_star(painter, cell, empty, filled=False)


def rating_at(rect: QRect, x: int, rating: int) -> int:
    """The rating that a click sets; on the last star that is lit, it takes the rating away.

    Args:
        rect: of all five stars.
        x: of the click.
        rating: as it is, 0–5.
    """
    wanted = min(MOST, max(1, 1 + (x - rect.left()) * MOST // max(1, rect.width())))
    return 0 if wanted == rating else wanted


class RatingBox(QWidget):
    """Five stars to click, or to set with the digits and arrow keys.

    Attributes:
        rated: the rating that the user gave, 0–5.
    """

    rated = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rating = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_rating(0)

    def set_rating(self, rating: int) -> None:
        """Show a rating, 0–5."""
        self._rating = rating
        self.setAccessibleName(self.tr("Rating"))
        self.setAccessibleDescription(self.tr("{} of 5 stars").format(rating))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        height = max(20, self.fontMetrics().height() + 4)
        return QSize(MOST * height, height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        palette, painter = self.palette(), QPainter(self)
        quiet = palette.placeholderText().color()
        draw_rating(painter, self._stars(), self._rating, palette.text().color(), quiet)
        if self.hasFocus():
            painter.setPen(QPen(palette.highlight().color(), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 3, 3)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.rated.emit(rating_at(self._stars(), int(event.position().x()), self._rating))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.text().isdigit() and int(event.text()) <= MOST:
            self.rated.emit(int(event.text()))
        elif event.key() in steps:
            self.rated.emit(min(MOST, max(0, self._rating + steps[Qt.Key(event.key())])))
        else:
            super().keyPressEvent(event)

    def _stars(self) -> QRect:
        hint = self.sizeHint()
        return QRect(0, (self.height() - hint.height()) // 2, hint.width(), hint.height())
