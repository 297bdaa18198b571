"""Many instruments' notes at a few moments each, on one device, in decibels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.engines.embedded.controls import N_PARTIALS
from core.training.embedded.bands import FILTER_GRID_HZ
from core.training.embedded.gpu.packed_dataset import PackedDataset


@dataclass(frozen=True)
class NoteLevels:
    """B instruments of N notes at T moments each.

    Attributes:
        source: int64 [B], which of the data set's instruments each was made from.
        level_db: [B, N, T, 160], partials, then noise.
        times_s: [B, N, T]; pitch, velocity, held_s, detune_cents, inharmonicity: [B, N].
        modulation: [B, N, 7], NaN where it was not measured.
    """

    source: Tensor
    level_db: Tensor
    times_s: Tensor
    pitch: Tensor
    velocity: Tensor
    held_s: Tensor
    detune_cents: Tensor
    inharmonicity: Tensor
    modulation: Tensor

    @property
    def partials_hz(self) -> Tensor:
        """[B, N, 128]; see :func:`core.engines.embedded.controls.partial_hz`."""
        return partials_hz(self.pitch, self.detune_cents, self.inharmonicity)


def partials_hz(pitch: Tensor, detune_cents: Tensor, inharmonicity: Tensor) -> Tensor:
    """Frequencies of notes' partials, Hz.

    Args:
        pitch: [*], MIDI keys; they may lie between two.
        detune_cents: [*].
        inharmonicity: [*].

    Returns:
        float64 [*, 128].
    """
    k = torch.arange(1, N_PARTIALS + 1, device=pitch.device, dtype=torch.float64)
    f0_hz = 440.0 * 2.0 ** ((pitch.double() - 69.0 + detune_cents.double() / 100.0) / 12.0)
    return f0_hz[..., None] * k * (1.0 + inharmonicity.double()[..., None] * k**2).sqrt()


def select_instruments(dataset: PackedDataset, chosen: Tensor) -> NoteLevels:
    """Instruments of a data set as they are.

    Args:
        dataset: has them.
        chosen: int64 [B], their numbers.
    """
    return NoteLevels(chosen, **dataset.of(chosen))


def interpolate(values: Tensor, times_s: Tensor, at_s: Tensor) -> Tensor:
    """Linear interpolation in time; before the first moment and after the last it stays put.

    Args:
        values: [*, T, C].
        times_s: [*, T], seconds, never decreasing.
        at_s: [*, n], seconds.

    Returns:
        [*, n, C].
    """
    right = torch.searchsorted(times_s.contiguous(), at_s.contiguous(), right=True)
    right = right.clamp(1, times_s.shape[-1] - 1)
    before, after = times_s.gather(-1, right - 1), times_s.gather(-1, right)
    part = ((at_s - before) / (after - before).clamp_min(1e-6)).clamp(0.0, 1.0)
    wide = (*right.shape, values.shape[-1])
    low = values.gather(-2, (right - 1)[..., None].expand(wide))
    high = values.gather(-2, right[..., None].expand(wide))
    return torch.lerp(low, high, part[..., None])


def gain_at(gain_db: Tensor, hz: Tensor) -> Tensor:
    """Gain of filters at any frequencies, dB.

    Args:
        gain_db: [B, 96], at ``FILTER_GRID_HZ``.
        hz: [B, *].

    Returns:
        [B, *].
    """
    last = len(FILTER_GRID_HZ) - 1
    low, high = math.log2(FILTER_GRID_HZ[0]), math.log2(FILTER_GRID_HZ[-1])
    place = (torch.log2(hz.float().clamp_min(1.0)) - low) * (last / (high - low))
    place = place.clamp(0.0, last - 1e-3).flatten(1)
    index = place.long()
    left, right = gain_db.gather(1, index), gain_db.gather(1, index + 1)
    return torch.lerp(left, right, place - index).view(hz.shape)
