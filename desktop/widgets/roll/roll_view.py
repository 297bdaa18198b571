"""Which stretch of time and which keys a piano roll shows. Numbers only, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MIN_SECONDS, MIN_KEYS, ALL_KEYS = 0.05, 6.0, 128.0
_LEAST_KEYS_SHOWN = 24.0
_MARGIN_KEYS = 2.0
_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class RollView:
    """What is seen.

    Attributes:
        start_s: time at the left edge, seconds, ≥ 0.
        seconds: from left to right, > 0.
        low: key at the lower edge; whole numbers are lower edges of keys.
        keys: from bottom to top, > 0.
        length_s: of all there is to see.
    """

    start_s: float = 0.0
    seconds: float = 4.0
    low: float = 48.0
    keys: float = _LEAST_KEYS_SHOWN
    length_s: float = 4.0

    @classmethod
    def around(cls, length_s: float, lowest: float, highest: float) -> RollView:
        """Everything.

        Args:
            length_s: of the clip.
            lowest, highest: pitches in it, bends included.
        """
        low, high = math.floor(min(lowest, 127)), math.ceil(max(highest, 0)) + 1
        keys = min(max(high - low + 2 * _MARGIN_KEYS, _LEAST_KEYS_SHOWN), ALL_KEYS)
        length_s = max(length_s, MIN_SECONDS)
        return cls(0.0, length_s, (low + high - keys) / 2, keys, length_s)._within()

    def zoomed(self, factor: float, at_s: float) -> RollView:
        """Another stretch of time.

        Args:
            factor: of the seconds seen; below 1 shows more detail.
            at_s: the time that stays where it is.
        """
        seconds = min(max(self.seconds * factor, MIN_SECONDS), self.length_s)
        part = (at_s - self.start_s) / self.seconds
        return replace(self, seconds=seconds, start_s=at_s - part * seconds)._within()

    def zoomed_keys(self, factor: float, at_key: float) -> RollView:
        """More or fewer keys.

        Args:
            factor: of the keys seen.
            at_key: the key that stays where it is.
        """
        keys = min(max(self.keys * factor, MIN_KEYS), ALL_KEYS)
        part = (at_key - self.low) / self.keys
        return replace(self, keys=keys, low=at_key - part * keys)._within()

    def moved(self, seconds: float, keys: float) -> RollView:
        """The same zoom elsewhere.

        Args:
            seconds: later.
            keys: higher.
        """
        return replace(self, start_s=self.start_s + seconds, low=self.low + keys)._within()

    def showing(self, at_s: float) -> RollView:
        """With a time in sight; itself if it is."""
        if self.start_s <= at_s <= self.start_s + self.seconds:
            return self
        return replace(self, start_s=at_s - 0.1 * self.seconds)._within()

    def ruler_step_s(self, width: float, least_px: float = 64.0) -> float:
        """Seconds between two marks of the ruler.

        Args:
            width: of the view, pixels.
            least_px: between two marks.
        """
        least_s = self.seconds * least_px / max(width, 1.0)
        return next((step for step in _STEPS_S if step >= least_s), _STEPS_S[-1] * 2)

    def _within(self) -> RollView:
        start_s = min(max(self.start_s, 0.0), max(self.length_s - self.seconds, 0.0))
        low = min(max(self.low, 0.0), ALL_KEYS - self.keys)
        return replace(self, start_s=start_s, low=low)


def time_words(seconds: float, step_s: float = 1.0) -> str:
    """A time as the ruler says it: ``0:04`` or ``0:04.25``.

    Args:
        seconds: ≥ 0.
        step_s: between two marks; below 1, decimals are needed.
    """
    decimals = 0 if step_s >= 1 else 1 if step_s >= 0.1 else 2
    whole = round(seconds * 10**decimals) / 10**decimals
    minutes, rest = divmod(whole, 60)
    width = 2 if decimals == 0 else 3 + decimals
    return f"{minutes:.0f}:{rest:0{width}.{decimals}f}"
