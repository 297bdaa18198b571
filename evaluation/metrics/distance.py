"""Are two sets of sounds alike? Fréchet and kernel audio distance.

Task: compare a set of renders with a set of recordings as wholes, through an embedding.

Conventions: a set is [n, d], one embedding a row, computed in float64. Lower is more alike; a
figure has no unit but that of its embedding.

``fad``: Fréchet distance of Gaussians fitted to both sets (Kilgour et al., Interspeech 2019).
It is biased upwards at small N, strongly when N is not far above the embedding's dimension:
compare only figures of equal N, and see the note that comes with the result.

``kad``: 100 × the unbiased squared maximum mean discrepancy with a Gaussian kernel (Chung et
al., "KAD: No more FAD!", 2025). Unbiased at any N; may come out slightly below 0. Bandwidth:
the median pairwise distance within the reference set, as that paper defines it (its released
code takes the median from the other set).

How they differ from other scorers: the embedding is pluggable and named in the result (papers' FAD
is VGGish's at 16 kHz, fadtk has several): anything with a name and a call from sound to vectors
[n, d]. One embedding stands for a whole sound, where those take one a second. The trace of the
matrix square root is taken from singular values, never from ``sqrtm``, which fails on singular
covariances. Fewer than two vectors in a set: both distances are None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.coercion.arrays import as_array
from core.encoders.base import TimbreEncoder
from core.errors import AudioError
from core.types import FloatArray
from evaluation.metrics.clap import embed

EmbeddingMatrix = npt.NDArray[np.float64]
"""A set of embeddings [n, d]."""
KAD_SCALE = 100.0
"""The paper's factor for MMD²."""


