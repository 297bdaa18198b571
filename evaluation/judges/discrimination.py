"""How well a judge tells instruments apart: is the same instrument, playing something else, nearer?

Task: from each instrument's two performances, of different notes, say how often the judge finds a
pair of one instrument more alike than a pair of two instruments (area under the ROC curve), and
whether sounds that are no instrument lie farther off than other instruments do.

Conventions: embeddings are float32 [N, D], norm 1 or all 0, row i of both sets of one instrument;
similarities are cosines. 0.5 is guessing, 1 is never wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.types import Float64Array, FloatArray


@dataclass(frozen=True)
class Discrimination:
    """How a judge tells N instruments apart.

    Attributes:
        auc: chance that a pair of one instrument is more alike than a pair of two.
        nearest: share of performances whose nearest among N others is their own instrument's.
        same: mean similarity of two performances of one instrument.
        other: mean similarity of performances of two instruments.
    """

    auc: float
    nearest: float
    same: float
    other: float


def discrimination(first: FloatArray, second: FloatArray) -> Discrimination:
    """How well embeddings tell instruments apart.

    Args:
        first, second: [N ≥ 2, D], one performance of each instrument and another.
    """
    similarity = first.astype(np.float64) @ second.astype(np.float64).T  # [N, N]
    own = np.diag(similarity)
    others = similarity[~np.eye(len(similarity), dtype=bool)]
    return Discrimination(
        auc=area_under_curve(own, others),
        nearest=float((similarity.argmax(axis=1) == np.arange(len(own))).mean()),
        same=float(own.mean()),
        other=float(others.mean()),
    )


def area_under_curve(positive: Float64Array, negative: Float64Array) -> float:
    """Chance that a positive is above a negative, ties half (Mann and Whitney, 1947).

    Args:
        positive: [n ≥ 1].
        negative: [m ≥ 1].
    """
    below = positive[:, None] > negative[None]
    tied = positive[:, None] == negative[None]
    return float(below.mean() + tied.mean() / 2)


def nearer_than_others(targets: FloatArray, others: FloatArray, sound: FloatArray) -> float:
    """Share of targets that a sound is nearer to than other instruments are on average.

    Args:
        targets: [N ≥ 2, D].
        others: [N, D], row i of the instrument of target i, which is left out for that target.
        sound: [D].
    """
    similarity = targets.astype(np.float64) @ others.astype(np.float64).T
    mean_other = (similarity.sum(axis=1) - np.diag(similarity)) / (len(similarity) - 1)  # [N]
    return float((targets.astype(np.float64) @ sound > mean_other).mean())
