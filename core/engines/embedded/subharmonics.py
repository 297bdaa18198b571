"""Partials halfway between those of the key: what sounds below it.

An organ's sixteen-foot stop sounds an octave under the key that is played, a synthesizer's lead a
fifth over it: half of what is heard lies at odd multiples of half the fundamental. How strong each
of the lowest sixteen is beside the note as a whole hardly depends on key, velocity or time (by
1 to 5 dB within an organ), so that it is not learned but stated: by the last coordinates of an
embedding, one a partial, which the decoder's networks do not see.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from core.engines.embedded.controls import N_SUBHARMONICS

LEAST_DB = -60.0
"""Level of a half partial whose coordinate is 0, dB relative to a note's lowest partials."""

MOST_DB = 15.0

SUMMED = 8
"""That level is relative to the power of so many partials, the lowest of the key."""

_SCALE = 0.25 / -LEAST_DB  # of a coordinate, a dB
_SILENT_POWER = 10.0 ** ((LEAST_DB + 4.0) / 10.0)
_TINY = 1e-20
_DB = math.log(10.0) / 10.0


def to_coordinates(level_db: Tensor) -> Tensor:
    """Levels relative to a note's lowest partials, dB [*, 16], to coordinates [*, 16] ≥ 0."""
    return _SCALE * (level_db.clamp(LEAST_DB, MOST_DB) - LEAST_DB)


def relative_levels(place: Tensor) -> Tensor:
    """What a timbre's coordinates [M, 511] say of its half partials: dB [M, 16].

    Levels within 4 dB of :data:`LEAST_DB` are silence, as coordinates are seldom exactly 0.
    """
    stated = LEAST_DB + place[:, -N_SUBHARMONICS:] / _SCALE
    power = torch.exp(stated.clamp(LEAST_DB, MOST_DB) * _DB) - _SILENT_POWER
    return torch.log(power.clamp_min(_TINY)) / _DB


def without(embedding: Tensor) -> Tensor:
    """The same timbre with no half partials: [M, 512], unit norm."""
    rest = functional.pad(embedding[:, :-N_SUBHARMONICS], (0, N_SUBHARMONICS))
    return functional.normalize(rest, dim=-1)


def as_in(embedding: Tensor, other: Tensor) -> Tensor:
    """A timbre with the half partials of another.

    Args:
        embedding: [M, 512], the timbre.
        other: [M, 512], whose half partials it gets.

    Returns:
        [M, 512], unit norm.
    """
    # Coordinates are relative to the anchor, which the two need not share.
    own = other[:, -N_SUBHARMONICS:] * (embedding[:, :1] / other[:, :1])
    return functional.normalize(torch.cat([embedding[:, :-N_SUBHARMONICS], own], dim=-1), dim=-1)


def subharmonic_levels(partial_db: Tensor, relative_db: Tensor) -> Tensor:
    """Levels of half partials; of none far under ``FLOOR_DB``.

    A fit adds up powers: sixteen partials at that floor would be a rumble to it.

    Args:
        partial_db: [J, 128], of the key's own partials.
        relative_db: [J, 16], from :func:`relative_levels`.

    Returns:
        dB [J, 16].
    """
    # The power of the lowest partials together, [J, 1].
    whole = torch.logsumexp(partial_db[:, :SUMMED] * _DB, dim=1, keepdim=True) / _DB
    return whole + relative_db
