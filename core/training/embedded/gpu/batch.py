"""A :class:`core.training.embedded.batch.Batch` of played instruments, made where they are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.encoders.embedded.features import N_LEVELS, SERIES, bin_centres_hz, series_hz
from core.engines.embedded.controls import (
    ENVELOPE_HZ,
    FLOOR_DB,
    MAX_PARTIAL_HZ,
    N_NOISE,
    N_PARTIALS,
)
from core.training.embedded.bands import NOISE_CENTRES_HZ
from core.training.embedded.batch import KNOTS_PER_NOTE, Batch
from core.training.embedded.gpu.descriptor import band_places, descriptors
from core.training.embedded.gpu.note_levels import NoteLevels, gain_at, partials_hz
from core.training.embedded.gpu.packed_dataset import N_MOMENTS

_SENTENCE = 384


def colour_features(features: Tensor, gain_db: Tensor) -> Tensor:
    """See :func:`core.training.embedded.bands.colour_features`: of many, [B, T, 290] and [B, G]."""
    octaves = features[..., N_LEVELS]
    parts = [
        (part, torch.from_numpy(hz).to(features)[None, None].expand(*features.shape[:2], -1))
        for part, hz in bin_centres_hz()
    ]
    multiples = torch.from_numpy(series_hz(np.zeros(1, np.float32))[0]).to(features)
    parts.append((SERIES, torch.exp2(octaves)[..., None] * multiples))
    out = features.clone()
    for part, hz in parts:
        level = features[..., part]
        moved = (level + gain_at(gain_db, hz) / 20.0).masked_fill(level <= -4.0, -9.0)
        out[..., part] = (moved - moved.amax(dim=(1, 2), keepdim=True)).clamp_min(-4.0)
    plain = ~(gain_db != 0).any(dim=1)
    return torch.where(plain[:, None, None], features, out)


def assemble(
    played: NoteLevels, features: Tensor, lengths: Tensor, colours: Tensor, notes_each: int,
    generator: torch.Generator,
) -> Batch:  # fmt: skip
    """A batch of B coloured instruments, so many notes of each at 16 of their moments."""
    count, device = len(played.source), features.device
    shape = (count, notes_each)
    note = torch.randint(played.pitch.shape[1], shape, generator=generator, device=device)
    item = torch.arange(count, device=device).repeat_interleave(notes_each)
    note = note.flatten()
    order = torch.rand(len(note), N_MOMENTS, generator=generator, device=device).argsort(dim=1)
    moment = order[:, :KNOTS_PER_NOTE].sort(dim=1).values
    times_s = played.times_s[item, note].gather(1, moment)
    held_s = played.held_s[item, note]
    off_s = (times_s - held_s[:, None]).clamp_min(0.0)
    pitch, velocity, detune, stiffness = (
        getattr(played, name)[item, note].float()
        for name in ("pitch", "velocity", "detune_cents", "inharmonicity")
    )
    hz = partials_hz(pitch, detune, stiffness).float()
    rows = moment[..., None].expand(-1, -1, N_PARTIALS + N_NOISE)
    level_db = played.level_db[item, note].gather(1, rows)
    noise_hz = torch.from_numpy(NOISE_CENTRES_HZ).float().to(device)
    all_hz = torch.cat([hz, noise_hz.expand(len(hz), -1)], dim=1)
    level_db = (level_db + gain_at(colours[item], all_hz)[:, None]).clamp_min(FLOOR_DB)
    span = float(np.log2(ENVELOPE_HZ[-1] / ENVELOPE_HZ[0]))
    place = torch.log2(hz / float(ENVELOPE_HZ[0])) * ((len(ENVELOPE_HZ) - 1) / span)
    place = place.clamp(0.0, len(ENVELOPE_HZ) - 1.0)
    index = place.long().clamp_max(len(ENVELOPE_HZ) - 2)
    band, band_fraction = band_places(hz)

    def each(values: Tensor) -> Tensor:
        return values.repeat_interleave(KNOTS_PER_NOTE, dim=0)

    knots = len(item) * KNOTS_PER_NOTE
    return Batch(
        features=features,
        frames=lengths,
        sentence=torch.zeros(count, _SENTENCE, device=device),
        portrait=descriptors(played, colours),
        item_of_note=item,
        pitch=pitch,
        velocity=velocity,
        inharmonicity=stiffness,
        detune_cents=detune,
        note_of_knot=torch.arange(len(item), device=device).repeat_interleave(KNOTS_PER_NOTE),
        on_s=times_s.flatten(),
        off_s=off_s.flatten(),
        index=each(index),
        fraction=each(place - index),
        audible=each((hz < MAX_PARTIAL_HZ).float()),
        known=torch.ones(knots, N_PARTIALS, dtype=torch.bool, device=device),
        noise_known=torch.ones(knots, N_NOISE, dtype=torch.bool, device=device),
        band=each(band),
        band_fraction=each(band_fraction),
        partial_db=level_db[..., :N_PARTIALS].flatten(0, 1),
        noise_db=level_db[..., N_PARTIALS:].flatten(0, 1),
        modulation=played.modulation[item, note],
        plain=torch.zeros(count, dtype=torch.bool, device=device),
    )
