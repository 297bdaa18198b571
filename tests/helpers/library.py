"""Fakes for the preset library's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.encoders.base import TimbreEncoder, unit
from core.types import EMBEDDING_DIM, FloatArray

MakeTone = Callable[[str, float], Path]


class SeedEncoder(TimbreEncoder):
    """Words and recordings get a vector of their own; counts how often it is asked."""

    def __init__(self, sha256: str = "5" * 64) -> None:
        self.id, self.sha256 = "seeds", sha256
        self.calls = 0

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        return self._vector([*self.sha256.encode(), 1, round(1e4 * float(np.abs(audio).sum()))])

    def encode_text(self, text: str) -> FloatArray:
        return self._vector([*self.sha256.encode(), 2, *text.encode()])

    def _vector(self, seed: list[int]) -> FloatArray:
        self.calls += 1
        rng = np.random.default_rng(seed)
        return unit(rng.standard_normal(EMBEDDING_DIM).astype(np.float32))
