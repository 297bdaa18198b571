"""Draws the map: a picture of all points that is kept, and over it what changes often."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap, QPolygonF

from core.library.timbre_map.points import MapPoints
from core.types import FloatArray
from desktop.pages.browse.map.labels import CROWD, place_labels
from desktop.pages.browse.map.markers import MANY, MARKER, SeenPoints, draw_points, draw_shape
from desktop.pages.browse.map.viewport import MapViewport
from desktop.theme.colours import Colours
from desktop.theme.style_sheet import GRID

_LABELS_FEW, _LABELS_MANY = 40, 12
"""Names that are shown at most, of few points and of many."""

_LONGEST_NAME = 20 * GRID
_BESIDE = 17


@dataclass(frozen=True)
class MapLook:
    """What a drawing depends on besides points and viewport.

    Attributes:
        colours: of the theme.
        font: of names.
        ratio: pixels of the screen per pixel of the view.
    """

    colours: Colours
    font: QFont
    ratio: float


def draw_map(
    points: MapPoints,
    is_selected: npt.NDArray[np.bool_],
    viewport: MapViewport,
    look: MapLook,
    kept_free: Sequence[QRectF],
    unnamed: Collection[int | None] = (),
) -> QPixmap:
    """All points in sight, and names of some.

    Args:
        points: of the map.
        is_selected: bool [n].
        viewport: what is seen.
        look: how.
        kept_free: where no name may be.
        unnamed: points whose names are drawn elsewhere.
    """
    picture = QPixmap(
        max(1, round(viewport.width * look.ratio)), max(1, round(viewport.height * look.ratio))
    )
    picture.setDevicePixelRatio(look.ratio)
    picture.fill(QColor(look.colours.raised))
    px, py = viewport.to_pixels(points.x, points.y)
    with np.errstate(invalid="ignore"):
        seen = np.flatnonzero(
            (px > -MARKER) & (px < viewport.width + MARKER)
            & (py > -MARKER) & (py < viewport.height + MARKER)
        )  # fmt: skip
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shown = SeenPoints(px[seen], py[seen], points.families[seen], is_selected[seen])
    draw_points(painter, shown, look.colours, look.ratio)
    painter.setFont(look.font)
    metrics = QFontMetricsF(look.font)

    def size_of(number: int) -> tuple[float, float]:
        name = points.names[int(seen[number])]
        return min(metrics.horizontalAdvance(name), _LONGEST_NAME), metrics.height()

    named = np.flatnonzero(~np.isin(seen, [each for each in unnamed if each is not None]))
    most = _LABELS_FEW if len(seen) <= CROWD else _LABELS_MANY if len(seen) <= MANY else 0
    size = (float(viewport.width), float(viewport.height))
    placed = place_labels(shown.px, shown.py, named, size_of, size, most, kept_free)
    for number, rect in placed.items():
        draw_name(painter, points.names[int(seen[number])], rect, look.colours)
    painter.end()
    return picture


def draw_name(
    painter: QPainter, name: str, rect: QRectF, colours: Colours, *, is_strong: bool = False
) -> None:
    """A name on a ground that lets it be read over points.

    Args:
        painter: draws.
        name: to be drawn, shortened if it is too long.
        rect: where.
        colours: of the theme.
        is_strong: of the preset at hand, or under the pointer.
    """
    ground = QColor(colours.raised)
    ground.setAlpha(240 if is_strong else 190)
    painter.setPen(QPen(QColor(colours.line)) if is_strong else Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect.adjusted(-3, -1, 3, 1), 3, 3)
    painter.setPen(QColor(colours.text if is_strong else colours.quiet_text))
    metrics = painter.fontMetrics()
    short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(rect.width()) + 1)
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, short)


def name_rect(
    name: str, middle: QPointF, px: FloatArray, py: FloatArray, font: QFont, width: int
) -> QRectF:
    """Where the name of a marked preset goes: beside it, where it covers fewer points.

    Args:
        name: of the preset.
        middle: where it stands.
        px, py: of all points, float32 [n].
        font: of names.
        width: of the view, pixels.
    """
    metrics = QFontMetricsF(font)
    size = min(metrics.horizontalAdvance(name), 2.0 * _LONGEST_NAME), metrics.height()
    top = middle.y() - size[1] / 2
    sides = [
        QRectF(left, top, *size) for left in (middle.x() + _BESIDE, middle.x() - _BESIDE - size[0])
    ]

    def covered(rect: QRectF) -> tuple[bool, int]:
        is_outside = rect.left() < 4 or rect.right() + 4 > width
        beside, above = np.abs(px - rect.center().x()), np.abs(py - rect.center().y())
        points = (beside < rect.width() / 2 + MARKER) & (above < rect.height() / 2 + MARKER / 2)
        return is_outside, int(points.sum())

    return min(sides, key=covered)


def draw_marked(
    painter: QPainter,
    name: str,
    family: int,
    middle: QPointF,
    rect: QRectF,
    colours: Colours,
    *,
    is_current: bool,
) -> None:
    """The preset at hand, or under the pointer, with its name.

    Args:
        painter: draws over the picture, with antialiasing.
        name: of the preset.
        family: of the preset.
        middle: where it stands.
        rect: where its name goes.
        colours: of the theme.
        is_current: whether it is the one at hand.
    """
    if is_current:
        for ink, width in ((colours.raised, 5.0), (colours.accent, 2.5)):
            painter.setPen(QPen(QColor(ink), width))
            painter.setBrush(QColor(colours.raised))
            painter.drawEllipse(middle, MARKER, MARKER)
    draw_shape(painter, middle, family, colours)
    draw_name(painter, name, rect, colours, is_strong=True)


def draw_lasso(painter: QPainter, lasso: QPolygonF, colours: Colours) -> None:
    """The line that is being drawn around presets.

    Args:
        painter: draws over the picture.
        lasso: its corners so far.
        colours: of the theme.
    """
    fill = QColor(colours.accent)
    fill.setAlpha(40)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(colours.accent), 1.5, Qt.PenStyle.DashLine))
    painter.drawPolygon(lasso)
