"""What adjectives do to a timbre: the directions in which instruments of one kind differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.encoders.embedded.adjectives import N_TRAITS, TRAITS
from core.engines.embedded.controls import N_SUBHARMONICS
from core.engines.embedded.decoder import coordinates
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.descriptor import DescriptorProjection
from core.training.sources.instruments import Instrument
from core.types import Float64Array

_LEAST_OF_A_KIND = 4
_RIDGE = 3.0


def adjective_directions(
    places: Tensor, instruments: Sequence[Instrument], traits: Sequence[dict[str, float]]
) -> Tensor:
    """From the middle of all ranks of a trait to their upper end [4, 511], in coordinates.

    A regression on all traits at once, within kinds: a General MIDI program's instruments, or a
    family's where a program has few.

    Args:
        places: [I, 511], coordinates of the instruments' embeddings.
        instruments: I of them.
        traits: as measured by :func:`core.training.embedded.instrument_file.measure_traits`.
    """
    programs = np.array([str(instrument.program) for instrument in instruments])
    names, counts = np.unique(programs, return_counts=True)
    many = set(names[counts >= _LEAST_OF_A_KIND]) - {"None"}
    kinds = np.array(
        [
            program if program in many else instrument.family
            for program, instrument in zip(programs, instruments, strict=True)
        ]
    )
    x, y = ranks_of(traits), places.clone()
    y[:, -N_SUBHARMONICS:] = 0.0  # what sounds below a key is no matter of degree
    for kind in np.unique(kinds):
        own = torch.from_numpy(kinds == kind)
        x[own] -= x[own].mean(dim=0)
        y[own] -= y[own].mean(dim=0)
    return torch.linalg.solve(x.T @ x + _RIDGE * torch.eye(N_TRAITS), x.T @ y)


@torch.no_grad()
def learned_directions(training: TrainingSet, projection: DescriptorProjection) -> Tensor:
    """The same of a training set's own instruments, without derived ones and copies: [4, 511].

    Args:
        training: has them.
        projection: of their descriptors to embeddings.
    """
    chosen = [
        index
        for index, instrument in enumerate(training.instruments)
        if not instrument.id.startswith("derived:") and "+" not in instrument.id
    ]
    descriptors = training.descriptors(chosen).to(projection.mean.device)
    return adjective_directions(
        coordinates(projection(descriptors)).cpu(),
        [training.instruments[index] for index in chosen],
        [training.traits[index] for index in chosen],
    )


def ranks_of(traits: Sequence[dict[str, float]]) -> Tensor:
    """Where instruments stand among each other in each trait, −1 to 1: [I, 4]."""
    ranks = np.stack([_ranked([one[name] for one in traits]) for name in TRAITS], axis=1)
    return torch.from_numpy(2.0 * ranks - 1.0).float()


def _ranked(values: Sequence[float]) -> Float64Array:
    """Ranks, 0 to 1."""
    return np.argsort(np.argsort(values)) / max(len(values) - 1, 1)
