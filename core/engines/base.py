"""The interface every engine implements, and the values that cross it.

An engine takes requests (a clip, an embedding or a path of them, settings, a seed)
and gives audio. It never drops anything silently: what it cannot say about a clip
is in :meth:`Engine.limits`, which callers show before rendering.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.errors import Cancelled, SettingsError
from core.score import Clip, Note

EMBEDDING_DIM = 512
"""Length of every timbre embedding; its Euclidean norm is 1."""

FloatArray = npt.NDArray[np.float32]
Progress = Callable[[float], bool]
"""``on_progress(fraction in 0…1)``; returning False cancels. Called often, must be quick."""


def always_continue(_fraction: float) -> bool:
    """The progress callback of a caller who does not watch."""
    return True


def report(on_progress: Progress, fraction: float) -> None:
    """Tell the caller how far the work is.

    Raises:
        Cancelled: if the caller answered False.
    """
    if not on_progress(min(1.0, max(0.0, fraction))):
        raise Cancelled("cancelled")


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How to decode. ``None`` means the engine's own default.

    Attributes:
        temperature: > 0; below 1 is safer, above 1 wilder. Sampling engines only.
        top_k: keep the k likeliest tokens of each codebook, ≥ 1. Sampling engines only.
        top_p: keep the smallest set of tokens with this probability, (0, 1].
            Sampling engines only.
        guidance: strength of first-note guidance, ≥ 1 (1 is off). Sampling engines only.

    Raises:
        SettingsError: if a value is outside its range.
    """

    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    guidance: float | None = None

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0.0 < self.temperature <= 100.0:
            raise SettingsError(f"temperature {self.temperature} is outside (0, 100]")
        if self.top_k is not None and self.top_k < 1:
            raise SettingsError(f"top-k {self.top_k} is below 1")
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise SettingsError(f"top-p {self.top_p} is outside (0, 1]")
        if self.guidance is not None and not 1.0 <= self.guidance <= 20.0:
            raise SettingsError(f"guidance {self.guidance} is outside 1–20")


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
        """The timbre at some times [m], float32 [m, 512], unit norm."""
        last = len(self.times_s) - 1
        right = np.clip(np.searchsorted(self.times_s, times_s), min(1, last), last)
        left = np.maximum(right - 1, 0)
        span_s = np.where(right > left, self.times_s[right] - self.times_s[left], 1.0)
        fraction = np.clip((times_s - self.times_s[left]) / span_s, 0.0, 1.0)[:, None]
        a, b = self.embeddings[left], self.embeddings[right]
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


Embedding = FloatArray | EmbeddingPath


@dataclass(frozen=True)
class RenderRequest:
    """One clip in one timbre.

    Attributes:
        clip: what to play.
        embedding: float32 [512], unit norm, or a path of them.
        settings: how to decode.
        seed: the same seed, model and device give the same samples.
    """

    clip: Clip
    embedding: Embedding
    settings: RenderSettings = field(default_factory=RenderSettings)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """Something an engine cannot say about a clip, or says differently.

    Attributes:
        code: stable, for programs: ``pitch_range``, ``velocity_steps``, ``setting_ignored``, …
        message: one line, for people.
        notes: every note it touches; empty when it is about the request as a whole.
    """

    code: str
    message: str
    notes: tuple[Note, ...] = ()


class Engine(ABC):
    """Turns notes and an embedding into audio.

    Attributes:
        sample_rate: of the audio :meth:`render` returns, Hz.
    """

    sample_rate: int

    @abstractmethod
    def limits(self, request: RenderRequest) -> list[Limit]:
        """What this engine cannot say about the request; empty when nothing."""

    @abstractmethod
    def render(
        self, requests: Sequence[RenderRequest], on_progress: Progress = always_continue
    ) -> list[FloatArray]:
        """Render a batch.

        Each request gets the audio it would get alone (to within the rounding of the
        device's arithmetic), starting exactly at its clip's start.

        Returns:
            For each request float32 [channels, frames], finite, |x| ≤ 1.

        Raises:
            Cancelled: if ``on_progress`` answered False.
        """
