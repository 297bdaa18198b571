"""What the embedded encoder hears of a recording: two spectrograms, level removed.

A long window resolves the partials on a logarithmic frequency axis, a short one keeps onsets
and noise on a mel axis. Both are log power relative to the recording's own loud parts, so the
level of a recording does not matter.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

SAMPLE_RATE = 44_100
HOP = 882  # 20 ms
PARTIAL_FFT, PARTIAL_BINS = 4096, 160
ATTACK_FFT, ATTACK_BINS = 1024, 64
N_FEATURES = PARTIAL_BINS + ATTACK_BINS
MAX_SECONDS = 8.0
"""Recordings are cut to the loudest stretch of this length before they are heard."""

_FLOOR_DB = -80.0


def _triangles(
    centres_hz: npt.NDArray[np.float64], n_fft: int, least_hz: float
) -> npt.NDArray[np.float32]:
    """Triangular filters [bins, n_fft/2+1], each at least ``least_hz`` wide on either side."""
    hz = np.arange(n_fft // 2 + 1) * SAMPLE_RATE / n_fft
    gaps = np.diff(centres_hz)
    left = np.maximum(np.concatenate([gaps[:1], gaps]), least_hz)
    right = np.maximum(np.concatenate([gaps, gaps[-1:]]), least_hz)
    offset = hz[None, :] - centres_hz[:, None]
    side = np.where(offset < 0, left[:, None], right[:, None])
    weights = np.maximum(0.0, 1.0 - np.abs(offset) / side)
    return weights.astype(np.float32)


def bin_centres_hz() -> tuple[tuple[slice, npt.NDArray[np.float64]], ...]:
    """Of each of the two spectrograms: its place among the 224 features, its bins' centres."""
    partials = 40.0 * 2.0 ** (np.arange(PARTIAL_BINS) / 20.0)  # 40 Hz – 9.9 kHz, 20 an octave
    mels = np.linspace(_mel(80.0), _mel(18_000.0), ATTACK_BINS)
    attack = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return (slice(0, PARTIAL_BINS), partials), (slice(PARTIAL_BINS, N_FEATURES), attack)


@lru_cache(maxsize=1)
def _banks() -> tuple[torch.Tensor, torch.Tensor]:
    (_, partials), (_, attack) = bin_centres_hz()
    return (
        torch.from_numpy(_triangles(partials, PARTIAL_FFT, SAMPLE_RATE / PARTIAL_FFT)),
        torch.from_numpy(_triangles(attack, ATTACK_FFT, SAMPLE_RATE / ATTACK_FFT)),
    )


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))


def spectral_features(audio: torch.Tensor) -> torch.Tensor:
    """Features of mono recordings.

    Args:
        audio: float32 [batch, samples] at 44.1 kHz, not silent.

    Returns:
        float32 [batch, frames, 224]: level in dB relative to the recording's own loudest
        frame, divided by 20, floored at −80 dB; one frame each 20 ms.
    """
    parts = []
    for n_fft, bank in zip((PARTIAL_FFT, ATTACK_FFT), _banks(), strict=True):
        spectrum = torch.stft(
            torch.nn.functional.pad(audio, (n_fft // 2, n_fft // 2)),
            n_fft,
            hop_length=HOP,
            window=torch.hann_window(n_fft, device=audio.device),
            center=False,
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        banded = torch.einsum("bft,kf->btk", power, bank.to(audio.device))
        level = 10.0 * torch.log10(banded + 1e-12)
        loudest = level.amax(dim=(1, 2), keepdim=True)
        parts.append(((level - loudest).clamp_min(_FLOOR_DB)) / 20.0)
    return torch.cat(parts, dim=-1)


def loudest_stretch(audio: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The loudest :data:`MAX_SECONDS` of a mono recording; shorter ones are returned whole."""
    width = round(MAX_SECONDS * SAMPLE_RATE)
    if len(audio) <= width:
        return audio
    hop = SAMPLE_RATE // 4
    energy = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    starts = np.arange(0, len(audio) - width + 1, hop)
    best = int(starts[np.argmax(energy[starts + width] - energy[starts])])
    return audio[best : best + width]
