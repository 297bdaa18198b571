"""The control signals of one note, and the time grid they live on.

A note is K partials with slowly moving amplitudes, plus noise in N bands. Its controls are given
at breakpoints (*knots* in names): close together after the onset and after the release, where
sounds change fast, and up to 90 ms apart in between. Between breakpoints amplitudes move linearly.
The decoder predicts controls at them, training analyses recorded notes at the same ones, and the
synthesizer turns controls into sound.

Sizes, in this whole package: M notes, J breakpoints of one or of many notes, K = 128 partials, or
144 with the half partials after them, N = 32 noise bands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.engines.embedded.modulation import Modulation
from core.types import Float64Array, FloatArray

SAMPLE_RATE = 44_100
"""The engine's rate, Hz."""

PITCH_RANGE = (24, 98)
"""MIDI keys the decoder was trained on. Others play, with an extrapolated timbre."""

N_PARTIALS = 128
"""Partials a note may have; those above :data:`MAX_PARTIAL_HZ` stay silent."""

N_SUBHARMONICS = 16
"""Partials a note may have at odd multiples of half its fundamental, the lowest of them."""

N_TONES = N_PARTIALS + N_SUBHARMONICS

TONE_NUMBERS = np.concatenate([np.arange(1.0, N_PARTIALS + 1), np.arange(N_SUBHARMONICS) + 0.5])
"""Every sinusoid of a note as a multiple of its fundamental: partials, then half ones [144]."""

MAX_PARTIAL_HZ = 19_000.0

NOISE_EDGES_HZ = np.concatenate([[0.0], np.geomspace(120.0, 20_000.0, 32)])
"""Edges of the noise bands, Hz [33]."""

N_NOISE = len(NOISE_EDGES_HZ) - 1

ENVELOPE_HZ = np.geomspace(30.0, 20_000.0, 48)
"""Frequencies at which the decoder states the spectral envelope of the partials, Hz [48]."""

N_DEVIATIONS = 40
"""The lowest partials have a level of their own beside the envelope's."""

FLOOR_DB = -96.0
"""Level under which a control counts as silence, dB relative to full scale."""

MAX_INHARMONICITY = 3e-2
MAX_DETUNE_CENTS = 20.0

_MAX_STEP_S = 0.090
_HELD_STEP_S, _HELD_GROWTH = 0.003, 1.10
_TAIL_STEP_S, _TAIL_GROWTH = 0.005, 1.18


def _grid(first_step_s: float, growth: float, until_s: float) -> Float64Array:
    """Times from 0 to past ``until_s`` whose steps grow geometrically to a largest one: [n]."""
    n_growing = int(np.ceil(np.log(_MAX_STEP_S / first_step_s) / np.log(growth)))
    steps = np.minimum(first_step_s * growth ** np.arange(n_growing + 1), _MAX_STEP_S)
    missing_s = until_s - float(steps.sum())
    if missing_s > 0:
        steps = np.concatenate([steps, np.full(int(missing_s / _MAX_STEP_S) + 1, _MAX_STEP_S)])
    return np.concatenate([[0.0], np.cumsum(steps)])


def held_times(until_s: float) -> Float64Array:
    """Breakpoints while a key is down, from 0 to the first at or past ``until_s``.

    Returns:
        float64 [J], seconds from the onset.
    """
    times = _grid(_HELD_STEP_S, _HELD_GROWTH, until_s)
    return times[: int(np.searchsorted(times, until_s)) + 1]


_GROWING_S = _grid(_HELD_STEP_S, _HELD_GROWTH, 0.0)


def held_time(index: int) -> float:
    """The ``index``-th of :func:`held_times`, however late."""
    past = index - len(_GROWING_S) + 1
    return float(_GROWING_S[index] if past <= 0 else _GROWING_S[-1] + past * _MAX_STEP_S)


def tail_times(tail_s: float) -> Float64Array:
    """Breakpoints after the release, seconds from it, 0 to exactly ``tail_s``: float64 [J]."""
    times = _grid(_TAIL_STEP_S, _TAIL_GROWTH, tail_s)
    return np.concatenate([times[times < tail_s], [tail_s]])


def knot_times(held_s: float, tail_s: float) -> Float64Array:
    """Breakpoints of one note whose length is known, seconds from its onset, increasing.

    The first is 0, one falls on the release, and the last on the end of the tail.

    Args:
        held_s: from onset to release.
        tail_s: from release to the note's end.

    Returns:
        float64 [J].
    """
    held = held_times(held_s)
    return np.concatenate([held[held < held_s - 1e-9], held_s + tail_times(tail_s)])


def partial_hz(f0_hz: float, inharmonicity: float) -> Float64Array:
    """Frequencies of a stiff string's partials.

    ``f_k = k f0 sqrt(1 + B k²)``, Fletcher, *Normal vibration frequencies of a stiff piano
    string*, JASA 36 (1964).

    Args:
        f0_hz: fundamental that the string would have without stiffness.
        inharmonicity: B, 0 … 0.03.

    Returns:
        float64 [128], Hz.
    """
    return tone_hz(f0_hz, inharmonicity)[:N_PARTIALS]


def tone_hz(f0_hz: float, inharmonicity: float) -> Float64Array:
    """The same with the half partials after them, Hz [144]; arguments as in :func:`partial_hz`."""
    return stretched_hz(f0_hz, inharmonicity, TONE_NUMBERS)


def stretched_hz(f0_hz: float, inharmonicity: float, numbers: Float64Array) -> Float64Array:
    """The same of any multiples of the fundamental.

    Args:
        f0_hz: as in :func:`partial_hz`.
        inharmonicity: as there.
        numbers: float64 [n], multiples of the fundamental.

    Returns:
        float64 [n], Hz.
    """
    return f0_hz * numbers * np.sqrt(1.0 + inharmonicity * numbers**2)


@dataclass(frozen=True)
class NoteControls:
    """One note's controls.

    Attributes:
        times_s: float64 [J], breakpoints from the onset.
        f0_hz: fundamental, detune included.
        inharmonicity: B of :func:`partial_hz`.
        partial_db: float32 [J, K], amplitude of each partial, dB re full scale.
        noise_db: float32 [J, N], RMS of each noise band, dB re full scale.
        modulation: what moves faster than breakpoints; None if that is not known.
    """

    times_s: Float64Array
    f0_hz: float
    inharmonicity: float
    partial_db: FloatArray
    noise_db: FloatArray
    modulation: Modulation | None = None
