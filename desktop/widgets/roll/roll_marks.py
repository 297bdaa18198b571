"""What a listener heard of a clip, marked on its piano roll: ○ not heard, ✕ heard beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPalette, QPen

from core.clip import Note
from desktop.theme.colours import colours_of

MISSED_SIGN, ADDED_SIGN = "○", "✕"
_LEAST_PX, _MOST_PX = 7.0, 13.0
_MOST_MARKS = 4000
"""In sight at once; more cannot be told apart, and the counts are beside the roll."""


@dataclass(frozen=True)
class RollMarks:
    """Notes to mark.

    Attributes:
        missed: of the clip, not heard.
        added: heard, and not of the clip.
    """

    missed: tuple[Note, ...] = ()
    added: tuple[Note, ...] = ()


def paint_marks(
    painter: QPainter,
    marks: RollMarks,
    place: Callable[[Note], QPointF],
    area: QRectF,
    key_px: float,
    palette: QPalette,
) -> None:
    """Paint marks where notes begin.

    Args:
        painter: paints within the area.
        marks: to paint.
        place: where a note begins, in the middle of its key.
        area: where notes are.
        key_px: height of a key.
        palette: whose theme.
    """
    size = min(max(key_px, _LEAST_PX), _MOST_PX)
    colours = colours_of(palette)
    ground = QPen(palette.color(QPalette.ColorRole.Base), 4.5)  # seen on notes, too
    for notes, colour, draw in (
        (marks.missed, colours.warning, _circle),
        (marks.added, colours.bad, _cross),
    ):
        seen = _seen(notes, place, area, size)
        for pen in (ground, QPen(QColor(colour), 2.0)):
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for point in seen:
                draw(painter, point, size)


def _seen(
    notes: Sequence[Note], place: Callable[[Note], QPointF], area: QRectF, size: float
) -> list[QPointF]:
    within = area.adjusted(-size, -size, size, size)
    points = [point for note in notes if within.contains(point := place(note))]
    return points[:: -(-len(points) // _MOST_MARKS)] if points else []


def _circle(painter: QPainter, middle: QPointF, size: float) -> None:
    painter.drawEllipse(middle, size / 2, size / 2)


def _cross(painter: QPainter, middle: QPointF, size: float) -> None:
    arm = size / 2 - 1
    painter.drawLine(middle + QPointF(-arm, -arm), middle + QPointF(arm, arm))
    painter.drawLine(middle + QPointF(-arm, arm), middle + QPointF(arm, -arm))
