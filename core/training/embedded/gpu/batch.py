"""Batches of augmented instruments, put together on the device where they are.

The same :class:`core.training.embedded.batch.TrainingBatch` as a prepared data set's.
"""

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
from core.training.embedded.batch import KNOTS_PER_NOTE, TrainingBatch
from core.training.embedded.gpu.descriptor import band_places, descriptors
from core.training.embedded.gpu.note_levels import NoteLevels, gain_at, partials_hz
from core.training.embedded.gpu.packed_dataset import N_MOMENTS

_SENTENCE = 384


def filter_features(features: Tensor, gain_db: Tensor) -> Tensor:
    """See :func:`core.training.embedded.bands.filter_features`: of many, [B, T, 290] and [B, G]."""
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
    instruments: NoteLevels, features: Tensor, lengths: Tensor, filters_db: Tensor, notes_each: int,
    generator: torch.Generator,
) -> TrainingBatch:  # fmt: skip
    """A batch of B instruments, each through its filter.

    Args:
        instruments: B of them.
        features: [2, B, T, 290], two references of each, filtered already.
        lengths: [2, B], how many of the T frames are sound.
        filters_db: [B, 96], gains at ``FILTER_GRID_HZ``, dB; zeros: unfiltered.
        notes_each: notes drawn of each instrument, with 16 of their moments.
        generator: draws them.
    """
    count, device = len(instruments.source), features.device
    shape = (count, notes_each)
    note = torch.randint(instruments.pitch.shape[1], shape, generator=generator, device=device)
    item = torch.arange(count, device=device).repeat_interleave(notes_each)
    note = note.flatten()
    order = torch.rand(len(note), N_MOMENTS, generator=generator, device=device).argsort(dim=1)
    moment = order[:, :KNOTS_PER_NOTE].sort(dim=1).values
    times_s = instruments.times_s[item, note].gather(1, moment)
    held_s = instruments.held_s[item, note]
    off_s = (times_s - held_s[:, None]).clamp_min(0.0)
    pitch, velocity, detune, stiffness = (
        getattr(instruments, name)[item, note].float()
        for name in ("pitch", "velocity", "detune_cents", "inharmonicity")
    )
    hz = partials_hz(pitch, detune, stiffness).float()
    rows = moment[..., None].expand(-1, -1, N_PARTIALS + N_NOISE)
    level_db = instruments.level_db[item, note].gather(1, rows)
    noise_hz = torch.from_numpy(NOISE_CENTRES_HZ).float().to(device)
    all_hz = torch.cat([hz, noise_hz.expand(len(hz), -1)], dim=1)
    level_db = (level_db + gain_at(filters_db[item], all_hz)[:, None]).clamp_min(FLOOR_DB)
    span = float(np.log2(ENVELOPE_HZ[-1] / ENVELOPE_HZ[0]))
    place = torch.log2(hz / float(ENVELOPE_HZ[0])) * ((len(ENVELOPE_HZ) - 1) / span)
    place = place.clamp(0.0, len(ENVELOPE_HZ) - 1.0)
    index = place.long().clamp_max(len(ENVELOPE_HZ) - 2)
    band, band_fraction = band_places(hz)

    def each(values: Tensor) -> Tensor:
        return values.repeat_interleave(KNOTS_PER_NOTE, dim=0)

    knots = len(item) * KNOTS_PER_NOTE
    return TrainingBatch(
        features=features,
        frames=lengths,
        sentence=torch.zeros(count, _SENTENCE, device=device),
        descriptor=descriptors(instruments, filters_db),
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
        recorded=torch.ones(knots, N_PARTIALS, dtype=torch.bool, device=device),
        noise_recorded=torch.ones(knots, N_NOISE, dtype=torch.bool, device=device),
        band=each(band),
        band_fraction=each(band_fraction),
        partial_db=level_db[..., :N_PARTIALS].flatten(0, 1),
        noise_db=level_db[..., N_PARTIALS:].flatten(0, 1),
        modulation=instruments.modulation[item, note],
        unfiltered=torch.zeros(count, dtype=torch.bool, device=device),
    )
