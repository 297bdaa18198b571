"""Descriptors of many instruments at once, on any device; see
:mod:`core.training.embedded.descriptor`."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from core.engines.embedded.controls import FLOOR_DB, MAX_PARTIAL_HZ, N_PARTIALS, N_SUBHARMONICS
from core.training.embedded.bands import HIGHEST_HZ, LOWEST_HZ, N_BANDS, NOISE_CENTRES_HZ, mel
from core.training.embedded.descriptor import (
    LOUD,
    MODULATION_SCALE,
    QUIETEST_DB,
    REGION_WIDTH,
    REGIONS,
    SEEN_DOWN_S,
    SEEN_PARTIALS,
    SEEN_RELEASED_S,
    SOFT,
)
from core.training.embedded.gpu.note_levels import NoteLevels, gain_at, interpolate, partials_hz


def descriptors(instruments: NoteLevels, filters_db: Tensor) -> Tensor:
    """Descriptors of B instruments, each through its filter.

    Args:
        instruments: B of them.
        filters_db: [B, 96], gains at ``FILTER_GRID_HZ``, dB; zeros: unfiltered.

    Returns:
        [B, ``N_DESCRIPTOR``].
    """
    down_s = torch.tensor(SEEN_DOWN_S, device=instruments.pitch.device)
    released_s = torch.tensor(SEEN_RELEASED_S, device=instruments.pitch.device)
    held_s = instruments.held_s[..., None]
    wanted_s = torch.cat(
        [down_s.expand(*instruments.held_s.shape, -1), held_s + released_s], dim=-1
    )
    shown = torch.cat(
        [down_s <= held_s, torch.ones_like(held_s + released_s, dtype=torch.bool)], -1
    )
    shown[..., 0] = True
    shown_f = shown.float()
    level_db = interpolate(instruments.level_db, instruments.times_s, wanted_s)  # [B, N, 10, 160]
    still = torch.zeros_like(instruments.pitch, dtype=torch.float32)
    hz = partials_hz(instruments.pitch, still, still).float()
    noise_hz = torch.from_numpy(NOISE_CENTRES_HZ).float().to(hz.device)
    all_hz = torch.cat([hz, noise_hz.expand(*hz.shape[:2], -1)], dim=-1)
    level_db = (level_db + gain_at(filters_db, all_hz)[:, :, None]).clamp_min(FLOOR_DB)
    partial_db, noise_db = level_db[..., :N_PARTIALS], level_db[..., N_PARTIALS:]
    bands = _scaled(_bands_db(partial_db, hz))
    noise = _scaled(noise_db)
    levels = torch.cat([0.7 * _scaled(partial_db[..., :SEEN_PARTIALS]), bands], dim=-1)
    regions = torch.tensor(REGIONS, device=hz.device, dtype=torch.float32)
    near = (
        torch.exp(-(((instruments.pitch[:, None] - regions[:, None]) / REGION_WIDTH) ** 2)) + 1e-4
    )
    weight = near[..., None] * shown_f[:, None]  # [B, 3, N, 10]
    weight = weight / (weight.sum(dim=2, keepdim=True) + 1e-9)
    everywhere = shown_f / (shown_f.sum(dim=1, keepdim=True) + 1e-9)
    by_region = near / near.sum(dim=2, keepdim=True)
    stiffness = torch.log10(instruments.inharmonicity + 1e-5) + 5.0
    scale = torch.tensor(MODULATION_SCALE, device=hz.device, dtype=torch.float32)
    parts = [
        torch.einsum("brnt,bntk->brtk", weight, levels).flatten(1),
        torch.einsum("bnt,bntk->btk", everywhere, noise).flatten(1),
        _by_velocity(bands[:, :, 2], instruments.velocity),
        _by_velocity(noise[:, :, 2], instruments.velocity),
        instruments.modulation.nanmean(dim=1).nan_to_num(0.0) / scale,
        torch.einsum("brn,bn->br", by_region, stiffness) / 1.5,
        instruments.detune_cents.mean(dim=1, keepdim=True) / 10.0,
    ]
    # Augmented instruments have no subharmonics: a packed data set does not keep them.
    return functional.pad(torch.cat(parts, dim=1), (0, N_SUBHARMONICS))


def band_places(hz: Tensor) -> tuple[Tensor, Tensor]:
    """See :func:`core.training.embedded.bands.band_position`: index and fraction, of any shape."""
    first, last = float(mel(LOWEST_HZ)), float(mel(HIGHEST_HZ))
    place = 2595.0 * torch.log10(1.0 + hz / 700.0)
    place = ((place - first) / (last - first)).clamp(0.0, 1.0) * (N_BANDS - 1)
    index = place.long().clamp_max(N_BANDS - 2)
    return index, place - index


def _bands_db(partial_db: Tensor, hz: Tensor) -> Tensor:
    """Power of partials in bands, dB [B, N, T, 40]."""
    power = (
        torch.exp(partial_db * (math.log(10.0) / 10.0)) * (0.5 * (hz < MAX_PARTIAL_HZ))[:, :, None]
    )
    index, part = band_places(hz)
    index = index[:, :, None].expand(power.shape)
    out = power.new_zeros(*power.shape[:3], N_BANDS)
    out.scatter_add_(-1, index, power * (1.0 - part[:, :, None]))
    out.scatter_add_(-1, index + 1, power * part[:, :, None])
    return 10.0 * torch.log10(out + 1e-12)


def _scaled(level_db: Tensor) -> Tensor:
    return (level_db.clamp_min(QUIETEST_DB) + 60.0) / 25.0


def _by_velocity(levels: Tensor, velocity: Tensor) -> Tensor:
    """How much higher levels [B, N, n] are in loud notes than in soft ones [B, n]."""
    soft, loud = (velocity <= SOFT).float()[..., None], (velocity >= LOUD).float()[..., None]
    both = ((soft.sum(dim=1) > 0) & (loud.sum(dim=1) > 0)).float()
    means = [
        (levels * which).sum(dim=1) / which.sum(dim=1).clamp_min(1.0) for which in (soft, loud)
    ]
    return (means[1] - means[0]) * both
