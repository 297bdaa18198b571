"""Means of unit vectors: the arithmetic of blending timbres.

Knows vectors and weights; what they stand for is :mod:`core.timbre`'s business.
"""

from __future__ import annotations

import math

import numpy as np

from core.encoders.base import unit
from core.errors import SettingsError
from core.types import Float64Array, FloatArray


def linear_mean(vectors: FloatArray, weights: Float64Array) -> FloatArray:
    """The weighted sum, scaled to norm 1.

    Args:
        vectors: [n, d], unit norm.
        weights: [n], ≥ 0, not all 0.

    Raises:
        SettingsError: if the sum has no direction.
    """
    total = (weights / weights.max()) @ vectors.astype(np.float64)  # [n] @ [n, d]
    if np.linalg.norm(total) < 1e-6:
        raise SettingsError(
            "the parts of this linear blend cancel out; change the weights or use mode slerp"
        )
    return unit(total.astype(np.float32))


def spherical_mean(vectors: FloatArray, weights: Float64Array) -> FloatArray:
    """Slerp of any number of vectors: their weighted mean on the sphere.

    The result is the point whose weighted sum of squared great-circle distances to the
    vectors is least (the Fréchet mean; Buss and Fillmore, "Spherical averages and
    applications to spherical splines and interpolation", 2001). For two vectors that is
    exactly slerp, and the order of the parts does not matter. Opposite vectors have many
    great circles between them; then one fixed axis decides which is taken.

    Args:
        vectors: [n, d], unit norm.
        weights: [n], ≥ 0, not all 0.

    Returns:
        float32 [d], unit norm.
    """
    points = vectors.astype(np.float64)  # [n, d]
    shares = weights / weights.max()
    shares = shares / shares.sum()
    mean = shares @ points  # [d]
    if np.linalg.norm(mean) < 1e-6:
        # No direction to start from: begin at the heaviest point.
        mean = points[int(np.argmax(shares))]
    mean = mean / np.linalg.norm(mean)
    if len(points) == 2:
        return unit(slerp(points[0], points[1], float(shares[1])).astype(np.float32))
    # Gradient descent: walk along the mean of the tangents that lead to the points.
    for _ in range(100):
        step = sum(
            (share * _log_map(mean, point) for share, point in zip(shares, points, strict=True)),
            np.zeros_like(mean),
        )
        angle = float(np.linalg.norm(step))
        if angle < 1e-10:
            break
        mean = math.cos(angle) * mean + math.sin(angle) * step / angle
        mean = mean / np.linalg.norm(mean)
    return unit(mean.astype(np.float32))


def slerp(start: Float64Array, end: Float64Array, fraction: float) -> Float64Array:
    """A point on the great circle between two unit vectors.

    Args:
        start: [d], unit norm.
        end: [d], unit norm.
        fraction: of the way, 0…1.

    Returns:
        [d], unit norm.
    """
    tangent = fraction * _log_map(start, end)
    angle = float(np.linalg.norm(tangent))
    if angle < 1e-12:
        return start
    point: Float64Array = math.cos(angle) * start + math.sin(angle) * tangent / angle
    return point


def _log_map(base: Float64Array, point: Float64Array) -> Float64Array:
    """Tangent at ``base`` that leads to ``point``; its length is the angle between them."""
    cosine = float(base @ point)
    across = point - cosine * base
    sine = float(np.linalg.norm(across))
    if sine < 1e-7:
        if cosine > 0:
            return np.zeros_like(base)
        # Opposite: leave along the coordinate axis that lies least along the base.
        axis = np.zeros_like(base)
        axis[int(np.argmin(np.abs(base)))] = 1.0
        across = axis - (axis @ base) * base
        across *= math.pi / float(np.linalg.norm(across))
        return across
    across *= math.atan2(sine, cosine) / sine
    return across
