"""Names on the map that cover neither each other nor, where there is room, other points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import QRectF

from core.types import FloatArray

_SPACE = 9
"""Between a point and its name, pixels."""

_MARK = 5
"""Around the middle of a point, pixels: its shape."""

CROWD = 300
"""With more points, names lie over those that nobody reads the name of."""

_LOOKED_AT = 4
"""Candidates for each name that there is room for."""


def place_labels(
    px: FloatArray,
    py: FloatArray,
    named: npt.NDArray[np.intp],
    size_of: Callable[[int], tuple[float, float]],
    view: tuple[float, float],
    most: int,
    taken: Sequence[QRectF] = (),
) -> dict[int, QRectF]:
    """Names of the points nearest to the middle, as many as fit.

    Args:
        px, py: of the points, float32 [n].
        named: numbers of those that may have their names shown.
        size_of: width and height of a point's name, pixels.
        view: its width and height.
        most: names.
        taken: where none may be.

    Returns:
        Where names go, by the number of their point.
    """
    apart = (px[named] - view[0] / 2) ** 2 + (py[named] - view[1] / 2) ** 2
    count = min(len(named), most * _LOOKED_AT)
    if not count or not most:
        return {}
    near = np.argpartition(apart, count - 1)[:count]
    room, placed = list(taken), {}
    is_crowded = len(px) > CROWD

    def covers_points(rect: QRectF) -> bool:
        return not is_crowded and bool(
            (
                (px > rect.left() - _MARK) & (px < rect.right() + _MARK)
                & (py > rect.top() - _MARK) & (py < rect.bottom() + _MARK)
            ).any()
        )  # fmt: skip

    for number in named[near[apart[near].argsort()]]:
        width, height = size_of(int(number))
        x, y = float(px[number]), float(py[number])
        for left, top in (
            (x + _SPACE, y - height / 2),
            (x - _SPACE - width, y - height / 2),
            (x - width / 2, y - _SPACE - height),
            (x - width / 2, y + _SPACE),
        ):
            rect = QRectF(left, top, width, height)
            is_inside = left >= 0 and left + width <= view[0]
            is_free = is_inside and not any(rect.intersects(other) for other in room)
            if is_free and not covers_points(rect):
                room.append(rect)
                placed[int(number)] = rect
                break
        if len(placed) == most:
            break
    return placed
