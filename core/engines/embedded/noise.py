"""Noise in bands: one source, filtered by the sum of what all notes ask for.

Noise of all notes is summed as power, at frames 128 samples apart on a grid of the whole
clip's; then white noise is filtered by the sum, through windows of 512 samples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from core.engines.embedded.controls import FLOOR_DB, NOISE_EDGES_HZ, SAMPLE_RATE
from core.engines.embedded.synthesis import (
    NoteTracks,
    amplitude,
    interpolate,
    until_silence,
)

NOISE_FFT, NOISE_HOP = 512, 128
_FRAMES_AT_ONCE = 4096  # bounds memory for clips of any length


def add_noise_power(power: Tensor, note: NoteTracks) -> None:
    """Add a note's noise power to a clip's, in place.

    Args:
        power: float32 [frames, N]; frame f is centred on sample f · 128.
        note: what to add.
    """
    loud = note.noise_db > FLOOR_DB
    if not loud.any():
        return
    first = -(-note.start // NOISE_HOP)
    last = min(len(power), (note.start + until_silence(note, loud)) // NOISE_HOP + 1)
    for begin in range(first, last, _FRAMES_AT_ONCE):
        end = min(begin + _FRAMES_AT_ONCE, last)
        frames = torch.arange(begin, end, device=power.device, dtype=torch.float64)
        at_s = ((frames * NOISE_HOP - note.start) / SAMPLE_RATE).float()
        power[begin:end] += interpolate(amplitude(note.noise_db), note.knots_s, at_s).square()


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
    source = NoiseSource(generator, power.device)
    out = torch.zeros(len(power) * NOISE_HOP + 2 * NOISE_FFT, device=power.device)
    for first in range(0, len(power), _FRAMES_AT_ONCE):
        sound = source.next(power[first : first + _FRAMES_AT_ONCE])
        if sound is not None:
            begin = first * NOISE_HOP
            out[begin : begin + len(sound)] += sound
            step(first / len(power))
    half = NOISE_FFT // 2
    return out[half : half + samples]


class NoiseSource:
    """White noise that is filtered piece by piece, whatever the pieces.

    Args:
        generator: source of the noise, on the CPU so that every device hears the same.
        device: where to filter.
    """

    def __init__(self, generator: torch.Generator, device: torch.device | str = "cpu") -> None:
        self._generator = generator
        self._window = torch.hann_window(NOISE_FFT, device=device)
        self._to_bins = bands_to_bins().to(device)
        # The last window's worth of each piece's white noise begins the next piece's.
        self._carried = torch.randn(NOISE_FFT - NOISE_HOP, generator=generator)

    def next(self, power: Tensor) -> Tensor | None:
        """The windows of the next frames, filtered and added up.

        Args:
            power: [F, N], variance in each noise band.

        Returns:
            [(F − 1) · 128 + 512], whose first sample lies 256 before the centre of the first
            frame; None for silence.
        """
        fresh = torch.randn(len(power) * NOISE_HOP, generator=self._generator)
        white = torch.cat([self._carried, fresh])
        self._carried = white[-(NOISE_FFT - NOISE_HOP) :]
        if not bool(power.any()):
            return None
        windows = white.to(power.device).unfold(0, NOISE_FFT, NOISE_HOP) * self._window  # [F, 512]
        # [F, N] @ [N, 257]: the power gain of each bin.
        shaped = torch.fft.rfft(windows) * (power @ self._to_bins).sqrt()
        # Hann windows, squared, four of them over each sample, add up to 1.5.
        return _overlap_add(torch.fft.irfft(shaped) * self._window / 1.5)


def _overlap_add(frames: Tensor) -> Tensor:
    """[F, 512] windows 128 samples apart to [(F − 1) · 128 + 512]."""
    parts = NOISE_FFT // NOISE_HOP
    out = frames.new_zeros(len(frames) + parts - 1, NOISE_HOP)
    for i, part in enumerate(frames.view(-1, parts, NOISE_HOP).unbind(1)):
        out[i : i + len(frames)] += part
    return out.view(-1)


def bands_to_bins() -> Tensor:
    """[N, bins]: variance in each band to power gain of each bin, for white noise of variance 1."""
    bin_hz = SAMPLE_RATE / NOISE_FFT
    hz = np.arange(NOISE_FFT // 2 + 1) * bin_hz
    low, high = NOISE_EDGES_HZ[:-1, None], NOISE_EDGES_HZ[1:, None]
    # A bin stands for half a bin's width on either side; low bands are narrower than a bin.
    shared = np.minimum(hz + bin_hz / 2, high) - np.maximum(hz - bin_hz / 2, low)
    share = np.clip(shared, 0.0, None) / bin_hz
    density = (SAMPLE_RATE / 2) / (high - low)
    return torch.from_numpy((share * density).astype(np.float32))
