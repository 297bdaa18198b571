"""Points of notes' bends, put together from messages that arrive in any order, or twice.

A point is known by its note and its time, so that a repeated message adds nothing. Points are
kept packed: hostile clients send many.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from core.clip import Bend

MAX_CLIP_POINTS = 200_000
_POINT_BYTES, _CURVE_BYTES = 16, 400  # what a point costs, and a curve beside its points, roughly


class BendPoints:
    """The bends of one clip.

    Attributes:
        count: points that have come.
    """

    def __init__(self) -> None:
        self._curves: dict[int, tuple[array[float], array[float]]] = {}  # times, semitones
        self.count = 0

    @property
    def size_bytes(self) -> int:
        """What they take, roughly."""
        return self.count * _POINT_BYTES + len(self._curves) * _CURVE_BYTES

    def contradicts(self, note: int, points: Iterable[tuple[float, float]]) -> bool:
        """Whether another point has come at one of the times.

        Args:
            note: its number in the clip.
            points: seconds from its onset, and semitones.
        """
        if note not in self._curves:
            return False
        times, semitones = self._curves[note]
        for at_s, value in points:
            place = bisect_left(times, at_s)
            if place < len(times) and times[place] == at_s and semitones[place] != value:
                return True
        return False

    def put(self, note: int, points: Iterable[tuple[float, float]]) -> None:
        """Keep points that contradict none.

        Args:
            note: its number in the clip.
            points: seconds from its onset, and semitones.
        """
        times, semitones = self._curves.setdefault(note, (array("d"), array("d")))
        for at_s, value in points:
            place = bisect_left(times, at_s)
            if place == len(times) or times[place] != at_s:
                times.insert(place, at_s)
                semitones.insert(place, value)
                self.count += 1

    def of(self, note: int) -> Bend:
        """The bend of a note, by its number in the clip."""
        return tuple(zip(*self._curves[note], strict=True)) if note in self._curves else ()

    def end(self) -> int:
        """One past the last note that has a bend."""
        return max(self._curves, default=-1) + 1
