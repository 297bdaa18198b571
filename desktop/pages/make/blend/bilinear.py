"""From a point in a square to weights of its corners, and back. No Qt here.

Points are (x, y) in 0…1, y downwards; corners are numbered as one reads: top left, top right,
bottom left, bottom right. A corner may be empty; the others then share what it would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Point = tuple[float, float]

CORNERS: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
MIDDLE: Point = (0.5, 0.5)

_SNAP = 0.03
_EDGE = 1e-6
"""How far inside the square weights are taken where all that is near is empty."""

_CLOSE = 0.01
"""Weights that differ by less are the same to the ear."""


def corner_weights(point: Point, filled: Sequence[bool]) -> tuple[float, ...]:
    """Weights of the corners at a point, which add up to 1.

    Args:
        point: in the square.
        filled: [4], which corners are not empty.

    Returns:
        [4], 0 for empty corners; all 0 if every one is empty. Where only empty corners are
        near, what the weights come to as one comes from inside.
    """
    x, y = (min(1.0, max(0.0, part)) for part in point)
    weights = _bilinear(x, y, filled)
    if sum(weights) < 4 * _EDGE:
        x, y = (min(1.0 - _EDGE, max(_EDGE, part)) for part in (x, y))
        weights = _bilinear(x, y, filled)
    whole = sum(weights)
    return tuple(weight / whole for weight in weights) if whole > 0 else weights


def nearest_point(
    weights: Sequence[float], filled: Sequence[bool], near: Point = MIDDLE
) -> tuple[Point, bool]:
    """Where weights lie on the pad, or what comes nearest.

    Args:
        weights: [4], of the corners, ≥ 0; only proportions matter.
        filled: [4], which corners are not empty.
        near: where to look first: two corners alone weigh the same all along a line.

    Returns:
        The point, and whether the weights are those of it: four have no point but along a
        surface.
    """
    whole = sum(weights)
    if whole <= 0 or not any(filled):
        return near, False
    wanted = [weight / whole for weight in weights]

    def error(point: Point) -> float:
        return math.dist(corner_weights(point, filled), wanted)

    point, least = near, error(near)
    if least > _CLOSE / 4:
        # The sums along the sides are exact with four corners, the ratios along a full side with
        # three: a search alone gets caught where weights change fast, beside an empty corner.
        sides = (wanted[1] + wanted[3], wanted[2] + wanted[3])
        for start in (near, sides, _by_ratios(wanted, filled), MIDDLE, *CORNERS):
            found, found_error = _descend(error, start)
            if found_error < least - 1e-4:
                point, least = found, found_error
    return point, least < _CLOSE


def snapped(point: Point) -> Point:
    """The corner or the middle, if a point is close to one; else itself, within the square."""
    inside = (min(1.0, max(0.0, point[0])), min(1.0, max(0.0, point[1])))
    for target in (MIDDLE, *CORNERS):
        if math.dist(inside, target) <= _SNAP:
            return target
    return inside


def _bilinear(x: float, y: float, filled: Sequence[bool]) -> tuple[float, ...]:
    weights = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
    return tuple(
        weight if is_filled else 0.0 for weight, is_filled in zip(weights, filled, strict=True)
    )


def _by_ratios(weights: Sequence[float], filled: Sequence[bool]) -> Point:
    """Where weights put a point along sides whose two corners are filled; else the middle."""

    def along(*sides: tuple[int, int]) -> float:
        for first, second in sides:
            whole = weights[first] + weights[second]
            if filled[first] and filled[second] and whole > 0:
                return weights[second] / whole
        return 0.5

    return along((0, 1), (2, 3)), along((0, 2), (1, 3))


def _descend(error: Callable[[Point], float], start: Point) -> tuple[Point, float]:
    """Pattern search (Hooke and Jeeves, 1961): a step in each direction, halved when none helps."""
    point, least, step = start, error(start), 0.25
    while step > 1e-4:
        x, y = point
        around = [(x + step, y), (x - step, y), (x, y + step), (x, y - step)]
        inside = [(min(1.0, max(0.0, u)), min(1.0, max(0.0, v))) for u, v in around]
        best = min(inside, key=error)
        if error(best) < least - 1e-9:
            point, least = best, error(best)
        else:
            step /= 2
    return point, least
