"""How the pad is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from desktop.pages.make.blend.bilinear import CORNERS, Point
from desktop.pages.make.blend.model import BlendModel
from desktop.theme.colours import Colours
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate

_POINT = 7.0


@dataclass(frozen=True)
class PadLook:
    """What the pad looks like at a moment, beside what is on it.

    Attributes:
        square: where it is in its widget.
        colours: of its theme.
        has_focus: whether keys go to it.
        moves: (seconds, x, y) of a path that is being drawn.
    """

    square: QRectF
    colours: Colours
    has_focus: bool = False
    moves: Sequence[tuple[float, float, float]] = ()

    def place_of(self, point: Point) -> QPointF:
        """Where a point is in the widget."""
        square = self.square
        return QPointF(
            square.left() + point[0] * square.width(), square.top() + point[1] * square.height()
        )


def paint_pad(painter: QPainter, look: PadLook, model: BlendModel) -> None:
    """Draw the square, what each corner has of the blend, the path and the point.

    Args:
        painter: on the pad's widget.
        look: of the pad.
        model: what is shown.
    """
    colours, square = look.colours, look.square
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.accent if look.has_focus else colours.line), 1))
    painter.setBrush(QColor(colours.raised))
    painter.drawRoundedRect(square, 4, 4)
    if not any(model.corners):
        _write(
            painter, square, colours, translate("Blend", "Drop up to four presets\non the corners")
        )
        return
    painter.setPen(QPen(QColor(colours.line), 1, Qt.PenStyle.DotLine))
    middle = square.center()
    painter.drawLine(QPointF(middle.x(), square.top()), QPointF(middle.x(), square.bottom()))
    painter.drawLine(QPointF(square.left(), middle.y()), QPointF(square.right(), middle.y()))
    _draw_shares(painter, look, model, colours)
    _draw_path(painter, look, model, colours)
    _draw_point(painter, look.place_of(model.point), model.is_on_pad, colours)
    if not model.is_on_pad:
        top = square.top() if model.point[1] > 0.5 else square.bottom() - 6 * GRID
        apart = QRectF(square.left(), top, square.width(), 6 * GRID)
        words = translate(
            "Blend", "The list's weights lie beside the pad;\nmoving the point sets them anew"
        )
        _write(painter, apart, colours, words)


def _draw_shares(painter: QPainter, look: PadLook, model: BlendModel, colours: Colours) -> None:
    """A line from the point to each corner that has a share, as wide as that is large."""
    shares = dict(zip((entry.preset_id for entry in model.entries), model.shares, strict=True))
    at = look.place_of(model.point)
    for corner, entry in zip(CORNERS, model.corners, strict=True):
        share = shares[entry.preset_id] if entry is not None else 0.0
        place = look.place_of(corner)
        colour = QColor(colours.accent)
        if share > 0:
            colour.setAlpha(round(60 + 140 * share))
            painter.setPen(QPen(colour, 1 + 7 * share))
            painter.drawLine(at, place)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent if share > 0 else colours.line))
        size = 4.0 if entry is not None else 2.0
        painter.drawEllipse(place, size, size)


def _draw_path(painter: QPainter, look: PadLook, model: BlendModel, colours: Colours) -> None:
    drawn = [look.place_of((x, y)) for _, x, y in look.moves]
    kept = [look.place_of((point.x, point.y)) for point in model.path]
    for places, is_kept in ((kept, True), (drawn, False)):
        if len(places) < 2 or (is_kept and drawn):
            continue
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.text), 1.5))
        painter.drawPolyline(QPolygonF(places))
        if not is_kept:
            continue
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.text))
        for place in places[1:]:
            painter.drawEllipse(place, 2.5, 2.5)
        painter.setPen(QPen(QColor(colours.text), 1.5))  # where it begins
        painter.setBrush(QColor(colours.raised))
        painter.drawEllipse(places[0], 4.0, 4.0)


def _draw_point(painter: QPainter, place: QPointF, is_on_pad: bool, colours: Colours) -> None:
    painter.setPen(QPen(QColor(colours.raised if is_on_pad else colours.accent), 2))
    painter.setBrush(QColor(colours.accent if is_on_pad else colours.raised))
    painter.drawEllipse(place, _POINT, _POINT)


def _write(painter: QPainter, where: QRectF, colours: Colours, words: str) -> None:
    painter.setPen(QColor(colours.quiet_text))
    painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), words)
