"""Where the points of a morph lie in a clip."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from core.coercion.type_errors import real_number
from core.errors import SettingsError

MAX_POINTS = 64
"""Points of one morph, at most."""

MIN_POSITION_STEP = 1e-6
"""Of the clip's length: the nearest that two points of a morph may lie together."""

_SHOWN = 4


def check_positions(positions: Sequence[object]) -> None:
    """Refuse what cannot be the positions of a morph's points.

    Raises:
        TypeError: if one is no number.
        SettingsError: if there are not 2–64, or they do not rise from 0 to 1.
    """
    check_point_count(len(positions))
    before = -1.0
    for number, position in enumerate(positions, 1):
        what = f"the position of point {number} of the morph"
        at = real_number(what, position, "a part of the clip's length, 0 … 1")
        if not 0.0 <= at <= 1.0:
            raise SettingsError(f"{what} is {at:g}; positions go from 0 to 1, the clip's end")
        if at - before < MIN_POSITION_STEP:
            raise SettingsError(f"{what} is {at:g}, not after {before:g}; positions have to rise")
        before = at


def check_point_count(count: int) -> None:
    """Refuse more or fewer points than a morph may have.

    Raises:
        SettingsError: if there are not 2–64.
    """
    if not 2 <= count <= MAX_POINTS:
        raise SettingsError(f"a morph has 2–{MAX_POINTS} points, not {count}")


def time_shares(positions: Sequence[float]) -> list[float]:
    """How much of a clip is nearest to each point, the way to its neighbours halved; sum 1."""
    between = [(one + other) / 2 for one, other in itertools.pairwise(positions)]
    edges = [0.0, *between, 1.0]
    return [right - left for left, right in itertools.pairwise(edges)]


def describe_points(points: Sequence[tuple[float, str]]) -> str:
    """A morph in one line, such as ``A → B`` or ``A at 0 % → B at 40 % → C at 100 %``.

    Args:
        points: positions and what is there in words; of more than four, those between the first
            and the last are counted.
    """
    if [at for at, _ in points] == [0.0, 1.0]:
        return " → ".join(words for _, words in points)
    named = [f"{words} at {100 * at:g} %" for at, words in points]
    if len(named) > _SHOWN:
        named[1:-1] = [f"{len(named) - 2} points"]
    return " → ".join(named)
