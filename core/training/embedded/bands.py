"""Mel bands for the objective, and random filters for the data: both along frequency."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch

from core.encoders.embedded.features import N_LEVELS, SERIES, bin_centres_hz, series_hz
from core.engines.embedded.controls import NOISE_EDGES_HZ
from core.types import Float64Array, FloatArray

N_BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 40.0, 19_000.0

NOISE_CENTRES_HZ = np.sqrt(np.maximum(NOISE_EDGES_HZ[:-1], 60.0) * NOISE_EDGES_HZ[1:])
"""Where a noise band is taken to lie [32]."""

FILTER_GRID_HZ = np.geomspace(20.0, 22_000.0, 96)
"""Frequencies at which a filter is stated, Hz [96]."""


def mel(hz: Float64Array | float) -> Float64Array:
    """Mel scale (O'Shaughnessy, 1987) of frequencies in Hz, of any shape."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0))


def band_position(hz: Float64Array) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Where frequencies lie among the bands: index of the lower band [K] and fraction [K]."""
    first, last = mel(LOWEST_HZ), mel(HIGHEST_HZ)
    position = np.clip((mel(hz) - first) / (last - first), 0.0, 1.0) * (N_BANDS - 1)
    index = np.minimum(position.astype(np.int64), N_BANDS - 2)
    return index, (position - index).astype(np.float32)


@lru_cache(maxsize=1)
def noise_to_bands() -> torch.Tensor:
    """[32, 40]: what share of a noise band's power falls into each band."""
    shares = np.zeros((len(NOISE_CENTRES_HZ), N_BANDS), np.float32)
    for band, (low, high) in enumerate(pairwise(NOISE_EDGES_HZ)):
        index, fraction = band_position(np.linspace(low, high, 32))
        np.add.at(shares[band], index, (1 - fraction) / 32)
        np.add.at(shares[band], index + 1, fraction / 32)
    return torch.from_numpy(shares)


def random_filter(rng: np.random.Generator) -> Float64Array:
    """A random filter's gain at :data:`FILTER_GRID_HZ`, dB [96]: tilt, bumps, perhaps an end."""
    octave = np.log2(FILTER_GRID_HZ / 1000.0)
    gain_db = rng.normal(0.0, 1.5) * octave
    for _ in range(int(rng.integers(0, 5))):
        centre, width = rng.uniform(-4.0, 4.0), rng.uniform(0.2, 1.2)
        gain_db = gain_db + rng.uniform(-12.0, 12.0) * np.exp(-(((octave - centre) / width) ** 2))
    if rng.random() < 0.25:
        corner, slope = np.log2(rng.uniform(1.0, 12.0)), rng.uniform(6.0, 24.0)
        gain_db = gain_db - slope * np.maximum(octave - corner, 0.0)
    if rng.random() < 0.1:
        corner = np.log2(rng.uniform(0.06, 0.4))
        gain_db = gain_db - rng.uniform(6.0, 18.0) * np.maximum(corner - octave, 0.0)
    return gain_db


def filter_gain_db(gain_db: Float64Array, hz: Float64Array) -> Float64Array:
    """A filter's gain at any frequencies.

    Args:
        gain_db: [96], at :data:`FILTER_GRID_HZ`, dB.
        hz: of any shape.

    Returns:
        dB, of that shape.
    """
    return np.interp(np.log(np.maximum(hz, 1.0)), np.log(FILTER_GRID_HZ), gain_db)


def filter_features(features: FloatArray, gain_db: Float64Array) -> FloatArray:
    """What :func:`core.encoders.embedded.features.spectral_features` would say of the filtered
    sound.

    Args:
        features: [T, 290].
        gain_db: at :data:`FILTER_GRID_HZ`.
    """
    filtered = features.copy()
    series = (SERIES, series_hz(features[:, N_LEVELS]))
    for part, hz in (*bin_centres_hz(), series):
        moved = features[:, part] + (filter_gain_db(gain_db, hz) / 20.0).astype(np.float32)
        moved[features[:, part] <= -4.0] = -9.0  # what was under the floor stays there
        filtered[:, part] = np.maximum(moved - moved.max(), -4.0)
    return filtered


def level_change_db(spectrum: Float64Array, gain_db: Float64Array) -> float:
    """How much louder a sound gets by a filter, dB.

    Args:
        spectrum: its power [96], at :data:`FILTER_GRID_HZ`.
        gain_db: of the filter [96].
    """
    return float(10 * np.log10((spectrum * 10 ** (gain_db / 10)).sum() / spectrum.sum()))
