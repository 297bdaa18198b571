"""Values that hold from one tick to the next change, as every MIDI controller does."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from core.types import Float64Array

Value = TypeVar("Value")


class StepCurve(Generic[Value]):
    """A value over time.

    Args:
        initial: from tick 0 on.
    """

    def __init__(self, initial: Value) -> None:
        self.ticks: list[int] = [0]
        self.values: list[Value] = [initial]

    def set(self, tick: int, value: Value) -> None:
        """Change it; ticks come in order, and of several at one tick the last counts."""
        if self.ticks[-1] == tick:
            self.values[-1] = value
        else:
            self.ticks.append(tick)
            self.values.append(value)

    @property
    def last(self) -> Value:
        """The value after all changes so far."""
        return self.values[-1]

    def at(self, tick: int) -> Value:
        """The value at a tick, changes at that tick included."""
        return self.values[bisect.bisect_right(self.ticks, tick) - 1]

    def changes_between(self, tick: int, end_tick: int) -> bool:
        """Whether it is set after a tick and before another."""
        following = bisect.bisect_right(self.ticks, tick)
        return following < len(self.ticks) and self.ticks[following] < end_tick


def sample(curve: StepCurve[float], ticks: npt.NDArray[np.int64]) -> Float64Array:
    """A curve's values at many ticks, float64 [n]."""
    places = np.searchsorted(np.asarray(curve.ticks, np.int64), ticks, side="right") - 1
    return np.asarray(curve.values, np.float64)[places]


def all_ticks(curves: Sequence[StepCurve[float]]) -> npt.NDArray[np.int64]:
    """Every tick at which one of the curves is set, in order, int64 [n]."""
    ticks: npt.NDArray[np.int64] = np.unique(
        np.concatenate([np.asarray(curve.ticks, np.int64) for curve in curves])
    )
    return ticks
