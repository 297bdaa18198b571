"""From a wheel's many steps to few straight lines.

A wheel that moves is sent as steps some milliseconds apart, and means a glide; one that is
set anew after a while means a jump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.clip import Bend

TOLERANCE_SEMITONES = 0.004
"""How far a line may be from the steps it stands for; a hundredth is hardly heard."""

GLIDE_GAP_S = 0.01
"""Steps at most so far apart are always one movement."""
LONGEST_GLIDE_GAP_S = 0.05
"""Steps further apart never are; between the two it depends on how far they go."""
_GLIDE_SEMITONES = 1.0
_GLIDE_GROWTH = 3.0
"""A step that much larger than the one before it is a jump."""
JUMP_S = 0.001
"""Time that a jump takes, as a line."""

Points = list[tuple[float, float]]
"""Time in seconds and semitones, at increasing times."""


def lines_from_steps(times_s: Sequence[float], semitones: Sequence[float]) -> Points:
    """Points to join by straight lines.

    Args:
        times_s: of the steps, strictly increasing.
        semitones: from each time to the next.

    Returns:
        Points that are within :data:`TOLERANCE_SEMITONES` of the movement meant.
    """
    return thinned(_joined(times_s, semitones), TOLERANCE_SEMITONES)


def _joined(times_s: Sequence[float], semitones: Sequence[float]) -> Iterable[tuple[float, float]]:
    """The steps' points, with one more before each jump."""
    before_s, before, before_step = times_s[0], semitones[0], 0.0
    yield before_s, before
    for at_s, value in zip(times_s[1:], semitones[1:], strict=True):
        gap_s, step = at_s - before_s, abs(value - before)
        if gap_s <= 0:  # steps too close for the numbers of seconds after days of ticks
            continue
        glides = gap_s <= GLIDE_GAP_S or (
            gap_s <= LONGEST_GLIDE_GAP_S
            and step <= max(_GLIDE_SEMITONES, _GLIDE_GROWTH * before_step)
        )
        if not glides and gap_s > JUMP_S:
            yield at_s - JUMP_S, before
        yield at_s, value
        before_s, before, before_step = at_s, value, step


def thinned(points: Iterable[tuple[float, float]], tolerance: float) -> Points:
    """Leave out points that lines between the others pass within a tolerance of.

    One pass: from the last point kept, the range of slopes that pass all points since is
    narrowed until the next one is out of it (a "swinging door").

    Args:
        points: at increasing times.
        tolerance: semitones.
    """
    kept: Points = []
    last: tuple[float, float] | None = None
    low, high = float("-inf"), float("inf")
    for point in points:
        if last is None:
            kept.append(point)
        else:
            slope = (point[1] - kept[-1][1]) / (point[0] - kept[-1][0])
            if not low <= slope <= high:
                kept.append(last)
                low, high = float("-inf"), float("inf")
            run_s = point[0] - kept[-1][0]
            low = max(low, (point[1] - tolerance - kept[-1][1]) / run_s)
            high = min(high, (point[1] + tolerance - kept[-1][1]) / run_s)
        last = point
    if last is not None and last != kept[-1]:
        kept.append(last)
    return kept


def value_at(bend: Sequence[tuple[float, float]], at_s: float, place: int) -> float:
    """A curve's value between two of its points.

    Args:
        bend: points at increasing times.
        at_s: when.
        place: the first point after that time; before the first and after the last point,
            that point holds.
    """
    if place == 0:
        return bend[0][1] if bend else 0.0
    if place == len(bend):
        return bend[-1][1]
    (left_s, left), (right_s, right) = bend[place - 1], bend[place]
    return left + (right - left) * (at_s - left_s) / (right_s - left_s)


def tidy(points: Iterable[tuple[float, float]]) -> Bend:
    """A note's bend: rounded, none if nothing is bent, no more points than it takes."""
    rounded: Points = []
    for at_s, semitones in points:
        point = (round(at_s, 6), round(semitones, 4) + 0.0)
        if rounded and point[0] <= rounded[-1][0]:
            rounded[-1] = (rounded[-1][0], point[1])
        else:
            rounded.append(point)
    while len(rounded) > 1 and rounded[-1][1] == rounded[-2][1]:
        rounded.pop()
    if all(abs(semitones) <= TOLERANCE_SEMITONES for _, semitones in rounded):
        return ()
    return tuple(rounded)
