"""Paths across the pad: where its point is at which fraction of a clip. No Qt here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from desktop.pages.make.blend.bilinear import Point

MOST_POINTS = 32
"""Points of a path that is kept."""

_TOLERANCE = 0.01
"""How far a simplified path may be from where the hand was, in sides of the pad."""


@dataclass(frozen=True)
class PathPoint:
    """A point of a path.

    Attributes:
        fraction: of the clip, 0…1.
        x, y: on the pad, 0…1.
    """

    fraction: float
    x: float
    y: float


def path_of(moves: Iterable[tuple[float, float, float]]) -> tuple[PathPoint, ...]:
    """A path of at most :data:`MOST_POINTS` points along what a hand did.

    Args:
        moves: (time, x, y), in order; times in any unit.

    Returns:
        From fraction 0 to 1, increasing; none if there are not two moves at different times.
    """
    timed = {time: (x, y) for time, x, y in moves}  # of several at a time, the last
    times = sorted(timed)
    if len(times) < 2:
        return ()
    first, length = times[0], times[-1] - times[0]
    points = [PathPoint((time - first) / length, *timed[time]) for time in times]
    return tuple(_simplified(points))


def point_at(path: Sequence[PathPoint], fraction: float) -> Point:
    """Where a path is: straight lines from point to point.

    Args:
        path: of one point at least.
        fraction: of the clip; beyond its ends the path stays where it begins or ends.
    """
    after = bisect_right([point.fraction for point in path], fraction)
    if after == 0 or after == len(path):
        end = path[0] if after == 0 else path[-1]
        return end.x, end.y
    one, other = path[after - 1], path[after]
    return _between(one, other, fraction)


def _between(one: PathPoint, other: PathPoint, fraction: float) -> Point:
    part = (fraction - one.fraction) / (other.fraction - one.fraction)
    return one.x + part * (other.x - one.x), one.y + part * (other.y - one.y)


def _simplified(points: Sequence[PathPoint]) -> list[PathPoint]:
    """The fewest that stay near, time counting too: each time the worst one is put back in."""
    kept = [0, len(points) - 1]
    while len(kept) < MOST_POINTS:
        worst, furthest = 0, _TOLERANCE
        for left, right in pairwise(kept):
            for number in range(left + 1, right):
                point = points[number]
                x, y = _between(points[left], points[right], point.fraction)
                distance = max(abs(point.x - x), abs(point.y - y))
                if distance > furthest:
                    worst, furthest = number, distance
        if worst == 0:
            break
        kept = sorted([*kept, worst])
    return [points[number] for number in kept]
