"""How sure a distance between two sets is, and what the truth differs from itself by.

Interval: the jackknife over instruments (Tukey, 1958). Each is left out of both sets in turn, and
the spread of what is left gives the standard error, with Student's factor. Over more than
:data:`MOST_BLOCKS` instruments, blocks of them are left out.

Halves: a set of N has a Fréchet distance above 0 even to another set of the same kind, the more so
the smaller N is. So the instruments are split in two many times over: what one half of the truth is
from the other is the floor, and the system's half is measured against the truth's other half in the
same splits: equal N on both sides, and no item against its own target. A system at the floor cannot
be told from the truth by this distance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics.distance import EmbeddingMatrix
from evaluation.statistics.intervals import Bounds, around

SetDistance = Callable[[EmbeddingMatrix, EmbeddingMatrix], float]
"""Distance of a set [n, d] from a reference set [m, d]."""

MOST_BLOCKS = 32
SPLITS = 40
_LEAST_VECTORS = 2
"""In a set, below which no distance is defined."""


@dataclass(frozen=True)
class EmbeddedSet:
    """The embeddings of a system's sounds, and whose they are.

    Attributes:
        vectors: float64 [n, d].
        groups: instrument of each, [n]; what is left out, or falls into a half, as one.
    """

    vectors: EmbeddingMatrix
    groups: Sequence[str]

    def part(self, groups: frozenset[str]) -> EmbeddingMatrix:
        """The vectors [k, d] of some groups."""
        return self.vectors[[group in groups for group in self.groups]]


@dataclass(frozen=True)
class Halves:
    """Mean distances between halves.

    Attributes:
        floor: of one half of the truth from the other.
        floor_high: what 95 % of the splits of the truth stay below.
        system: of a half of the system from the truth's other half, in the same splits.
        n: instruments in a half.
    """

    floor: float
    floor_high: float
    system: float
    n: int


def jackknife(
    distance: SetDistance, own: EmbeddedSet, truth: EmbeddedSet, bounds: Bounds = (None, None)
) -> tuple[float, float] | None:
    """Interval of 95 % of a distance, by leaving out instruments; None below three of them.

    Args:
        distance: of two sets.
        own: the system's.
        truth: the reference.
        bounds: of the distance.
    """
    names = sorted({*own.groups} & {*truth.groups})
    blocks = [frozenset(names[i::MOST_BLOCKS]) for i in range(min(MOST_BLOCKS, len(names)))]
    everyone = frozenset({*own.groups, *truth.groups})
    values = []
    for block in blocks:
        parts = own.part(everyone - block), truth.part(everyone - block)
        if min(map(len, parts)) >= _LEAST_VECTORS:
            values.append(distance(*parts))
    count = len(values)
    if count < 3 or count < len(blocks):
        return None
    spread = np.array(values) - np.mean(values)
    error = float(np.sqrt((count - 1) / count * (spread**2).sum()))
    whole = distance(own.vectors, truth.vectors)
    return around(whole, error, count - 1, bounds)


def halves(distance: SetDistance, own: EmbeddedSet, truth: EmbeddedSet, seed: int) -> Halves | None:
    """What halves of the truth and of a system differ by; None below four shared instruments.

    Args:
        distance: of two sets.
        own: the system's.
        truth: the reference.
        seed: of the splits.
    """
    names = sorted({*own.groups} & {*truth.groups})
    if len(names) < 2 * _LEAST_VECTORS:
        return None
    rng = np.random.default_rng(seed)
    floors, systems = [], []
    for _ in range(SPLITS):
        order = [names[i] for i in rng.permutation(len(names))]
        middle = len(order) // 2
        first, second = frozenset(order[:middle]), frozenset(order[middle : 2 * middle])
        floors.append(distance(truth.part(first), truth.part(second)))
        systems.append(distance(own.part(first), truth.part(second)))
    return Halves(
        float(np.mean(floors)),
        float(np.percentile(floors, 95)),
        float(np.mean(systems)),
        len(names) // 2,
    )
