"""Names on the map that do not cover each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PyQt6.QtCore import QRectF

from core.types import FloatArray

_SPACE = 8
"""Between a point and its name, pixels."""

_LOOKED_AT = 4
"""Candidates for each name that there is room for."""


def place_labels(
    px: FloatArray,
    py: FloatArray,
    size_of: Callable[[int], tuple[float, float]],
    view: tuple[float, float],
    most: int,
    taken: Sequence[QRectF] = (),
) -> dict[int, QRectF]:
    """Names of the points nearest to the middle, as many as fit.

    Args:
        px, py: of the points, float32 [n].
        size_of: width and height of a point's name, pixels.
        view: its width and height.
        most: names.
        taken: where none may be.

    Returns:
        Where names go, by the number of their point.
    """
    apart = (px - view[0] / 2) ** 2 + (py - view[1] / 2) ** 2
    count = min(len(px), most * _LOOKED_AT)
    if not count or not most:
        return {}
    near = np.argpartition(apart, count - 1)[:count]
    room, placed = list(taken), {}
    for number in near[apart[near].argsort()]:
        width, height = size_of(int(number))
        x, y = float(px[number]), float(py[number])
        for left in (x + _SPACE, x - _SPACE - width):
            rect = QRectF(left, y - height / 2, width, height)
            is_free = not any(rect.intersects(other) for other in room)
            if is_free and left >= 0 and left + width <= view[0]:
                room.append(rect)
                placed[int(number)] = rect
                break
        if len(placed) == most:
            break
    return placed
