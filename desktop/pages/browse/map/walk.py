"""Where an arrow key goes from a preset on the map.

To the right lie all points that are farther right than they are higher or lower; of these, the
one whose step to the right is shortest is next. It is at most √2 times as far as the nearest. Of
points that share a place, Right and Left go through them in turn, and a step from outside lands on
the first.

With this rule every point can be reached from every other. It is the directed Θ₄-graph, with its
cones turned by 45°, and greedy steps to a goal reach it there: P. Bose, J.-L. De Carufel, D. Hill
and M. Smid, "On the Spanning and Routing Ratio of Theta-Four" (2019). The rule "the nearest in
that direction" has no such proof: a point whose neighbours all have somebody nearer is an island.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.types import FloatArray

WalkDirection = Literal["left", "right", "up", "down"]
DIRECTIONS: tuple[WalkDirection, ...] = ("left", "right", "up", "down")


def step_from(x: FloatArray, y: FloatArray, at: int, direction: WalkDirection) -> int | None:
    """The point that follows in a direction; None if there is none.

    Args:
        x, y: places, float32 [n], y upwards; NaN is nowhere.
        at: where the step begins.
        direction: of the step.
    """
    right, up = x - x[at], y - y[at]
    here = np.flatnonzero((right == 0) & (up == 0))
    if direction == "right" and here[-1:] > at:
        return int(here[here > at][0])
    if direction == "left" and here[:1] < at:
        return int(here[here < at][-1])
    along, across = {
        "right": (right, up),
        "up": (up, -right),
        "left": (-right, -up),
        "down": (-up, right),
    }[direction]
    # A point on the border of two directions belongs to one of them: else an island may be left.
    ahead = np.flatnonzero((along > 0) & (across <= along) & (across > -along))
    if not len(ahead):
        return None
    nearest = ahead[along[ahead] == along[ahead].min()]
    return int(nearest[np.abs(across[nearest]).argmin()])


def nearest_to(x: FloatArray, y: FloatArray, place: tuple[float, float]) -> int | None:
    """The point nearest to a place; None if there are no points.

    Args:
        x, y: places, float32 [n]; NaN is nowhere.
        place: x and y of it.
    """
    apart = (x - place[0]) ** 2 + (y - place[1]) ** 2
    return None if not np.isfinite(apart).any() else int(np.nanargmin(apart))
