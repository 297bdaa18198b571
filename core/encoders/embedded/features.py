"""What the embedded encoder is given of a recording: two spectrograms and a harmonic series.

A long window resolves the partials on a logarithmic frequency axis, a short one keeps onsets
and noise on a mel axis. On the best fundamental of every frame, the levels of its harmonics
and between them are read off as well: which partials sound is a timbre's business whatever
the pitch, and a small network would not find that out by itself. All are log power relative
to the recording's own loud parts, so the level of a recording does not matter.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from core.types import Float64Array, FloatArray

SAMPLE_RATE = 44_100
HOP = 882  # 20 ms
PARTIAL_FFT, PARTIAL_BINS = 4096, 160
ATTACK_FFT, ATTACK_BINS = 1024, 64
N_HARMONICS, N_BETWEEN = 48, 16
N_LEVELS = PARTIAL_BINS + ATTACK_BINS + N_HARMONICS + N_BETWEEN
N_FEATURES = N_LEVELS + 2
"""Levels, then the frame's fundamental in octaves over 55 Hz, and how clear it is, 0 … 1."""
MAX_SECONDS = 8.0
"""Recordings are cut to the loudest stretch of this length first."""

_FLOOR_DB = -80.0


def _triangles(centres_hz: Float64Array, n_fft: int, least_hz: float) -> FloatArray:
    """Triangular filters [bins, n_fft/2+1], each at least ``least_hz`` wide on either side."""
    hz = np.arange(n_fft // 2 + 1) * SAMPLE_RATE / n_fft
    gaps = np.diff(centres_hz)
    left = np.maximum(np.concatenate([gaps[:1], gaps]), least_hz)
    right = np.maximum(np.concatenate([gaps, gaps[-1:]]), least_hz)
    offset = hz[None, :] - centres_hz[:, None]
    side = np.where(offset < 0, left[:, None], right[:, None])
    weights = np.maximum(0.0, 1.0 - np.abs(offset) / side)
    return weights.astype(np.float32)


def bin_centres_hz() -> tuple[tuple[slice, Float64Array], ...]:
    """Of each of the two spectrograms: its place among the features, its bins' centres."""
    partials = 40.0 * 2.0 ** (np.arange(PARTIAL_BINS) / 20.0)  # 40 Hz – 9.9 kHz, 20 an octave
    mels = np.linspace(_mel(80.0), _mel(18_000.0), ATTACK_BINS)
    attack = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return (slice(0, PARTIAL_BINS), partials), (
        slice(PARTIAL_BINS, PARTIAL_BINS + ATTACK_BINS),
        attack,
    )


def series_hz(octaves: FloatArray) -> Float64Array:
    """Frequencies of the harmonics and of what is between them, Hz [frames, 64].

    Args:
        octaves: float32 [frames], fundamentals over 55 Hz.
    """
    multiples = np.concatenate([np.arange(1, N_HARMONICS + 1), np.arange(N_BETWEEN) + 0.5])
    return 55.0 * 2.0 ** octaves.astype(np.float64)[:, None] * multiples


SERIES = slice(PARTIAL_BINS + ATTACK_BINS, N_LEVELS)
"""Where the harmonics and what is between them stand among the features."""


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
        float32 [batch, frames, 290], one frame each 20 ms. The first 288 are levels in dB
        relative to the recording's loudest of their kind, divided by 20, floored at −4: two
        spectrograms, the harmonics, what is between them; see :data:`N_FEATURES` for the rest.
    """
    long, short = _power(audio, PARTIAL_FFT), _power(audio, ATTACK_FFT)
    spectrograms = [
        _relative_db(torch.einsum("bft,kf->btk", power, bank.to(audio.device)))
        for power, bank in zip((long, short), _banks(), strict=True)
    ]
    return torch.cat([*spectrograms, _harmonic_series(long.transpose(1, 2))], dim=-1)


def _power(audio: torch.Tensor, n_fft: int) -> torch.Tensor:
    """Power spectra [batch, bins, frames], hops of 20 ms."""
    spectrum = torch.stft(
        torch.nn.functional.pad(audio, (n_fft // 2, n_fft // 2)),
        n_fft,
        hop_length=HOP,
        window=torch.hann_window(n_fft, device=audio.device),
        center=False,
        return_complex=True,
    )
    return spectrum.real.square() + spectrum.imag.square()


def _relative_db(power: torch.Tensor) -> torch.Tensor:
    """Power [batch, frames, n] to levels under the loudest, in units of 20 dB, ≥ −4."""
    level = 10.0 * torch.log10(power + 1e-12)
    loudest = level.amax(dim=(1, 2), keepdim=True)
    return (level - loudest).clamp_min(_FLOOR_DB) / 20.0


_CANDIDATES_HZ = 41.0 * 2.0 ** (np.arange(540) / 96.0)  # to 2 kHz
_WEIGHED_HARMONICS = 10


@lru_cache(maxsize=1)
def _fundamental_weights() -> torch.Tensor:
    """[bins, 540]: a compressed spectrum to each candidate's harmonics less its gaps."""
    bin_hz = SAMPLE_RATE / PARTIAL_FFT
    weights = np.zeros((PARTIAL_FFT // 2 + 1, len(_CANDIDATES_HZ)), np.float32)
    column = np.arange(len(_CANDIDATES_HZ))
    for k in range(1, _WEIGHED_HARMONICS + 1):
        for multiple, sign in ((k, 1.0), (k - 0.5, -0.9)):
            position = np.minimum(multiple * _CANDIDATES_HZ / bin_hz, len(weights) - 2)
            low = position.astype(int)
            for row, share in ((low, 1 - (position - low)), (low + 1, position - low)):
                weights[row, column] += (sign * 0.84 ** (k - 1) * share).astype(np.float32)
    return torch.from_numpy(weights)


def _harmonic_series(power: torch.Tensor) -> torch.Tensor:
    """Power spectra [batch, frames, bins] to [batch, frames, 48 + 16 + 2]."""
    compressed = power.pow(0.25)  # so that one loud partial does not outvote a whole series
    score = compressed @ _fundamental_weights().to(power.device)  # [.., bins] @ [bins, 540]
    score = torch.nn.functional.pad(score, (1, 1), value=-1e9)
    best = score[..., 1:-1].argmax(dim=-1, keepdim=True)
    # A parabola through the best candidate and its neighbours.
    left, here, right = (score.gather(-1, best + shift).clamp_min(-1e6) for shift in (0, 1, 2))
    bend = (left - 2 * here + right).clamp_max(-1e-9)
    aside = (0.5 * (left - right) / bend).clamp(-0.5, 0.5)
    octaves = (best + aside) / 96.0 + float(np.log2(_CANDIDATES_HZ[0] / 55.0))
    f0_bins = 55.0 * 2.0**octaves * (PARTIAL_FFT / SAMPLE_RATE)  # [batch, frames, 1]
    harmonics = _peaks(power, f0_bins, torch.arange(1, N_HARMONICS + 1), 0.3)
    between = _peaks(power, f0_bins, torch.arange(N_BETWEEN) + 0.5, 0.1)
    levels = _relative_db(torch.cat([harmonics, between], dim=-1))
    clear = here / (compressed.amax(dim=-1, keepdim=True) + 1e-9)
    return torch.cat([levels, octaves, (clear / 4.0).clamp(0.0, 1.0)], dim=-1)


def _peaks(
    power: torch.Tensor, f0_bins: torch.Tensor, multiples: torch.Tensor, reach: float
) -> torch.Tensor:
    """The strongest bin near each multiple of the fundamental.

    Args:
        power: [batch, frames, bins].
        f0_bins: [batch, frames, 1], fundamentals in bins.
        multiples: [n], of the fundamental.
        reach: how far to look on either side, in fundamentals.

    Returns:
        [batch, frames, n], 0 past the last bin.
    """
    offsets = torch.linspace(-reach, reach, 9, device=power.device)
    place = (multiples.to(power.device)[:, None] + offsets) * f0_bins[..., None]  # [.., n, 9]
    inside = place < power.shape[-1] - 1
    index = place.round().long().clamp(0, power.shape[-1] - 1)
    peaks = power.gather(-1, index.flatten(-2)).view(index.shape)
    return (peaks * inside).amax(dim=-1)


def loudest_stretch(audio: FloatArray) -> FloatArray:
    """The loudest :data:`MAX_SECONDS` of a mono recording; shorter ones are returned whole."""
    width = round(MAX_SECONDS * SAMPLE_RATE)
    if len(audio) <= width:
        return audio
    hop = SAMPLE_RATE // 4
    energy = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    starts = np.arange(0, len(audio) - width + 1, hop)
    best = int(starts[np.argmax(energy[starts + width] - energy[starts])])
    return audio[best : best + width]
