"""What procedural voices are made of: envelopes, random parameters, sums of partials."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.training.sources.instruments import SAMPLE_RATE
from core.types import Float64Array, FloatArray

Voice = Callable[[float, float, Float64Array, Float64Array], Float64Array]
"""(f0_hz, velocity 0–1, seconds since onset [n], seconds since release [n]) → samples [n]"""

_BLOCK = 64


def envelope(
    on_s: Float64Array,
    off_s: Float64Array,
    attack_s: float,
    decay_s: float,
    sustain: float,
    release_s: float,
) -> Float64Array:
    """Exponential attack, decay to a level, release.

    Args:
        on_s: [n], since the onset, s.
        off_s: [n], since the release, s; 0 before it.
        attack_s: until 95 % are reached.
        decay_s: time constant of the fall to ``sustain``, 0 to 1.
        sustain: the level.
        release_s: time constant of the fall after the release.
    """
    rise = 1.0 - np.exp(-on_s / (attack_s / 3.0))
    fall = sustain + (1.0 - sustain) * np.exp(-on_s / decay_s)
    return rise * fall * np.exp(-off_s / release_s)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A random number whose logarithm is uniform between those of two others."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def sum_partials(
    f0_hz: float, t: Float64Array, level: Callable[[int, float], Float64Array | float]
) -> Float64Array:
    """Σ level(k, hz) sin(2π k f0 t + 0.7 k²) over partials below 18 kHz.

    Args:
        f0_hz: fundamental.
        t: [n], seconds; a warped time bends the pitch.
        level: of a partial by its number and frequency: a number, or its course at the times of
            :func:`coarse`, between which it moves linearly.
    """
    fundamental = np.exp(2j * np.pi * f0_hz * t).astype(np.complex64)
    rotating = np.ones_like(fundamental)  # e^{2πi k f0 t}, one multiplication a partial
    out = np.zeros(len(t), np.float32)
    for k in range(1, min(96, int(18_000 / f0_hz)) + 1):
        rotating = rotating * fundamental
        amplitude = level(k, k * f0_hz)
        if np.max(amplitude) > 1e-4:
            start = np.complex64(np.exp(0.7j * k * k))
            out += _per_sample(amplitude, len(t)) * (rotating * start).imag
    return out.astype(np.float64)


def coarse(t: Float64Array) -> Float64Array:
    """The times at which levels are computed: one each 64 samples, and one past the end."""
    return np.arange(-(-len(t) // _BLOCK) + 1) * (_BLOCK / SAMPLE_RATE)


def _per_sample(level: Float64Array | float, n: int) -> FloatArray | np.float32:
    if not isinstance(level, np.ndarray):
        return np.float32(level)
    ramp = (np.arange(_BLOCK) / _BLOCK).astype(np.float32)
    coarse = level.astype(np.float32)
    lines: FloatArray = coarse[:-1, None] + np.diff(coarse)[:, None] * ramp
    return lines.reshape(-1)[:n]
