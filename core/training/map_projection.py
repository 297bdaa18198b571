"""Learns the projection of the map: ``python -m core.training.map_projection``.

To be run when the shipped weights changed; a test says so. Seconds. It learns from the recorded
training instruments whose embeddings are in the weights (the prototypes that words are looked up
among) and from the factory bank. ``--compare`` writes nothing and says, over five folds, how well
several projections keep neighbours (trustworthiness: J. Venna and S. Kaski, "Neighborhood
preservation in nonlinear projection methods", 2001) and how well families part.

The choice is a linear discriminant analysis whose scatter within families is shrunk far towards
a multiple of the identity: with no shrinkage it fits 600 points in 512 dimensions to the letter,
with all of it it is close to the principal components.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh, solve

from core.encoders.embedded.weights import load_encoder_networks
from core.library import Library
from core.library.embeddings.digests import digest_of
from core.library.factory import embeddings
from core.library.presets import MAX_PAGE
from core.library.timbre_map import projection
from core.library.timbre_map.families import FAMILIES, FAMILY_OF_PROGRAM, family_named_by
from core.library.timbre_map.projection import MapProjection
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry
from core.timbre import Blend
from core.types import Float64Array

SHRINKAGE = 0.95
"""Of the scatter within families, for the axes and for telling families apart."""

NEIGHBOURS = 10
_FOLDS = 5
_EDGE = 0.04
"""Of the unit square, left free around all but the outermost of the factory bank."""

_OUTERMOST = 0.02
Labels = npt.NDArray[np.int64]
Learner = Callable[[Float64Array, Labels], Float64Array]


@dataclass(frozen=True, eq=False)
class LabelledEmbeddings:
    """What is learned from.

    Attributes:
        embeddings: float64 [n, 512].
        families: int64 [n], −1 for none.
        factory: how many of them, at the end, are the factory bank's.
    """

    embeddings: Float64Array
    families: Labels
    factory: int


def training_data() -> LabelledEmbeddings:
    """The prototypes by their programs, and the factory bank by its tags, blends without."""
    weights = Registry().resolve(DEFAULT_BUNDLE).file("weights")
    _, sentence = load_encoder_networks(weights)
    rows = list(sentence.prototype_timbres.double().numpy())
    families = [
        FAMILY_OF_PROGRAM.get(int(programs.argmax()), -1) if programs.any() else -1
        for programs in sentence.prototype_programs.numpy()
    ]
    _, shipped = embeddings.load()
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "library.sqlite", model=None) as library,
    ):
        presets = library.list(limit=MAX_PAGE).presets
        for preset in presets:
            embedding = shipped.find(digest_of(library.recipe(preset)))
            if embedding is None:
                raise SystemExit("run `python -m core.training.factory_embeddings` first")
            named = None if preset.kind == Blend.kind else family_named_by(preset.tags)
            rows.append(embedding.astype(np.float64))
            families.append(-1 if named is None else named)
    return LabelledEmbeddings(np.array(rows), np.array(families), len(presets))


def principal_axes(points: Float64Array, _families: Labels) -> Float64Array:
    """The two directions of most variance, [d, 2]."""
    _, _, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return axes[:2].T


def discriminant_axes(shrinkage: float) -> Learner:
    """What learns the two directions along which families part most.

    Args:
        shrinkage: of the scatter within families, 0…1.
    """

    def learn(points: Float64Array, families: Labels) -> Float64Array:
        within, between, _, _ = _scatter(points, families, shrinkage)
        _, axes = eigh(between, within)
        two = axes[:, :-3:-1]
        return two / np.linalg.norm(two, axis=0)

    return learn


def family_scores(
    points: Float64Array, families: Labels, shrinkage: float = SHRINKAGE
) -> tuple[Float64Array, Float64Array]:
    """Linear discriminants of all families: axes [d, families] and bias [families].

    Args:
        points: [n, d].
        families: of points, int64 [n], −1 for none.
        shrinkage: as in :func:`discriminant_axes`.
    """
    within, _, means, shares = _scatter(points, families, shrinkage)
    axes = solve(within, means.T, assume_a="pos")
    return axes, -0.5 * np.einsum("fd,df->f", means, axes) + np.log(np.maximum(shares, 1e-9))


def _scatter(
    points: Float64Array, families: Labels, shrinkage: float
) -> tuple[Float64Array, Float64Array, Float64Array, Float64Array]:
    known = families >= 0
    points, families = points[known], families[known]
    middle, width = points.mean(axis=0), points.shape[1]
    within, between = np.zeros((width, width)), np.zeros((width, width))
    means, shares = np.zeros((len(FAMILIES), width)), np.zeros(len(FAMILIES))
    for family in range(len(FAMILIES)):
        members = points[families == family]
        if not len(members):
            continue
        means[family], shares[family] = members.mean(axis=0), len(members) / len(points)
        apart = members - means[family]
        within += apart.T @ apart / len(points)
        between += shares[family] * np.outer(means[family] - middle, means[family] - middle)
    ridge = shrinkage * np.trace(within) / width
    return (1 - shrinkage) * within + ridge * np.eye(width), between, means, shares


def learn() -> MapProjection:
    """The projection, scaled so that the factory bank fills the unit square."""
    data = training_data()
    axes = discriminant_axes(SHRINKAGE)(data.embeddings, data.families)
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)  # of two, the same one
    bank = data.embeddings[-data.factory :] @ axes
    low, high = np.quantile(bank, [_OUTERMOST, 1 - _OUTERMOST], axis=0)
    scale = (1 - 2 * _EDGE) / (high - low)
    family_axes, family_bias = family_scores(data.embeddings, data.families)
    return MapProjection(
        Registry().resolve(DEFAULT_BUNDLE).sha256_of("weights"),
        (axes * scale).astype(np.float32),
        (_EDGE - low * scale).astype(np.float32),
        family_axes.astype(np.float32),
        family_bias.astype(np.float32),
    )


def trustworthiness(points: Float64Array, places: Float64Array, k: int = NEIGHBOURS) -> float:
    """How far neighbours in the plane are neighbours indeed, 0…1.

    Args:
        points: [n, d].
        places: of the points, [n, 2].
        k: neighbours that count, below n / 2.
    """
    count = len(points)
    distance = _squared_distances(points)
    np.fill_diagonal(distance, -1.0)
    rank = distance.argsort(axis=1).argsort(axis=1)
    near = np.take_along_axis(rank, _nearest(places, k), axis=1)
    worst = count * k * (2 * count - 3 * k - 1) / 2
    return float(1 - np.maximum(near - k, 0).sum() / worst)


def family_agreement(places: Float64Array, families: Labels, k: int = NEIGHBOURS) -> float:
    """The share of neighbours that are of a point's own family, 0…1.

    Args:
        places: [n, 2].
        families: int64 [n]; those of −1 are left out.
        k: neighbours that count.
    """
    known = families >= 0
    places, families = places[known], families[known]
    return float(np.mean(families[_nearest(places, k)] == families[:, None]))


def _squared_distances(points: Float64Array) -> Float64Array:
    squares = np.einsum("ij,ij->i", points, points)
    distances: Float64Array = squares[:, None] + squares - 2 * points @ points.T
    return distances


def _nearest(places: Float64Array, k: int) -> npt.NDArray[np.intp]:
    distance = _squared_distances(places)
    np.fill_diagonal(distance, np.inf)
    return distance.argsort(axis=1)[:, :k]


def compare() -> None:
    """Print what several projections do with instruments that they were not learned from."""
    data = training_data()
    points, families = data.embeddings, data.families
    fold = np.random.default_rng(0).integers(0, _FOLDS, len(points))
    learners: dict[str, Learner] = {"principal components": principal_axes}
    for shrinkage in (0.5, 0.8, 0.9, SHRINKAGE, 0.99, 0.999):
        learners[f"discriminants, {shrinkage}"] = discriminant_axes(shrinkage)
    print(f"{len(points)} sounds, {(families >= 0).sum()} of a family; k = {NEIGHBOURS}")
    print(f"{'held out of five folds':24} trustworthiness  own family   factory bank")
    for name, learner in learners.items():
        kept, own = [], []
        for number in range(_FOLDS):
            out = fold == number
            axes = learner(points[~out], families[~out])
            places = _even(points[out] @ axes)
            kept.append(trustworthiness(points[out], places))
            own.append(family_agreement(places, families[out]))
        bank = points[-data.factory :]
        places = _even(bank @ learner(points, families))
        of_bank = trustworthiness(bank, places)
        print(f"{name:24} {np.mean(kept):15.3f} {np.mean(own):11.3f} {of_bank:14.3f}")
    right = []
    for number in range(_FOLDS):
        out = (fold == number) & (families >= 0)
        axes, bias = family_scores(points[fold != number], families[fold != number])
        right.append(np.mean((points[out] @ axes + bias).argmax(axis=1) == families[out]))
    print(f"family told by all 512 dimensions, held out: {np.mean(right):.3f}")
    made = learn()
    inside = made.places(points.astype(np.float32))
    is_inside = ((inside >= 0) & (inside <= 1)).all(axis=1)
    print(f"in the unit square: factory {is_inside[-data.factory :].mean():.2f}, "
          f"instruments {is_inside[: -data.factory].mean():.2f}")  # fmt: skip


def _even(places: Float64Array) -> Float64Array:
    spread: Float64Array = places / places.std(axis=0)
    return spread


def main() -> None:
    """Entry point of the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compare", action="store_true", help="print figures, write nothing")
    if parser.parse_args().compare:
        compare()
        return
    projection.write(projection.FILE, learn())
    print(f"{projection.FILE} is written")


if __name__ == "__main__":
    main()
