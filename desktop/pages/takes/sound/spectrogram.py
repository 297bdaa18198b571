"""A sound as levels over time and pitch: log-frequency bands, decibels under its loudest.

Fourier transforms of Hann windows (Oppenheim & Schafer, "Discrete-Time Signal Processing",
§10.3), whose power is gathered in triangular bands of equal width in octaves. Memory is bounded
by the columns asked for: the longer a stretch, the larger the hop between them. No Qt here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.types import FloatArray

Levels = npt.NDArray[np.uint8]

RANGE_DB = 80.0
"""From the loudest down to what is shown as silence."""

BANDS = 120
LOWEST_HZ, HIGHEST_HZ = 40.0, 16_000.0
COLUMNS = 4096
"""Most of one picture, whatever its length."""

_WINDOW_S = 0.085
_CHUNK = 128
"""Columns at a time: what they need is freed, and other threads come to their turn."""


class Spectrogram:
    """Levels of a sound, as much of it and as finely as one asks.

    Args:
        sound: float32 [frames].
        sample_rate: Hz.

    Attributes:
        seconds: its length.
        whole: all of it, uint8 [bands, columns], the highest band first; 255 is the loudest, 0
            what is :data:`RANGE_DB` under that or more.
        column_s: between two columns of it, seconds.
    """

    def __init__(self, sound: FloatArray, sample_rate: int) -> None:
        self._sound, self._rate = sound, sample_rate
        self._window = 1 << round(np.log2(_WINDOW_S * sample_rate))
        self._weights = band_weights(sample_rate, self._window)  # [bins, bands]
        self.seconds = len(sound) / sample_rate
        columns = min(COLUMNS, max(1, len(sound) // (self._window // 8)))
        self.column_s = self.seconds / columns
        power = self._power(0.0, self.seconds, columns)
        self._loudest = max(float(power.max(initial=0.0)), 1e-12)
        self.whole = self._levels(power)

    def stretch(self, start_s: float, end_s: float, columns: int) -> Levels:
        """A part, as :attr:`whole`; levels are of the same measure.

        Args:
            start_s, end_s: of it, seconds.
            columns: from its start to its end; at most :data:`COLUMNS` are given.
        """
        return self._levels(self._power(start_s, end_s, min(columns, COLUMNS)))

    def _power(self, start_s: float, end_s: float, columns: int) -> FloatArray:
        """Power in the middle of each column: float32 [columns, bands]."""
        window, half = self._window, self._window // 2
        step = (end_s - start_s) * self._rate / columns
        middles = (start_s * self._rate + (np.arange(columns) + 0.5) * step).astype(np.int64)
        hann = np.hanning(window).astype(np.float32)
        power = np.zeros((columns, self._weights.shape[1]), np.float32)
        for first in range(0, columns, _CHUNK):
            chosen = middles[first : first + _CHUNK]
            low, high = int(chosen[0]) - half, int(chosen[-1]) + half
            part = self._sound[max(low, 0) : max(high, 0)]
            if high - low <= 4 * window * len(chosen):  # near each other: read together
                part = np.pad(part, (max(-low, 0), max(high - max(low, 0) - len(part), 0)))
                frames = part[(chosen - half - low)[:, None] + np.arange(window)]
            else:
                frames = np.stack([self._frame(int(middle) - half) for middle in chosen])
            spectrum = np.fft.rfft(frames * hann, axis=1)
            bins = spectrum.real**2 + spectrum.imag**2
            power[first : first + len(chosen)] = bins.astype(np.float32) @ self._weights
        return power

    def _frame(self, start: int) -> FloatArray:
        frame = np.zeros(self._window, np.float32)
        part = self._sound[max(start, 0) : max(start + self._window, 0)]
        at = max(-start, 0)
        frame[at : at + len(part)] = part
        return frame

    def _levels(self, power: FloatArray) -> Levels:
        level_db = 10.0 * np.log10(power / self._loudest + 1e-12)
        shown = np.clip(1.0 + level_db / RANGE_DB, 0.0, 1.0)
        return np.ascontiguousarray((255.0 * shown).round().astype(np.uint8).T[::-1])


def band_edges_hz(sample_rate: int) -> tuple[float, float]:
    """The lowest and the highest frequency that is shown, Hz."""
    return LOWEST_HZ, min(HIGHEST_HZ, sample_rate / 2)


def band_weights(sample_rate: int, window: int) -> FloatArray:
    """How much of each bin goes into each band.

    Args:
        sample_rate: Hz.
        window: samples of the transform.

    Returns:
        float32 [window // 2 + 1, bands], the lowest band first. A partial is as loud in a wide
        band as in a narrow one; bands narrower than a bin are interpolated between bins.
    """
    low_hz, high_hz = band_edges_hz(sample_rate)
    edges = np.geomspace(low_hz, high_hz, BANDS + 2) * window / sample_rate  # in bins
    bins = np.arange(window // 2 + 1)[:, None]
    middle = edges[1:-1]
    below = np.maximum(middle - edges[:-2], 1.0)
    above = np.maximum(edges[2:] - middle, 1.0)
    rising, falling = 1.0 - (middle - bins) / below, 1.0 - (bins - middle) / above
    return np.clip(np.minimum(rising, falling), 0.0, 1.0).astype(np.float32)
