"""The values that cross every interface: sound, embeddings, and paths of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import SettingsError

EMBEDDING_DIM = 512
"""Length of every timbre embedding; its Euclidean norm is 1."""

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]

_MOMENTS = 256


@dataclass(frozen=True)
class EmbeddingPath:
    """A timbre that moves during the clip.

    Attributes:
        times_s: float64 [n], strictly increasing, seconds from the clip's start.
        embeddings: float32 [n, 512], unit norm. Between two points the path follows
            the great circle; before the first and after the last it stays put.

    Raises:
        SettingsError: if the shapes do not fit or the times do not increase.
    """

    times_s: npt.NDArray[np.float64]
    embeddings: FloatArray

    def __post_init__(self) -> None:
        if self.embeddings.shape != (len(self.times_s), EMBEDDING_DIM) or not len(self.times_s):
            raise SettingsError(
                f"an embedding path needs n times and n × {EMBEDDING_DIM} values, got "
                f"{self.times_s.shape} and {self.embeddings.shape}"
            )
        if np.any(np.diff(self.times_s) <= 0):
            raise SettingsError("the times of an embedding path must increase")

    def at(self, times_s: npt.NDArray[np.float64]) -> FloatArray:
        """The timbre at some times.

        Args:
            times_s: [m], seconds from the clip's start.

        Returns:
            float32 [m, 512], unit norm.
        """
        last = len(self.times_s) - 1
        right = np.clip(np.searchsorted(self.times_s, times_s), min(1, last), last)
        left = np.maximum(right - 1, 0)
        # A path of one point has left = right and no span to divide by.
        span_s = np.where(right > left, self.times_s[right] - self.times_s[left], 1.0)
        fraction = np.clip((times_s - self.times_s[left]) / span_s, 0.0, 1.0)[:, None]  # [m, 1]
        a, b = self.embeddings[left], self.embeddings[right]  # [m, 512] each
        angle = np.arccos(np.clip((a * b).sum(axis=1, keepdims=True), -1.0, 1.0))
        # Points that (nearly) coincide or oppose each other have no one great circle: go straight.
        straight = (angle < 1e-3) | (angle > np.pi - 1e-3)
        sine = np.where(straight, 1.0, np.sin(angle))
        from_a = np.where(straight, 1.0 - fraction, np.sin((1.0 - fraction) * angle) / sine)
        from_b = np.where(straight, fraction, np.sin(fraction * angle) / sine)
        mixed = from_a * a + from_b * b
        norm = np.linalg.norm(mixed, axis=1, keepdims=True)
        mixed = np.where(norm > 1e-6, mixed, a)
        return (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)

    def stations(self, step_rad: float) -> Float64Array:
        """Times at which the path is at its points, and at places evenly laid between these.

        Args:
            step_rad: at most so far apart the places lie, radians.

        Returns:
            float64 [m], increasing.
        """
        cosines = (self.embeddings[:-1] * self.embeddings[1:]).sum(axis=1, dtype=np.float64)
        steps = np.ceil(np.arccos(np.clip(cosines, -1.0, 1.0)) / step_rad).astype(np.int64)
        between = [
            np.linspace(before, after, max(1, count), endpoint=False)
            for before, after, count in zip(self.times_s, self.times_s[1:], steps, strict=False)
        ]
        return np.unique(np.concatenate([*between, self.times_s[-1:]]))

    def mean(self, until_s: float) -> FloatArray:
        """The timbre's mean over time, from the clip's start on.

        Args:
            until_s: end of the time, seconds.

        Returns:
            float32 [512], unit norm. Where the path's ends cancel out, what is half way.
        """
        middles = (np.arange(_MOMENTS) + 0.5) * (until_s / _MOMENTS)
        total = self.at(middles).mean(axis=0, dtype=np.float64)  # [512]
        norm = float(np.linalg.norm(total))
        if norm < 1e-6:
            return self.at(np.array([until_s / 2]))[0]
        return (total / norm).astype(np.float32)


Embedding = FloatArray | EmbeddingPath
