"""Levels of a recording in bands, and what a decoder's controls add to the same bands.

Power adds up: of partials, noise bands and notes. So what a note's breakpoints would contribute
to a spectrogram is a product of matrices, without a sound being made. Sizes: F frames, B = 72
bands, J breakpoints, K = 144 partials, half ones last.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.clip import pitch_hz
from core.encoders.embedded.features import SAMPLE_RATE
from core.engines.embedded.controls import NOISE_EDGES_HZ, tone_hz
from core.types import Float64Array, FloatArray

N_FFT, HOP = 2048, 512
N_BANDS = 72
_LOWEST_HZ, _HIGHEST_HZ = 50.0, 18_000.0


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))


def bands_hz() -> Float64Array:
    """Where bands have their middle, [B]."""
    mels = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), N_BANDS)
    return np.asarray(700.0 * (10.0 ** (mels / 2595.0) - 1.0))


@lru_cache(maxsize=1)
def _bank() -> FloatArray:
    """Triangular bands [B, bins] of equal width in mel, no narrower than the window resolves."""
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    centres = bands_hz()
    gaps = np.diff(centres)
    least = SAMPLE_RATE / N_FFT
    left = np.maximum(np.concatenate([gaps[:1], gaps]), least)[:, None]
    right = np.maximum(np.concatenate([gaps, gaps[-1:]]), least)[:, None]
    offset = hz - centres[:, None]
    width = np.where(offset < 0, left, right)
    return np.maximum(0.0, 1.0 - np.abs(offset) / width).astype(np.float32)


def band_power(mono: FloatArray) -> Float64Array:
    """Power of a recording in bands.

    Args:
        mono: float32 [frames] at 44.1 kHz.

    Returns:
        float64 [F, B], frames 512 samples apart; a sinusoid of amplitude a in the middle of a
        band gives about a²/2.
    """
    window = np.hanning(N_FFT + 1)[:-1]
    padded = np.pad(mono.astype(np.float64), (N_FFT // 2, N_FFT))
    count = len(mono) // HOP + 1
    frames = padded[np.arange(count)[:, None] * HOP + np.arange(N_FFT)]  # [F, 2048]
    spectrum = np.abs(np.fft.rfft(frames * window)) ** 2  # [F, 1025]
    scale = 2.0 / (N_FFT * np.sum(window**2))  # Parseval: white noise keeps its variance
    return np.asarray(spectrum @ _bank().T.astype(np.float64) * scale)  # [F, 1025] @ [1025, B]


@lru_cache(maxsize=128)
def partials_to_bands(pitch: float) -> FloatArray:
    """How a key's partials, with their main lobes, fall into bands.

    Args:
        pitch: MIDI key.

    Returns:
        float32 [K, B]: power in each band of a partial of power 1.
    """
    hz = tone_hz(pitch_hz(pitch), 0.0)
    bins = hz * N_FFT / SAMPLE_RATE
    offsets = np.arange(-3, 4)
    place = np.round(bins)[:, None] + offsets  # [K, 7]
    lobe = _hann_lobe(place - bins[:, None])
    lobe /= lobe.sum(axis=1, keepdims=True)
    bank = np.pad(_bank(), ((0, 0), (0, 8)))
    inside = place < N_FFT // 2
    # The lobe of a partial near 0 Hz is mirrored there.
    index = np.where(inside, np.abs(place), 0).astype(int)  # [K, 7]
    return np.asarray(np.einsum("kj,bkj->kb", lobe * inside, bank[:, index]).astype(np.float32))


def _hann_lobe(x: Float64Array) -> Float64Array:
    """Power of Hann's transform, x bins from its middle."""
    x = np.where(np.abs(np.abs(x) - 1.0) < 1e-6, x + 1e-5, x)
    return np.asarray((np.sinc(x) / (1.0 - x**2)) ** 2)


@lru_cache(maxsize=1)
def noise_to_bands() -> Tensor:
    """How the engine's noise bands fall into these bands: float32 [32, B], power a power."""
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    inside = (hz >= NOISE_EDGES_HZ[:-1, None]) & (hz < NOISE_EDGES_HZ[1:, None])
    shares = inside / np.maximum(inside.sum(axis=1, keepdims=True), 1)
    return torch.from_numpy((shares @ _bank().T).astype(np.float32))  # [32, 1025] @ [1025, B]


def breakpoints_to_frames(times_s: Float64Array, count: int) -> FloatArray:
    """What each breakpoint's power counts in each frame.

    Between breakpoints power moves linearly; a frame sees it through the square of its window.

    Args:
        times_s: float64 [J], increasing, seconds from the recording's beginning.
        count: F, frames of the recording.

    Returns:
        float32 [F, J].
    """
    step = HOP // 4
    fine_s = np.arange(count * 4) * step / SAMPLE_RATE
    share = np.zeros((len(fine_s), len(times_s)))  # [4 F, J]
    right = np.searchsorted(times_s, fine_s, side="right")
    inside = (right > 0) & (right < len(times_s))
    rows, upper = np.flatnonzero(inside), right[inside]
    part = (fine_s[inside] - times_s[upper - 1]) / (times_s[upper] - times_s[upper - 1])
    share[rows, upper - 1], share[rows, upper] = 1.0 - part, part
    taps = np.hanning(N_FFT // step + 1) ** 2
    taps /= taps.sum()
    half = len(taps) // 2
    padded = np.pad(share, ((half, half), (0, 0)))
    # Every fourth of the fine steps is the middle of a frame.
    seen = sum(tap * padded[i : i + 4 * count : 4] for i, tap in enumerate(taps))
    return np.asarray(seen, np.float32)
