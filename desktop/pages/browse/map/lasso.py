"""Which points a line drawn by hand goes around."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage, QPainter, QPolygonF

from core.types import FloatArray


def points_inside(lasso: QPolygonF, px: FloatArray, py: FloatArray) -> npt.NDArray[np.intp]:
    """Numbers of the points inside a polygon, sorted.

    The polygon is filled in a small picture, and each point looks up its pixel: the time does
    not grow with the corners of the line.

    Args:
        lasso: closed by itself.
        px, py: of the points, in its pixels, float32 [n].
    """
    box = lasso.boundingRect().toAlignedRect().adjusted(-1, -1, 1, 1)
    mask = QImage(box.size(), QImage.Format.Format_Grayscale8)
    mask.fill(Qt.GlobalColor.black)
    painter = QPainter(mask)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawPolygon(lasso.translated(-box.left(), -box.top()), Qt.FillRule.OddEvenFill)
    painter.end()
    bits = mask.constBits()
    assert bits is not None  # it was just drawn
    row = mask.bytesPerLine()
    filled = np.frombuffer(bits.asstring(mask.sizeInBytes()), np.uint8).reshape(-1, row)
    with np.errstate(invalid="ignore"):
        left, top = np.floor(px) - box.left(), np.floor(py) - box.top()
        near = np.flatnonzero(
            (left >= 0) & (left < box.width()) & (top >= 0) & (top < box.height())
        )
    return near[filled[top[near].astype(int), left[near].astype(int)] > 0]
