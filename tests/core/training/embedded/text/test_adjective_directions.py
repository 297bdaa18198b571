"""Directions of adjectives, from instruments whose traits are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cosine_similarity

from core.encoders.embedded.adjectives import TRAITS
from core.engines.embedded.controls import N_SUBHARMONICS
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.descriptor import DescriptorProjection
from core.training.embedded.text.adjective_directions import (
    adjective_directions,
    learned_directions,
)
from core.training.sources.instruments import Instrument


def instruments(count: int, rng: np.random.Generator) -> list[Instrument]:
    """Of three programs with many instruments each, and of one family whose programs are rare."""
    found = []
    for number in range(count):
        kind = int(rng.integers(4))
        program = kind if kind < 3 else 40 + number % 30
        family = ("piano", "organ", "reed", "strings")[kind]
        found.append(Instrument(f"x:0:{number}", "X", family, program, (), "train"))
    return found


def test_directions_are_found_whatever_kinds_differ_by() -> None:
    """Brightness goes with kind, and kinds lie far apart; neither misleads."""
    rng = np.random.default_rng(2)
    made = instruments(400, rng)
    families = [instrument.family for instrument in made]
    true = torch.zeros(4, 511)
    true[:, :40] = torch.randn(4, 40, generator=torch.Generator().manual_seed(1)) * 0.1
    traits = rng.uniform(0, 1, (len(made), 4))
    traits[:, 0] += [("piano", "organ", "reed", "strings").index(family) for family in families]
    kinds = {family: torch.from_numpy(rng.normal(0, 1, 511)).float() for family in set(families)}
    ranks = np.argsort(np.argsort(traits, axis=0), axis=0) / (len(made) - 1)
    places = torch.stack([kinds[family] for family in families])
    places = places + torch.from_numpy(2 * ranks - 1).float() @ true
    places = places + 0.03 * torch.randn(places.shape, generator=torch.Generator().manual_seed(2))
    measured = [dict(zip(TRAITS, row, strict=True)) for row in traits.tolist()]
    found = adjective_directions(places, made, measured)
    assert (cosine_similarity(found[:, :40], true[:, :40]) > 0.97).all()
    assert (found[:, -N_SUBHARMONICS:] == 0.0).all()


def test_directions_of_a_training_set(procedural_data: Path) -> None:
    training = TrainingSet(procedural_data, "train")
    projection = DescriptorProjection(512)
    projection.fit(training.draw_descriptors(40, 0.5))
    found = learned_directions(training, projection)
    assert found.shape == (4, 511)
    assert torch.isfinite(found).all()
    assert float(found.norm()) > 0.01
