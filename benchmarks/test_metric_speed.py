"""Items per second of each metric, on one item of the built-in set and one thread.

Run with ``uv run pytest benchmarks``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.material import Material
from core.synthesizer import Synthesizer
from evaluation.metrics import clap, consistency, distance, mss, pitch, transcription


def test_transcribe(benchmark: Any, material: Material) -> None:
    benchmark(transcription.transcribe, material.target, material.sample_rate)


def test_match_notes(benchmark: Any, material: Material) -> None:
    benchmark(transcription.evaluate, material.clip, material.clip.notes)


def test_mss(benchmark: Any, material: Material) -> None:
    pair = (material.target, material.sample_rate)
    benchmark(mss.evaluate, material.target * 0.5, material.sample_rate, *pair)


def test_consistency(benchmark: Any, material: Material) -> None:
    pair = (material.target, material.sample_rate)
    benchmark(consistency.evaluate, *pair, material.clip.notes, pair)


@pytest.mark.parametrize("follower", ["yin", "crepe"])
def test_pitch(benchmark: Any, material: Material, follower: str) -> None:
    notes = material.clip.notes
    benchmark(pitch.evaluate, material.target, material.sample_rate, notes, [follower])


def test_clap_embedding(benchmark: Any, material: Material, synth: Synthesizer) -> None:
    benchmark(clap.embed, synth.encoder, material.target, material.sample_rate)


@pytest.mark.parametrize("count", [24, 1000])
def test_distances(benchmark: Any, count: int) -> None:
    rng = np.random.default_rng(0)
    sets = [rng.standard_normal((count, 512)).astype(np.float32) for _ in range(2)]
    benchmark.pedantic(
        distance.evaluate, sets, {"embedding": "noise", "reference": "noise"}, rounds=3
    )
