"""Controls to sound: banks of partials and filtered noise.

Partials of a note keep their frequencies, so within a block of 64 samples each is a fixed
cosine and sine pair; amplitudes that move linearly across the block make four basis
functions a partial, and a note is one matrix product of its control blocks with its basis.
Noise of all notes is summed as power, then one noise source is filtered by the sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from core.engines.embedded.controls import FLOOR_DB, NOISE_EDGES_HZ, SAMPLE_RATE

BLOCK = 64
"""Samples over which partial amplitudes move linearly."""

NOISE_FFT, NOISE_HOP = 512, 128

_BLOCKS_AT_ONCE = 4096  # bounds memory for notes of any length
_AUDIBLE_DB = -84.0
_FLOOR_AMPLITUDE = 10.0 ** (FLOOR_DB / 20.0)


@dataclass(frozen=True)
class NoteTracks:
    """One note, ready to sound.

    Attributes:
        start: sample of its onset in the clip.
        samples: how long it sounds, tail included.
        knots_s: float64 [J], from the onset.
        partials_hz: float64 [K].
        partial_db: float32 tensor [J, K].
        noise_db: float32 tensor [J, N].
        phases: float64 [K], in turns, at the onset.
    """

    start: int
    samples: int
    knots_s: npt.NDArray[np.float64]
    partials_hz: npt.NDArray[np.float64]
    partial_db: Tensor
    noise_db: Tensor
    phases: npt.NDArray[np.float64]


def amplitude(level_db: Tensor) -> Tensor:
    """Level in dB to amplitude; the floor becomes exact silence."""
    return (torch.pow(10.0, level_db / 20.0) - _FLOOR_AMPLITUDE).clamp_min(0.0)


def _interpolate(values: Tensor, knots_s: npt.NDArray[np.float64], at_s: Tensor) -> Tensor:
    """Linear interpolation of [J, C] values at knots to [n, C]; 0 before, held after."""
    knots = torch.from_numpy(knots_s.astype(np.float32)).to(values.device)
    right = torch.searchsorted(knots, at_s).clamp(1, len(knots) - 1)
    fraction = (at_s - knots[right - 1]) / (knots[right] - knots[right - 1])
    mixed = torch.lerp(values[right - 1], values[right], fraction.clamp(0.0, 1.0)[:, None])
    mixed[at_s < 0] = 0.0
    return mixed


def add_partials(out: Tensor, note: NoteTracks) -> None:
    """Add a note's partials to a clip's samples [n], in place."""
    loud = note.partial_db > _AUDIBLE_DB
    audible = loud.any(dim=0).nonzero()[:, 0]
    if not len(audible):
        return
    samples = _until_silence(note, loud)
    device = out.device
    keep = audible.cpu().numpy()
    turns = note.partials_hz[keep] / SAMPLE_RATE  # a sample
    basis = _basis(turns).to(device)
    amplitudes = amplitude(note.partial_db[:, audible])
    n_blocks = math.ceil(min(samples, len(out) - note.start) / BLOCK)
    for first in range(0, n_blocks, _BLOCKS_AT_ONCE):
        last = min(first + _BLOCKS_AT_ONCE, n_blocks)
        edges = torch.arange(first, last + 1, device=device, dtype=torch.float32)
        levels = _interpolate(amplitudes, note.knots_s, edges * (BLOCK / SAMPLE_RATE))
        if first == 0:
            levels[0] = 0.0  # no step at the onset
        angle = np.outer(np.arange(first, last) * BLOCK, turns) + note.phases[keep]
        phase = torch.from_numpy(((angle % 1.0) * (2 * np.pi)).astype(np.float32)).to(device)
        sine, cosine = torch.sin(phase), torch.cos(phase)
        here, there = levels[:-1], levels[1:]
        coefficients = torch.cat([here * sine, here * cosine, there * sine, there * cosine], dim=1)
        piece = (coefficients @ basis).reshape(-1)
        begin = note.start + first * BLOCK
        room = min(len(piece), len(out) - begin)
        out[begin : begin + room] += piece[:room]


def _until_silence(note: NoteTracks, loud: Tensor) -> int:
    """Samples up to the knot after the last at which anything is ``loud`` [J, channels]."""
    last = int(loud.any(dim=1).nonzero()[-1])
    after = min(last + 1, len(note.knots_s) - 1)
    return min(note.samples, math.ceil(note.knots_s[after] * SAMPLE_RATE))


def _basis(turns: npt.NDArray[np.float64]) -> Tensor:
    """[4K, 64]: cosine and sine of each partial, fading out, then fading in, over a block."""
    n = np.arange(BLOCK)
    angle = 2 * np.pi * np.outer(turns, n)
    pair = np.concatenate([np.cos(angle), np.sin(angle)])
    ramp = n / BLOCK
    return torch.from_numpy(np.concatenate([pair * (1 - ramp), pair * ramp]).astype(np.float32))


def add_noise_power(power: Tensor, note: NoteTracks) -> None:
    """Add a note's noise power to a clip's [frames, N], in place.

    Frame f is centred on sample f · 128.
    """
    loud = note.noise_db > _AUDIBLE_DB
    if not loud.any():
        return
    first = -(-note.start // NOISE_HOP)
    last = min(len(power), (note.start + _until_silence(note, loud)) // NOISE_HOP + 1)
    for begin in range(first, last, _BLOCKS_AT_ONCE):
        end = min(begin + _BLOCKS_AT_ONCE, last)
        frames = torch.arange(begin, end, device=power.device, dtype=torch.float64)
        at_s = ((frames * NOISE_HOP - note.start) / SAMPLE_RATE).float()
        power[begin:end] += _interpolate(amplitude(note.noise_db), note.knots_s, at_s).square()


def filtered_noise(
    power: Tensor, samples: int, generator: torch.Generator, step: Callable[[float], None]
) -> Tensor:
    """White noise given the band powers of a clip.

    Args:
        power: [frames, N] variance in each noise band; frame f is centred on sample f · 128.
        samples: length of the result.
        generator: source of the noise, on the CPU so that every device hears the same.
        step: told the fraction done.

    Returns:
        float32 [samples].
    """
    device = power.device
    window = torch.hann_window(NOISE_FFT, device=device)
    to_bins = _bands_to_bins().to(device)
    half = NOISE_FFT // 2
    out = torch.zeros(len(power) * NOISE_HOP + 2 * NOISE_FFT, device=device)
    # The last window's worth of each chunk's white noise begins the next chunk's.
    carried = torch.randn(NOISE_FFT - NOISE_HOP, generator=generator)
    for first in range(0, len(power), _BLOCKS_AT_ONCE):
        chunk = power[first : first + _BLOCKS_AT_ONCE]
        fresh = torch.randn(len(chunk) * NOISE_HOP, generator=generator)
        white = torch.cat([carried, fresh])
        carried = white[-(NOISE_FFT - NOISE_HOP) :]
        if not bool(chunk.any()):
            continue
        spectra = torch.fft.rfft(white.to(device).unfold(0, NOISE_FFT, NOISE_HOP) * window)
        gain = (chunk @ to_bins).sqrt()
        frames = torch.fft.irfft(spectra * gain) * window / 1.5
        begin = first * NOISE_HOP
        length = (len(chunk) - 1) * NOISE_HOP + NOISE_FFT
        out[begin : begin + length] += _overlap_add(frames)
        step(first / len(power))
    return out[half : half + samples]


def _overlap_add(frames: Tensor) -> Tensor:
    """[F, 512] windows 128 samples apart to [(F − 1) · 128 + 512]."""
    length = (len(frames) - 1) * NOISE_HOP + NOISE_FFT
    folded = functional.fold(frames.T[None], (1, length), (1, NOISE_FFT), stride=(1, NOISE_HOP))
    return folded.reshape(-1)


def _bands_to_bins() -> Tensor:
    """[N, bins]: variance in each band to power gain of each bin, for white noise of variance 1."""
    bin_hz = SAMPLE_RATE / NOISE_FFT
    hz = np.arange(NOISE_FFT // 2 + 1) * bin_hz
    low, high = NOISE_EDGES_HZ[:-1, None], NOISE_EDGES_HZ[1:, None]
    # A bin stands for half a bin's width on either side; low bands are narrower than a bin.
    shared = np.minimum(hz + bin_hz / 2, high) - np.maximum(hz - bin_hz / 2, low)
    share = np.clip(shared, 0.0, None) / bin_hz
    density = (SAMPLE_RATE / 2) / (high - low)
    return torch.from_numpy((share * density).astype(np.float32))
