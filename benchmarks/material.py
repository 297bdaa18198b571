"""What the benchmarks work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.clip import Clip
from core.timbre import AudioTimbre
from core.types import FloatArray


@dataclass(frozen=True)
class Material:
    """One item: its score, its target [1, frames] and its reference as a timbre."""

    clip: Clip
    target: FloatArray
    sample_rate: int
    timbre: AudioTimbre


def note_rtf(benchmark: Any, seconds: float) -> None:
    """Add the real-time factor to a benchmark's figures; nothing is timed when it is disabled."""
    if benchmark.stats is not None:
        benchmark.extra_info["rtf"] = benchmark.stats.stats.median / seconds
