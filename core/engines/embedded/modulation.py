"""How a note's pitch and level move faster than its knots: vibrato, tremolo, shimmer.

A handful of numbers a note, and what they do at a time since its onset. Vibrato bends all
partials together, tremolo moves their level together, shimmer moves each by itself, as the
beating of a section's or a chorus' voices does: voices that differ in pitch by a ratio beat the
faster the higher the partial.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import torch

from core.types import Float64Array, FloatArray

MAX_VIBRATO_CENTS = 80.0
MAX_TREMOLO_DB = 9.0
MAX_SHIMMER_DB = 8.0
RATE_RANGE_HZ = (2.5, 9.0)
"""Rates that count as vibrato or tremolo; slower ones are for the breakpoints."""

SHIMMER_RANGE_HZ = (0.5, 12.0)
MAX_DELAY_S = 1.5

_AUDIBLE_CENTS, _AUDIBLE_DB = 0.5, 0.1
_SHIMMER_WAVES = 3
_USUAL_PARTIAL, _MOST_GROWTH = 4.0, 6.0


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
        shimmer_hz: how fast that moves, of the fourth; see :func:`shimmer_growth`.
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
        return (
            self.vibrato_cents, self.vibrato_hz, self.vibrato_delay_s,
            self.tremolo_db, self.tremolo_hz, self.shimmer_db, self.shimmer_hz,
        )  # fmt: skip

    @property
    def has_vibrato(self) -> bool:
        """Whether the pitch moves audibly."""
        return self.vibrato_cents >= _AUDIBLE_CENTS

    @property
    def moves_level(self) -> bool:
        """Whether levels move audibly."""
        return max(self.tremolo_db, self.shimmer_db) >= _AUDIBLE_DB


def shimmer_growth(numbers: Float64Array) -> Float64Array:
    """How fast partials of these numbers shimmer, as a share of ``shimmer_hz`` [K].

    In proportion to its number: a rate is measured over the lowest eight together, of which the
    fourth is typical. Past the 24th it grows no further, as such beats are too fast to tell apart.
    """
    return np.minimum(numbers / _USUAL_PARTIAL, _MOST_GROWTH)


NAMES = tuple(field.name for field in fields(Modulation))
N_MODULATION = len(NAMES)


@dataclass(frozen=True)
class ModulationPhases:
    """Where a note's modulations begin, in turns: of vibrato, tremolo, and shimmer [3, K].

    ``rates`` [3, K] are shimmer's, relative to ``shimmer_hz``.
    """

    vibrato: float
    tremolo: float
    shimmer: Float64Array
    rates: Float64Array

    @classmethod
    def draw(cls, rng: np.random.Generator, numbers: Float64Array) -> ModulationPhases:
        """Random phases.

        Args:
            rng: the source.
            numbers: float64 [K], of the partials, multiples of the fundamental.
        """
        vibrato, tremolo = rng.random(2)
        shape = (_SHIMMER_WAVES, len(numbers))
        begins, rates = rng.random(shape), rng.uniform(0.4, 1.6, shape)
        return cls(vibrato, tremolo, begins, rates * shimmer_growth(numbers))

    def beside(self, others: ModulationPhases) -> ModulationPhases:
        """The same for more partials of the note, those of ``others``."""
        shimmer = np.concatenate([self.shimmer, others.shimmer], axis=1)
        return replace(
            self, shimmer=shimmer, rates=np.concatenate([self.rates, others.rates], axis=1)
        )

    def of(self, partials: npt.NDArray[np.int64]) -> ModulationPhases:
        """The same for some of the partials only."""
        return replace(self, shimmer=self.shimmer[:, partials], rates=self.rates[:, partials])


COARSE_BLOCKS = 8
"""Modulation is worked out once in this many blocks and moves linearly in between."""


def lag_s(modulation: Modulation, phases: ModulationPhases, at_s: Float64Array) -> Float64Array:
    """How far behind a note's own time its vibrato lets it lag.

    Args:
        modulation: of the note.
        phases: where it begins.
        at_s: [n], seconds since the onset.

    Returns:
        Seconds ≥ 0, [n].
    """
    cents, hz, delay_s = modulation.vibrato_cents, modulation.vibrato_hz, modulation.vibrato_delay_s
    return lags_s(np.float64(cents), np.float64(hz), np.float64(delay_s), phases.vibrato, at_s)


def lags_s(
    cents: Float64Array | np.float64,
    hz: Float64Array | np.float64,
    delay_s: Float64Array | np.float64,
    phase: Float64Array | float,
    at_s: Float64Array,
) -> Float64Array:
    """The same of many notes: anything whose shapes broadcast.

    A lag, never a lead: what sounds now depends on nothing that has not happened yet.

    Args:
        cents: peak deviation of pitch.
        hz: rate of the vibrato.
        delay_s: when it has grown to half.
        phase: turns.
        at_s: seconds since the onset.
    """
    # A sine of the pitch is the slope of a cosine of the lag: 1 − d lag/dt is the pitch's ratio.
    largest_s = (2.0 ** (cents / 1200.0) - 1.0) / (2 * np.pi * hz)
    wave = 1.0 - np.cos(2 * np.pi * (hz * at_s + phase))
    grown = np.clip(at_s / np.maximum(2.0 * delay_s, 0.05), 0.0, 1.0)
    lag: Float64Array = largest_s * wave * grown
    return lag


MAX_LAG_S = 2.0 * (2.0 ** (MAX_VIBRATO_CENTS / 1200.0) - 1.0) / (2 * np.pi * RATE_RANGE_HZ[0])
"""The most any vibrato lags, seconds."""


def gains(
    modulation: Modulation, phases: ModulationPhases, at_s: Float64Array
) -> FloatArray | None:
    """Factor of tremolo and shimmer on each partial's amplitude.

    Args:
        modulation: of the note.
        phases: where it begins, of K partials.
        at_s: [n], seconds since the onset.

    Returns:
        [n, K]; None for none.
    """
    if not modulation.moves_level:
        return None
    return gains_of(
        np.array(modulation.astuple())[None],
        np.array([phases.tremolo]), phases.shimmer[None], phases.rates[None], at_s,
    )  # fmt: skip


def gains_of(
    modulation: Float64Array,
    tremolo: Float64Array,
    shimmer: Float64Array,
    rates: Float64Array,
    at_s: Float64Array,
) -> FloatArray:
    """The same of many notes at a time of each, or of one at many times.

    Args:
        modulation: [n or 1, 7], the fields of :class:`Modulation`.
        tremolo: [n or 1], of :class:`ModulationPhases`.
        shimmer: [n or 1, 3, K], of the same.
        rates: [n or 1, 3, K], of the same.
        at_s: [n].

    Returns:
        [n, K].
    """
    tremolo_db, tremolo_hz, shimmer_db, shimmer_hz = modulation[:, 3:].T
    wave = np.sin(2 * np.pi * (tremolo_hz * at_s + tremolo))
    level_db = (np.where(tremolo_db >= _AUDIBLE_DB, tremolo_db, 0.0) * wave)[:, None]
    if (shimmer_db >= _AUDIBLE_DB).any():
        # Three waves of a variance of ½ each, scaled to the standard deviation that is asked for.
        own_db = np.where(shimmer_db >= _AUDIBLE_DB, shimmer_db, 0.0)
        begins, hz, since = (
            torch.from_numpy(a)
            for a in (shimmer, shimmer_hz[:, None, None] * rates, at_s[:, None, None])
        )
        # Single precision will do for an angle within one turn, and is much faster.
        turns = torch.addcmul(begins, since, hz).frac_().float()  # [n, 3, K]
        waves = turns.mul_(2 * np.pi).cos_().sum(dim=1).numpy()
        level_db = (2.0 / _SHIMMER_WAVES) ** 0.5 * own_db[:, None] * waves + level_db
    else:
        level_db = np.repeat(level_db, shimmer.shape[2], axis=1)
    exponent = torch.from_numpy(level_db.astype(np.float32)).mul_(np.log(10.0) / 20.0)
    factor: FloatArray = exponent.exp_().numpy()
    return factor
