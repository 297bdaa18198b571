"""What the benchmarks work on."""

from __future__ import annotations

from dataclasses import dataclass

from core.engines.base import FloatArray
from core.score import Clip
from core.timbre import AudioTimbre


@dataclass(frozen=True)
class Material:
    """One item: its score, its target [1, frames] and its reference as a timbre."""

    clip: Clip
    target: FloatArray
    sample_rate: int
    timbre: AudioTimbre
