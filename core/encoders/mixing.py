"""Embeddings of timbres that are made of others, whose own embeddings are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.encoders.sphere import linear_mean, spherical_mean
from core.timbre import Blend, Morph, Timbre
from core.types import EmbeddingPath, FloatArray

_LEAST_LENGTH_S = 1e-3  # of a path, in a clip of no length


def combined(timbre: Timbre, embeddings: Sequence[FloatArray]) -> FloatArray:
    """The embedding of a timbre that is made of others, whose own are known.

    Args:
        timbre: a blend, or a morph, of which this is the mean over time.
        embeddings: of what is heard in it (:attr:`core.timbre.Timbre.heard`), in that order.

    Returns:
        float32 [512], unit norm.

    Raises:
        SettingsError: if the parts of a linear blend cancel out.
    """
    if isinstance(timbre, Blend):
        return mix(timbre, embeddings)
    if isinstance(timbre, Morph):
        return follow(timbre, embeddings, 1.0).mean(1.0)
    raise TypeError(f"a {type(timbre).__name__} is made of no others")


def mix(blend: Blend, embeddings: Sequence[FloatArray]) -> FloatArray:
    """The embedding of a blend whose parts are known.

    Args:
        blend: the recipe.
        embeddings: of its parts that weigh anything, in their order.

    Returns:
        float32 [512], unit norm.

    Raises:
        SettingsError: if the parts of a linear blend cancel out.
    """
    weights = np.array([weight for _, weight in blend.parts if weight > 0], np.float64)
    mean = spherical_mean if blend.mode == "slerp" else linear_mean
    return mean(np.stack(embeddings), weights)  # [n, 512]


def follow(morph: Morph, embeddings: Sequence[FloatArray], length_s: float) -> EmbeddingPath:
    """The path of a morph through a clip.

    Args:
        morph: the recipe.
        embeddings: float32 [512], unit norm, of the timbre at each of its points.
        length_s: of the clip, seconds.

    Returns:
        From its first point's time to the clip's end, whatever comes after the last point.
    """
    length_s = max(length_s, _LEAST_LENGTH_S)
    positions = [position for position, _ in morph.points]
    points = list(embeddings)
    if positions[-1] < 1.0:
        positions.append(1.0)
        points.append(points[-1])
    return EmbeddingPath(np.array(positions) * length_s, np.stack(points))
