"""Points of the map as they look: families by colour and shape, few of them large, many small."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QPolygonF

from core.types import FloatArray
from desktop.theme.colours import Colours, family_colour

MANY = 1500
"""With more in sight, points are dots."""

_SHAPES = ("disc", "square", "triangle", "diamond")
MARKER = 11
"""Pixels across a shape."""


@dataclass(frozen=True, eq=False)
class SeenPoints:
    """Points in sight.

    Attributes:
        px, py: pixels from the upper left corner, float32 [n].
        families: int8 [n].
        is_selected: bool [n].
    """

    px: FloatArray
    py: FloatArray
    families: npt.NDArray[np.int8]
    is_selected: npt.NDArray[np.bool_]


def draw_shape(painter: QPainter, middle: QPointF, family: int, colours: Colours) -> None:
    """A family's shape in its colour.

    Args:
        painter: draws, with antialiasing.
        middle: of the shape.
        family: its number.
        colours: of the theme.
    """
    painter.setPen(QPen(QColor(colours.raised), 1))
    painter.setBrush(QColor(family_colour(colours, family)))
    shape, radius = _SHAPES[family // 6 * 2 + family % 2], MARKER / 2 - 0.5
    if shape == "disc":
        painter.drawEllipse(middle, radius, radius)
    elif shape == "square":
        side = radius * 1.75
        painter.drawRect(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side))
    elif shape == "diamond":
        painter.drawPolygon(_polygon(middle, 4, radius * 1.15, 0.0))
    else:
        painter.drawPolygon(_polygon(middle + QPointF(0, 0.8), 3, radius * 1.2, -math.pi / 2))


def _polygon(middle: QPointF, corners: int, radius: float, turned: float) -> QPolygonF:
    angles = [turned + 2 * math.pi * corner / corners for corner in range(corners)]
    return QPolygonF(
        [middle + QPointF(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]
    )


def draw_points(painter: QPainter, points: SeenPoints, colours: Colours, ratio: float) -> None:
    """All points: shapes if they are few, else dots.

    Args:
        painter: of a picture as large as the view.
        points: in sight.
        colours: of the theme.
        ratio: pixels of the screen per pixel of the view.
    """
    if len(points.px) > MANY:
        device = painter.device()
        assert device is not None  # it is drawing
        size = int(device.width()), int(device.height())
        painter.drawImage(QPointF(0, 0), dots(points, colours, ratio, size))
        return
    shapes = {
        (family, selected): _marker(family, selected, colours, ratio)
        for family in range(int(points.families.max(initial=-1)) + 1)
        for selected in (False, True)
    }
    half = (MARKER + 6) / 2
    # Those that are selected lie on top.
    for number in np.argsort(points.is_selected, kind="stable"):
        marker = shapes[int(points.families[number]), bool(points.is_selected[number])]
        place = QPointF(float(points.px[number]) - half, float(points.py[number]) - half)
        painter.drawPixmap(place, marker)


def _marker(family: int, is_selected: bool, colours: Colours, ratio: float) -> QPixmap:
    size = MARKER + 6
    picture = QPixmap(math.ceil(size * ratio), math.ceil(size * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(size / 2, size / 2)
    if is_selected:
        painter.setPen(QPen(QColor(colours.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, size / 2 - 1, size / 2 - 1)
    draw_shape(painter, middle, family, colours)
    painter.end()
    return picture


def dots(points: SeenPoints, colours: Colours, ratio: float, size: tuple[int, int]) -> QImage:
    """Dots in an image: 100,000 in a few milliseconds, where a scatter plot takes 60.

    Args:
        points: in sight; those that are selected are larger and in the colour of text.
        colours: of the theme.
        ratio: pixels of the screen per pixel of the view.
        size: of the image, pixels of the screen.
    """
    width, height = size
    radius = 1.45 * ratio if len(points.px) > 20_000 else 1.8 * ratio
    edge = math.ceil(2 * radius) + 1  # dots at the rim need no test of every pixel
    row = width + 2 * edge
    pixels = np.zeros((height + 2 * edge) * row, np.uint32)
    left, top = (points.px * ratio).astype(np.int32), (points.py * ratio).astype(np.int32)
    inside = (left >= 0) & (left < width) & (top >= 0) & (top < height)
    place = (top[inside] + edge) * row + left[inside] + edge
    table = np.array([QColor(family_colour(colours, family)).rgba() for family in range(12)])
    inks = table.astype(np.uint32)[points.families[inside]]
    chosen = points.is_selected[inside]
    for offset in _disc(radius, row):
        pixels[place + offset] = inks
    if chosen.any():
        for offset in _disc(1.5 * radius, row):
            pixels[place[chosen] + offset] = QColor(colours.text).rgba()
    image = QImage(pixels.tobytes(), row, height + 2 * edge, row * 4, QImage.Format.Format_ARGB32)
    image = image.copy(edge, edge, width, height)
    image.setDevicePixelRatio(ratio)
    return image


def _disc(radius: float, row: int) -> list[int]:
    reach = range(-math.ceil(radius), math.ceil(radius) + 1)
    return [
        down * row + across
        for down in reach
        for across in reach
        if down * down + across * across <= radius * radius
    ]
