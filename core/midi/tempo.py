"""Ticks to seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import Float64Array

DEFAULT_TEMPO_US = 500_000
"""Microseconds per quarter note until a file says otherwise: 120 beats per minute."""


@dataclass(frozen=True)
class TempoMap:
    """Ticks to seconds: straight lines from each tempo change to the next.

    Attributes:
        ticks, at_s: where and when each tempo begins.
        s_per_tick: how fast it goes.
        ignored: tempo events that say nothing usable.
    """

    ticks: npt.NDArray[np.int64]
    at_s: Float64Array
    s_per_tick: Float64Array
    ignored: int

    @classmethod
    def of(
        cls,
        tempos: Iterable[tuple[int, int]],
        division: int,
        smpte_ticks_per_s: float | None = None,
    ) -> TempoMap:
        """From tempo events (tick, microseconds per quarter note) and the header's resolution.

        Of several events at one tick the last given counts; a tempo of zero is ignored.
        """
        listed = list(tempos)
        usable = [tempo for tempo in listed if tempo[1] > 0]
        ignored = len(listed) - len(usable)
        scale = 1e-6 / division
        if smpte_ticks_per_s is not None:  # film frames take no notice of tempo
            usable, scale = [(0, 1)], 1.0 / smpte_ticks_per_s
        changes = dict(sorted([(0, DEFAULT_TEMPO_US), *usable], key=lambda tempo: tempo[0]))
        ticks = np.array(list(changes), np.int64)
        s_per_tick = np.array(list(changes.values()), np.float64) * scale
        at_s = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * s_per_tick[:-1])])
        return cls(ticks, at_s, s_per_tick, ignored)

    def seconds(self, ticks: npt.ArrayLike) -> Float64Array:
        """Times of ticks, float64 [n]."""
        wanted_ticks = np.asarray(ticks, np.int64)
        segment = np.searchsorted(self.ticks, wanted_ticks, side="right") - 1
        times_s: Float64Array = (
            self.at_s[segment] + (wanted_ticks - self.ticks[segment]) * self.s_per_tick[segment]
        )
        return times_s