class EmbeddingModel(Protocol):
    """What turns a sound into one or more vectors."""

    @property
    def name(self) -> str:
        """Identifies the embedding and its weights; printed with the figure."""

    def __call__(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """Embeddings of a sound.

        Args:
            audio: float32 [frames] or [channels, frames].
            sample_rate: Hz.

        Returns:
            float32 [n ≥ 1, d].
        """


@dataclass(frozen=True)
class EncoderEmbedding:
    """One vector per sound from a timbre encoder."""

    encoder: TimbreEncoder

    @property
    def name(self) -> str:
        """The encoder's id and the start of its hash."""
        return f"{self.encoder.id} ({self.encoder.sha256[:12]})"

    def __call__(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """Embedding [1, 512] of a sound [frames] or [channels, frames] at a rate in hertz."""
        return embed(self.encoder, audio, sample_rate)[None]


@dataclass(frozen=True)
class Distance:
    """A distance between sets, with what it depends on.

    Attributes:
        fad: Fréchet audio distance, ≥ 0; None below two vectors in a set.
        kad: kernel audio distance, ×100; None below two vectors in a set.
        embedding: name of the embedding.
        reference: name of the reference set.
        n, n_reference: number of vectors in each set.
        dimension: of the embedding.
    """

    fad: float | None
    kad: float | None
    embedding: str
    reference: str
    n: int
    n_reference: int
    dimension: int

    @property
    def note(self) -> str:
        """What a reader must know about the bias of these figures, in one line."""
        sizes = f"N = {self.n}, reference {self.reference} N = {self.n_reference}"
        if self.fad is None:
            return f"{sizes}: too few for a distance"
        if min(self.n, self.n_reference) <= self.dimension:
            return (
                f"{sizes}, dimension {self.dimension}: covariances are singular and FAD is "
                "biased upwards; compare equal N only, or use KAD"
            )
        return f"{sizes}, dimension {self.dimension}: FAD is biased by about 1/N; KAD is not"


def validate(vectors: EmbeddingMatrix) -> None:
    """Raises AudioError unless the vectors are [n, d] and finite."""
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise AudioError(f"a set of embeddings must be finite [n, d], got {vectors.shape}")


def evaluate(
    vectors: npt.ArrayLike,
    reference_vectors: npt.ArrayLike,
    *,
    embedding: str,
    reference: str,
) -> Distance:
    """Both distances between two sets of embeddings.

    Args:
        vectors: [n, d].
        reference_vectors: [m, d].
        embedding: its name.
        reference: name of the reference set.

    Raises:
        AudioError: if the shapes do not fit or values are not finite.
        TypeError: if a set is no array of numbers.
    """
    taken = "an array of embeddings, [n, d]"
    first = as_array("the set", vectors, taken).astype(np.float64)
    second = as_array("the reference set", reference_vectors, taken).astype(np.float64)
    validate(first)
    validate(second)
    if first.shape[1] != second.shape[1]:
        raise AudioError(
            f"embeddings of {first.shape[1]} and {second.shape[1]} values cannot be compared"
        )
    enough = min(len(first), len(second)) >= 2
    return Distance(
        fad=frechet(first, second) if enough else None,
        kad=kernel(first, second) if enough else None,
        embedding=embedding,
        reference=reference,
        n=len(first),
        n_reference=len(second),
        dimension=first.shape[1],
    )


def frechet(first: EmbeddingMatrix, second: EmbeddingMatrix) -> float:
    """|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), ≥ 0 (Dowson and Landau, 1982).

    Args:
        first: [n ≥ 2, d].
        second: [m ≥ 2, d].

    With centred data matrices A and B, Σ₁ = AᵀA and Σ₂ = BᵀB, the trace of the root is the
    sum of the singular values of A Bᵀ: exact, symmetric and safe for singular covariances.
    """
    one = (first - first.mean(axis=0)) / np.sqrt(len(first) - 1)  # [n, d]
    two = (second - second.mean(axis=0)) / np.sqrt(len(second) - 1)  # [m, d]
    if max(len(one), len(two)) > first.shape[1]:
        # Many vectors: work with d × d roots instead of n × m products.
        one, two = _covariance_root(one), _covariance_root(two)  # [d, d] each
    cross = float(np.linalg.svd(one @ two.T, compute_uv=False).sum())
    shift = float(((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum())
    # Equal sets come out a rounding error below 0.
    return max(0.0, shift + float((one**2).sum() + (two**2).sum()) - 2 * cross)


def _covariance_root(centred: EmbeddingMatrix) -> EmbeddingMatrix:
    """Symmetric square root [d, d] of the covariance of a centred data matrix [n, d]."""
    values, axes = np.linalg.eigh(centred.T @ centred)  # [d], [d, d]
    root: EmbeddingMatrix = (axes * np.sqrt(np.maximum(values, 0.0))) @ axes.T
    return root


def kernel(
    first: EmbeddingMatrix, second: EmbeddingMatrix, bandwidth: float | None = None
) -> float:
    """100 × unbiased MMD² with a Gaussian kernel; may be slightly below 0 (Gretton et al., 2012).

    Args:
        first: [n ≥ 2, d].
        second: the reference set, [m ≥ 2, d].
        bandwidth: of the kernel, > 0, in the embedding's unit; None: the median pairwise
            distance within the reference set.
    """
    within_reference = _squared_distances(second, second)  # [m, m]
    if bandwidth is None:
        bandwidth = _median_distance(within_reference)
    # Equal vectors throughout leave no scale; any will do, as only equality then counts.
    width = 2 * max(bandwidth, 1e-12) ** 2
    own = np.exp(-_squared_distances(first, first) / width)  # [n, n]
    theirs = np.exp(-within_reference / width)  # [m, m]
    between = np.exp(-_squared_distances(first, second) / width)  # [n, m]
    n, m = len(first), len(second)
    # Leaving out each vector's pair with itself is what makes the estimate unbiased.
    mmd = (
        (own.sum() - np.trace(own)) / (n * (n - 1))
        + (theirs.sum() - np.trace(theirs)) / (m * (m - 1))
        - 2 * between.mean()
    )
    return float(KAD_SCALE * mmd)


def reference_bandwidth(reference: EmbeddingMatrix) -> float:
    """The median pairwise distance within a reference set [m ≥ 2, d], in the embedding's unit."""
    return _median_distance(_squared_distances(reference, reference))


def _median_distance(squared: EmbeddingMatrix) -> float:
    return float(np.median(np.sqrt(squared[np.triu_indices(len(squared), 1)])))


def _squared_distances(first: EmbeddingMatrix, second: EmbeddingMatrix) -> EmbeddingMatrix:
    """Squared Euclidean distances [n, m] of all pairs of rows of [n, d] and [m, d]."""
    squared: EmbeddingMatrix = (
        (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None] - 2 * first @ second.T
    )
    return np.maximum(squared, 0.0)
