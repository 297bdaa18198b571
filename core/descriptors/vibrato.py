"""How far a held note's pitch wavers to and fro, and neither beating nor tremolo taken for it.

The frequency of each strong low partial is followed over time (a band-pass around where the known
key puts it, and the change of its phase), and looked at for a component of 4–8 Hz: frequency
modulation, as in the modulation descriptors of Peeters, Giordano, Susini, Misdariis, McAdams 2011,
*The Timbre Toolbox*, JASA 130(5), II.F, there of the envelope and the fundamental.

Vibrato moves all partials by the same cents at the same time: the mean over partials keeps it, and
what each does for itself cancels. Two sines that beat, and noise, move a partial's level as much as
its phase, both in radians; so what the level does is taken off, and what the mean may be by chance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.types import Float64Array

Complex128Array = npt.NDArray[np.complex128]

BEGINS_S = 0.3
"""Vibrato may set in late, and attacks glide."""
SHORTEST_S = 0.8
"""Of a note that dies before, too few periods are heard."""

_RATES_HZ = np.arange(4.0, 8.01, 0.25)
_PARTIALS = 8
_WEAKEST_DB = -20.0
"""Partials further under the strongest are not followed."""
_DEAD_DB = -40.0
_HOP_S = 0.0025
_WINDOW_S, _WINDOW_PERIODS = 0.010, 3
"""As long as this at least: its zeros lie on the partials beside the one that is followed."""
_MOST_CENTS = 200.0
_SMOOTHED_S = 0.04
_REGULAR = 0.5
"""Of what is slower than 25 Hz in the pitch. Noise, even in a narrow band, has none such."""
_ERRORS = 1.5
"""Standard errors of the mean over partials that are taken for chance, in noise."""
_CENTS = 1200.0 / np.log(2.0)


def vibrato_cents(note: Float64Array, sample_rate: int, f0_hz: float, held_s: float) -> float:
    """The extent of a note's vibrato: its peak from the middle, cents, not from peak to peak.

    Args:
        note: float64 [frames], from its onset.
        sample_rate: Hz.
        f0_hz: of its key.
        held_s: how long the key is held.

    Returns:
        ≥ 0; 0 if the note dies before :data:`SHORTEST_S`.
    """
    followed = _partials(note[: round(held_s * sample_rate)], sample_rate, f0_hz)
    levels = np.sqrt((np.abs(followed) ** 2).sum(axis=0))
    heard = np.flatnonzero(levels > levels.max(initial=0.0) * 10 ** (_DEAD_DB / 20))
    first = round(BEGINS_S / _HOP_S)
    last = int(heard[-1]) + 1 if len(heard) else 0
    if last * _HOP_S < SHORTEST_S - 2 * _HOP_S - _window_s(f0_hz):
        return 0.0
    followed = followed[:, first:last]
    powers = (np.abs(followed) ** 2).mean(axis=1)
    numbers = np.flatnonzero(powers > powers.max() * 10 ** (_WEAKEST_DB / 10))
    followed, hz = followed[numbers], (numbers[:, None] + 1) * f0_hz
    moves = np.angle(followed[:, 1:] * followed[:, :-1].conj()) / (2 * np.pi * _HOP_S)
    cents = _CENTS * np.log(np.maximum(0.5, 1.0 + moves / hz))
    middle = np.median(cents, axis=1, keepdims=True)
    cents = np.clip(cents, middle - _MOST_CENTS, middle + _MOST_CENTS)
    floor = np.sqrt(powers[numbers, None]) * 1e-3
    frequency = _components(cents)
    level = np.abs(_components(np.log(np.maximum(np.abs(followed), floor))))
    explained = _CENTS * level * _RATES_HZ / hz  # what beating so deep does to the frequency
    together = frequency.mean(axis=0)
    apart = np.sqrt((np.abs(frequency - together) ** 2).sum(axis=0))
    error = apart / np.sqrt(len(hz) * max(1, len(hz) - 1))  # the mean's standard error
    extents = np.abs(together) - explained.mean(axis=0) - _ERRORS * error
    is_regular = _shares(cents.mean(axis=0)) >= _REGULAR
    return float(max(0.0, (extents * is_regular).max()))


def _window_s(f0_hz: float) -> float:
    return max(_WINDOW_PERIODS, round(_WINDOW_S * f0_hz)) / f0_hz


def _partials(note: Float64Array, sample_rate: int, f0_hz: float) -> Complex128Array:
    """The lowest partials around where they are in tune: [partials, steps]."""
    length = round(_window_s(f0_hz) * sample_rate)
    note = np.pad(note, (0, max(0, length + 1 - len(note))))
    starts = np.arange(0.0, len(note) - length, _HOP_S * sample_rate).round().astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(note, length)[starts]
    numbers = np.arange(1, _PARTIALS + 1)
    numbers = numbers[numbers * f0_hz < 0.45 * sample_rate]
    turns = np.outer(numbers, np.arange(length)) * (f0_hz / sample_rate)
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    found = (shape * np.exp(-2j * np.pi * turns)) @ frames.T
    followed: Complex128Array = found * np.exp(
        -2j * np.pi * np.outer(numbers, starts) * (f0_hz / sample_rate)
    )
    return followed


def _components(curves: Float64Array) -> Complex128Array:
    """What curves [n, steps] have of each rate, their peaks: [n, rates]."""
    steps = np.arange(curves.shape[1])
    rest = _without_trend(curves)
    window = np.hanning(len(steps))
    waves = np.exp(-2j * np.pi * np.outer(steps * _HOP_S, _RATES_HZ))
    found: Complex128Array = 2.0 * ((window * rest) @ waves) / window.sum()
    return found


def _shares(curve: Float64Array) -> Float64Array:
    """How much of what moves slowly in a curve [steps] each rate is, 0…1: [rates]."""
    width = round(_SMOOTHED_S / _HOP_S)
    smooth = np.convolve(curve - curve.mean(), np.full(width, 1.0 / width), mode="same")[None]
    window = np.hanning(len(curve))
    power = (window * _without_trend(smooth)[0] ** 2).sum() / window.sum()
    shares: Float64Array = 0.5 * np.abs(_components(smooth)[0]) ** 2 / (power + 1e-12)
    return shares


def _without_trend(curves: Float64Array) -> Float64Array:
    """Curves [n, steps] less what glides slowly in them."""
    trend = np.vander(np.linspace(-1.0, 1.0, curves.shape[1]), 3)
    rest: Float64Array = curves - (trend @ np.linalg.lstsq(trend, curves.T, rcond=None)[0]).T
    return rest
