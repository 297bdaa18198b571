"""The interface of a timbre encoder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from core.clip import Note
from core.progress import (
    ProgressCallback,
    StageCallback,
    always_continue,
    ignore_stage,
    report,
)
from core.threads import computing
from core.types import FloatArray


@dataclass(frozen=True)
class AudioEncoding:
    """A recording's embedding, and what is to be said about it.

    Attributes:
        embedding: float32 [512], unit norm.
        remarks: what the recording is that limits its timbre (speech, noise, …), and what will
            come of it, one line each, for people.
    """

    embedding: FloatArray
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeardNotes:
    """What is heard in a recording before a timbre is taken from it.

    Attributes:
        notes: by start, seconds from the beginning of the recording.
        start_s, end_s: the part that a timbre is taken from, seconds.
        remarks: what limits the timbre, a line each.
    """

    notes: tuple[Note, ...]
    start_s: float
    end_s: float
    remarks: tuple[str, ...] = ()


class TimbreEncoder(ABC):
    """Maps recordings and words to unit vectors of one space.

    Attributes:
        id: stable name of architecture and weights, such as ``embedded-1``.
        sha256: hex digest of the weights. Figures and cached embeddings of two encoders
            are never mixed; this tells them apart.
        has_small_steps: as of :class:`core.engines.declaration.EngineDeclaration`.
    """

    id: str
    sha256: str
    has_small_steps: bool = True

    @property
    def fingerprint(self) -> str:
        """What kept embeddings are told apart by, hex: the weights and, if known, the code."""
        return self.sha256

    def computing(self) -> AbstractContextManager[None]:
        """Around what is encoded in a row: as many threads as suit it."""
        return computing(self.has_small_steps)

    def loaded(self, _on_stage: StageCallback = ignore_stage) -> TimbreEncoder:
        """The same encoder, its weights in memory; ``on_stage`` is called if that takes a while."""
        return self

    @abstractmethod
    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """Embed a recording.

        Args:
            audio: float32 [channels, frames], any length from 0.05 s up, finite, not silent
                (:func:`core.audio.read_reference` checks this).
            sample_rate: Hz.

        Returns:
            float32 [512], unit norm. The same samples give the same vector.
        """

    def encode_audio_with_remarks(
        self,
        audio: FloatArray,
        sample_rate: int,
        on_progress: ProgressCallback = always_continue,
    ) -> AudioEncoding:
        """As :meth:`encode_audio`, with what the encoder noticed.

        Args:
            audio, sample_rate: as there.
            on_progress: called with the fraction done, if it takes steps; False cancels.

        Raises:
            Cancelled: if ``on_progress`` said so.
        """
        report(on_progress, 0.0)
        return AudioEncoding(self.encode_audio(audio, sample_rate))

    def encode_audio_fast(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """An embedding for comparing sounds by the thousand; same arguments, same shape.

        What an encoder does beyond its network, to make a render sound right, is left out.
        """
        return self.encode_audio(audio, sample_rate)

    @abstractmethod
    def encode_text(self, text: str) -> FloatArray:
        """Embed a description of a sound.

        Returns:
            float32 [512], unit norm.
        """


def unit(vector: FloatArray) -> FloatArray:
    """Scale to norm 1.

    Raises:
        ValueError: if the vector is zero or not finite.
    """
    norm = float(np.linalg.norm(vector))
    if not np.isfinite(norm) or norm < 1e-12:
        raise ValueError("an embedding must be finite and not zero")
    return (vector / norm).astype(np.float32)
