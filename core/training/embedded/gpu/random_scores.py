"""Short performances for instruments still to be chosen: what references play."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

SECONDS = 4.0
"""The longest."""

_CHORD = np.array([0, 3, 4, 5, 7, 8, 9, 12, -12, -5])
N_EVENTS = 32
"""Notes that a performance may have."""


@dataclass(frozen=True)
class RandomScores:
    """R performances of up to 32 notes, for instruments still to be chosen.

    Attributes:
        key: [R, 32], semitones from wherever the performance is centred.
        start_s, held_s: [R, 32]; held_s is 0 where there is no note.
        louder_db: [R], how uneven loudness is. seconds: [R], how long each performance is.
    """

    key: Tensor
    start_s: Tensor
    held_s: Tensor
    louder_db: Tensor
    seconds: Tensor

    def __len__(self) -> int:
        return len(self.seconds)

    def of(self, chosen: Tensor) -> RandomScores:
        """Some of them."""
        return RandomScores(**{name: value[chosen] for name, value in vars(self).items()})

    def to(self, device: torch.device) -> RandomScores:
        """The same on another device."""
        return RandomScores(**{name: value.to(device) for name, value in vars(self).items()})


def write_random_scores(count: int, seed: int) -> RandomScores:
    """Performances of one note, a melody, or chords, from staccato to overlapping.

    Args:
        count: R, how many.
        seed: of everything random.
    """
    rng = np.random.default_rng([83, seed])
    events = np.zeros((3, count, N_EVENTS), np.float32)
    seconds = rng.uniform(1.0, SECONDS, count).astype(np.float32)
    for performance, length_s in enumerate(seconds):
        style = rng.choice(3, p=[0.2, 0.5, 0.3])  # single, melody, chords
        step_s = float(np.exp(rng.uniform(np.log(0.12), 0.0)))
        share, uneven = float(rng.uniform(0.2, 1.1)), float(rng.uniform(0.0, 0.4))
        at_s, key, rows = float(rng.uniform(0.0, 0.1)), 0, list[tuple[float, float, float]]()
        while at_s < length_s - 0.1:
            gap_s = step_s * float(rng.choice([1, 1, 1, 2]))
            held_s = max(0.05, gap_s * share * math.exp(rng.uniform(-uneven, uneven)))
            if style == 0:
                gap_s, held_s = SECONDS, float(rng.uniform(0.15, 0.95) * length_s)
            together = {key}
            if style == 2:
                above = rng.choice(_CHORD, int(rng.integers(2, 5)), replace=False)
                together = {key + int(step) for step in above}
            rows += [(own, at_s, held_s) for own in together]
            key = int(np.clip(key + rng.integers(-5, 6), -14, 14))
            at_s += gap_s
        kept = np.array(rows[:N_EVENTS], np.float32)
        events[:, performance, : len(kept)] = kept.T
    louder_db = rng.uniform(0.0, 4.0, count).astype(np.float32)
    return RandomScores(*(torch.from_numpy(column) for column in (*events, louder_db, seconds)))
