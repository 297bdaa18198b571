"""Random rooms and background noise for many recordings at once, on any device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.engines.embedded.controls import SAMPLE_RATE

_ROOM_S = 1.5
_EARLY_S = 0.01


def room(sound: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A random room around a share of recordings; length is kept.

    Exponentially decaying noise, highs sooner than lows, 20 to 3 dB under the direct sound in
    all (Moorer, *About this reverberation business*, Computer Music Journal 3 (1979)).

    Args:
        sound: [R, n].
        share: of the recordings, 0 to 1.
        generator: on their device.
    """
    which = (torch.rand(len(sound), generator=generator, device=sound.device) < share).nonzero()
    which = which[:, 0]
    if not len(which):
        return sound
    count, length = len(which), round(_ROOM_S * SAMPLE_RATE)

    def uniform(low: float, high: float) -> Tensor:
        drawn = torch.rand(count, 1, generator=generator, device=sound.device)
        return low + (high - low) * drawn

    at_s = torch.arange(length, device=sound.device) / SAMPLE_RATE
    sixty_s = torch.exp(uniform(math.log(0.15), math.log(2.5)))
    white = torch.randn(count, length, generator=generator, device=sound.device)
    spectrum = torch.fft.rfft(white)
    hz = torch.fft.rfftfreq(length, 1 / SAMPLE_RATE, device=sound.device)
    corner_hz = torch.exp(uniform(math.log(1000.0), math.log(8000.0)))
    highs = torch.fft.irfft(spectrum * (1.0 - 1.0 / (1.0 + (hz / corner_hz) ** 2)), length)
    lows = white - highs
    fall = torch.exp(-6.9 * at_s / sixty_s)
    tail = lows * fall + highs * fall.pow(1.0 + 3.0 * uniform(0.0, 1.0))
    tail = tail * (at_s > _EARLY_S * uniform(0.2, 3.0))
    tail = tail / tail.square().sum(dim=1, keepdim=True).clamp_min(1e-9).sqrt()
    wet = tail * torch.pow(10.0, uniform(-20.0, -3.0) / 20.0)
    size = 1 << (sound.shape[1] + length - 1).bit_length()
    reverb = torch.fft.irfft(torch.fft.rfft(sound[which], size) * torch.fft.rfft(wet, size), size)
    return sound.index_add(0, which, reverb[:, : sound.shape[1]])


def background(sound: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Noise, white or falling by 6 dB an octave, 15–60 dB under a share of recordings.

    Args:
        sound: [R, n].
        share: of the recordings, 0 to 1.
        generator: on their device.
    """
    shape = (len(sound), 1)

    def uniform() -> Tensor:
        return torch.rand(shape, generator=generator, device=sound.device)

    chosen, brown = uniform() < share, uniform() < 0.3
    white = torch.randn(sound.shape, generator=generator, device=sound.device)
    spectrum = torch.fft.rfft(white)
    hz = torch.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE, device=sound.device)
    slope = torch.where(brown, 1.0 / hz.clamp_min(20.0), 1.0)
    noise = torch.fft.irfft(spectrum * slope, sound.shape[1])
    level = sound.square().mean(dim=1, keepdim=True).sqrt()
    level = level * torch.pow(10.0, -(15.0 + 45.0 * uniform()) / 20.0)
    noise = noise * level / noise.square().mean(dim=1, keepdim=True).sqrt().clamp_min(1e-12)
    return sound + noise * chosen
