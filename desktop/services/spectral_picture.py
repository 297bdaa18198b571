"""A sound as a picture the size of a thumb: how its spectrum moves, loud parts bright."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.types import FloatArray

BANDS = 40
TIMES = 72
SHOWN_S = 3.0
"""Of a longer sound the beginning is shown."""

_LOWEST_HZ, _HIGHEST_HZ = 50.0, 12_000.0
_RANGE_DB = 60.0
_WINDOW = 2048


def spectral_picture(audio: FloatArray, sample_rate: int) -> FloatArray | None:
    """Draw a sound; leading silence is left out.

    Args:
        audio: float32 [channels, frames] or [frames].
        sample_rate: Hz.

    Returns:
        float32 [bands, times] in 0…1, the lowest band first: level over 60 dB in bands of equal
        width in octaves. None of silence.
    """
    import numpy as np

    mono = np.atleast_2d(audio).mean(axis=0)
    loud = np.flatnonzero(np.abs(mono) > np.abs(mono).max(initial=0.0) * 1e-2)
    if not len(loud):
        return None
    mono = mono[loud[0] :][: int(SHOWN_S * sample_rate)]
    mono = np.pad(mono, (_WINDOW // 2, _WINDOW))
    starts = np.linspace(0, len(mono) - _WINDOW, TIMES).astype(int)
    frames = mono[starts[:, None] + np.arange(_WINDOW)] * np.hanning(_WINDOW)  # [times, window]
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    highest_hz = min(_HIGHEST_HZ, sample_rate / 2)
    edges_hz = np.geomspace(_LOWEST_HZ, highest_hz, BANDS + 1)
    bins = np.round(edges_hz * _WINDOW / sample_rate).astype(int)
    bands = np.stack(
        [power[:, low : max(high, low + 1)].max(axis=1) for low, high in pairwise(bins)]
    )
    level_db = 10.0 * np.log10(bands / bands.max() + 1e-12)
    picture: FloatArray = np.clip(1.0 + level_db / _RANGE_DB, 0.0, 1.0).astype(np.float32)
    return picture
