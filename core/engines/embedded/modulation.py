"""How a note's pitch and level move faster than its knots: vibrato, tremolo, shimmer.

A handful of numbers a note, and what they do at a time since its onset. Vibrato bends all
partials together, tremolo moves their level together, shimmer moves each by itself, as the
beating of a section's or a chorus' voices does.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace

import numpy as np
import numpy.typing as npt

MAX_VIBRATO_CENTS = 80.0
MAX_TREMOLO_DB = 9.0
MAX_SHIMMER_DB = 8.0
RATE_RANGE_HZ = (2.5, 9.0)
"""Rates that count as vibrato or tremolo; slower ones are for the knots."""

SHIMMER_RANGE_HZ = (0.5, 12.0)
MAX_DELAY_S = 1.5

_AUDIBLE_CENTS, _AUDIBLE_DB = 0.5, 0.1
_SHIMMER_WAVES = 3

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Modulation:
    """One note's modulation.

    Attributes:
        vibrato_cents: peak deviation of pitch, 0 … 80.
        vibrato_hz: its rate.
        vibrato_delay_s: when it has grown to half.
        tremolo_db: peak deviation of level, 0 … 9.
        tremolo_hz: its rate.
        shimmer_db: standard deviation of each partial's own level, 0 … 8.
        shimmer_hz: how fast that moves.
    """

    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.0
    vibrato_delay_s: float = 0.0
    tremolo_db: float = 0.0
    tremolo_hz: float = 5.0
    shimmer_db: float = 0.0
    shimmer_hz: float = 3.0

    def astuple(self) -> tuple[float, ...]:
        """The seven numbers, in the order of the fields."""
        return astuple(self)

    @property
    def has_vibrato(self) -> bool:
        """Whether the pitch moves audibly."""
        return self.vibrato_cents >= _AUDIBLE_CENTS


NAMES = tuple(field.name for field in fields(Modulation))
N_MODULATION = len(NAMES)


@dataclass(frozen=True)
class ModulationPhases:
    """Where a note's modulations begin, in turns: of vibrato, tremolo, and shimmer [3, K].

    ``rates`` [3, K] are shimmer's, relative to ``shimmer_hz``.
    """

    vibrato: float
    tremolo: float
    shimmer: Array
    rates: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, n_partials: int) -> ModulationPhases:
        """Random ones."""
        vibrato, tremolo = rng.random(2)
        shape = (_SHIMMER_WAVES, n_partials)
        return cls(vibrato, tremolo, rng.random(shape), rng.uniform(0.4, 1.6, shape))

    def of(self, partials: npt.NDArray[np.int64]) -> ModulationPhases:
        """The same for some of the partials only."""
        return replace(self, shimmer=self.shimmer[:, partials], rates=self.rates[:, partials])


COARSE_BLOCKS = 8
"""Modulation is worked out once in this many blocks and moves linearly in between."""


def lag_s(modulation: Modulation, phases: ModulationPhases, at_s: Array) -> Array:
    """How far behind a note's own time its vibrato lets it lag, seconds ≥ 0 [n].

    A lag, never a lead: what sounds now depends on nothing that has not happened yet.
    """
    deviation = 2.0 ** (modulation.vibrato_cents / 1200.0) - 1.0
    largest_s = deviation / (2 * np.pi * modulation.vibrato_hz)
    wave = 1.0 - np.cos(2 * np.pi * (modulation.vibrato_hz * at_s + phases.vibrato))
    grown = np.clip(at_s / max(2.0 * modulation.vibrato_delay_s, 0.05), 0.0, 1.0)
    lag: Array = largest_s * wave * grown
    return lag


def gains(modulation: Modulation, phases: ModulationPhases, at_s: Array) -> Array | None:
    """Factor of tremolo and shimmer on each partial's amplitude [n, K]; None for none."""
    found_db: Array | None = None
    if modulation.shimmer_db >= _AUDIBLE_DB:
        turns = at_s[:, None, None] * (modulation.shimmer_hz * phases.rates) + phases.shimmer
        waves = np.cos(2 * np.pi * turns).sum(axis=1)
        found_db = modulation.shimmer_db * (2.0 / _SHIMMER_WAVES) ** 0.5 * waves
    if modulation.tremolo_db >= _AUDIBLE_DB:
        wave = np.sin(2 * np.pi * (modulation.tremolo_hz * at_s + phases.tremolo))
        together_db = modulation.tremolo_db * wave[:, None]
        found_db = together_db if found_db is None else found_db + together_db
    if found_db is None:
        return None
    factor: Array = np.broadcast_to(10.0 ** (found_db / 20.0), (len(at_s), phases.shimmer.shape[1]))
    return factor
