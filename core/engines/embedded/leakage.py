"""What an analysis of notes takes for noise, and is its windows' leakage from the partials.

Training notes are analysed through windows of eight periods, whose side lobes reach into the
gaps between partials: a pure tone seems to have noise 30 dB under it. A decoder that learned
from such levels plays that noise. How much it is follows from the partials alone, so that it
can be taken out again when a note is rendered.

Source of the window's transform: Harris, *On the use of windows for harmonic analysis with the
discrete Fourier transform*, Proc. IEEE 66 (1978).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import pitch_hz
from core.engines.embedded.controls import (
    FLOOR_DB,
    MAX_PARTIAL_HZ,
    N_NOISE,
    N_PARTIALS,
    NOISE_EDGES_HZ,
    SAMPLE_RATE,
    partial_hz,
)
from core.types import Float64Array, FloatArray

PERIODS = 8
"""Of the fundamental in an analysis window: Hann's main lobe is then half of two partials'
distance."""

SHORTEST, LONGEST = 1536, 8192
"""Analysis windows, samples."""

LOWER_HALF_MEAN = 0.3069
"""Mean of the lower half of values under an exponential law, relative to the mean of all."""

_IN_MOTION = 3.0
"""Partials that rise and fall leak more than steady ones; measured on validation instruments."""

_LEAST = 0.01
_DB = float(np.log(10.0) / 10.0)
_SILENT = 10.0 ** (FLOOR_DB / 10.0)
_KEYS = 128


def window_width(f0_hz: float) -> int:
    """Samples in the analysis window of a note; even."""
    return int(np.clip(PERIODS * SAMPLE_RATE / f0_hz, SHORTEST, LONGEST)) // 2 * 2


def distance_hz(hz: Float64Array, partials_hz: Float64Array) -> Float64Array:
    """Distance from frequencies to the nearest partial.

    Args:
        hz: float64 [n].
        partials_hz: float64 [K], ascending, K ≥ 1.

    Returns:
        float64 [n], Hz.
    """
    right = np.clip(np.searchsorted(partials_hz, hz), 1, max(len(partials_hz) - 1, 1))
    nearest = np.abs(hz - partials_hz[right - 1])
    if len(partials_hz) > 1:
        nearest = np.minimum(nearest, np.abs(hz - partials_hz[right]))
    return np.asarray(nearest)


def bins_between(
    hz: Float64Array, nearest_hz: Float64Array, width: int, f0_hz: float
) -> list[Float64Array]:
    """Which bins tell the noise in each band.

    Those out of the partials' main lobes; of a band narrower than the gap between partials,
    those of its surroundings.

    Args:
        hz: float64 [bins].
        nearest_hz: float64 [bins], from :func:`distance_hz`.
        width: samples of the analysis window.
        f0_hz: distance of partials.

    Returns:
        32 rows, one a band: bool [bins].
    """
    between = nearest_hz > 1.05 * (2.0 * SAMPLE_RATE / width)
    rows = []
    for low, high in pairwise(NOISE_EDGES_HZ):
        inside = between & (hz >= low) & (hz < high)
        if not inside.any():
            inside = between & (np.abs(hz - 0.5 * (low + high)) < max(high - low, 1.5 * f0_hz))
        rows.append(inside)
    return rows


def leakage(f0_hz: float) -> FloatArray:
    """The noise power that a steady partial of amplitude 1 seems to have in bands.

    Args:
        f0_hz: of the note.

    Returns:
        float32 [128, 32].
    """
    width = window_width(f0_hz)
    n_fft = 1 << (width - 1).bit_length()
    hz = np.arange(n_fft // 2 + 1) * SAMPLE_RATE / n_fft
    partials_hz = partial_hz(f0_hz, 0.0)
    partials_hz = partials_hz[partials_hz < MAX_PARTIAL_HZ]
    nearest = distance_hz(hz, partials_hz)
    between = bins_between(hz, nearest, width, float(partials_hz[0]))
    used = np.flatnonzero(np.any(between, axis=0))
    response = np.zeros((len(hz), len(partials_hz)), np.float32)  # [bins, K]
    response[used] = _hann_power((hz[used, None] - partials_hz) * (width / SAMPLE_RATE))
    # The analysis reads the lower half of a band's bins; for which, partials falling as 1/k do.
    together = response @ (1.0 / np.arange(1, len(partials_hz) + 1) ** 2)  # [bins, K] @ [K]
    seen = np.zeros((N_NOISE, N_PARTIALS))
    for band, inside in enumerate(between):
        bins = np.flatnonzero(inside)
        bins = bins[np.argsort(together[bins], kind="stable")][: max(1, len(bins) // 2)]
        if len(bins):
            seen[band, : len(partials_hz)] = response[bins].mean(axis=0) / LOWER_HALF_MEAN
    # A sinusoid of amplitude 1 gives width/6 in the middle of its lobe, at the analysis' scaling.
    seen *= width / 6.0 * np.diff(NOISE_EDGES_HZ)[:, None] / (SAMPLE_RATE / 2)
    return seen.T.astype(np.float32)


def _hann_power(x: Float64Array) -> Float64Array:
    """Power of Hann's transform, x bins from its middle, where it is 1."""
    x = np.where(np.abs(np.abs(x) - 1.0) < 1e-6, x + 1e-5, x)
    return np.asarray((np.sinc(x) / (1.0 - x**2)) ** 2)


@lru_cache(maxsize=1)
def _table() -> tuple[Tensor, set[int]]:
    """Leakage of every key [128, 128, 32], and for which keys it is filled in."""
    with torch.inference_mode(False):  # kept, and used in fits too, whoever asks first
        return torch.zeros(_KEYS, N_PARTIALS, N_NOISE), set()


def prepare(keys: set[int]) -> Tensor:
    """The table of leakages [128, 128, 32], filled in for these keys: milliseconds each."""
    table, filled = _table()
    for key in keys - filled:
        table[key] = torch.from_numpy(leakage(pitch_hz(float(key))))
        filled.add(key)
    return table


_FEW = 64


def without_leakage(partial_db: Tensor, noise_db: Tensor, keys: npt.NDArray[np.int64]) -> Tensor:
    """Noise without what its partials leaked into it.

    Args:
        partial_db: [J, ≥ 128]; half partials after the others do not count.
        noise_db: [J, 32], as an analysis would state it.
        keys: int64 [J], MIDI keys.

    Returns:
        dB [J, 32].
    """
    distinct = np.unique(keys)
    table = prepare({int(key) for key in distinct})
    power = torch.exp(partial_db[:, :N_PARTIALS] * _DB)
    if len(keys) <= _FEW:
        # [J, 1, 128] @ [J, 128, 32]: one product, but a table's copy for every breakpoint.
        own = table.index_select(0, torch.from_numpy(keys)).to(power.device)
        leaked = torch.bmm(power[:, None], own)[:, 0]
    else:
        # Of each key [its J, 128] @ [128, 32].
        leaked = torch.zeros_like(noise_db)
        for key in distinct:
            rows = torch.from_numpy(np.flatnonzero(keys == key)).to(power.device)
            own = power.index_select(0, rows) @ table[int(key)].to(power.device)
            leaked = leaked.index_copy(0, rows, own)
    noise = torch.exp(noise_db * _DB)
    # Something is left in any case: the estimate is rough, and a logarithm follows.
    left = torch.maximum(noise - _IN_MOTION * leaked, _LEAST * noise)
    return torch.log(left.clamp_min(_SILENT)) / _DB
