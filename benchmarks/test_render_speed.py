"""Speed of rendering with the embedded bundle, on one thread."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.material import Material, note_rtf
from core.clip import Clip, Note
from core.synthesizer import Synthesizer


def test_render_a_short_clip(benchmark: Any, material: Material, synth: Synthesizer) -> None:
    take = benchmark(synth.render, material.clip, material.timbre)
    note_rtf(benchmark, take.seconds)


def test_first_audio_of_one_note(benchmark: Any, material: Material, synth: Synthesizer) -> None:
    note = Clip.of("note", [Note(0.0, 60, 100, 0.5)])
    benchmark(synth.render, note, material.timbre)


@pytest.mark.parametrize("polyphony", [1, 8])
def test_render_thirty_seconds(
    benchmark: Any, material: Material, synth: Synthesizer, polyphony: int
) -> None:
    notes = [
        Note(0.5 * step, 40 + (7 * step + 5 * voice) % 48, 90, 0.45)
        for step in range(60)
        for voice in range(polyphony)
    ]
    clip = Clip.of("long", notes)
    take = benchmark.pedantic(synth.render, (clip, material.timbre), rounds=3, warmup_rounds=1)
    note_rtf(benchmark, take.seconds)


def test_encode_a_reference(benchmark: Any, material: Material, synth: Synthesizer) -> None:
    benchmark(synth.embed, material.timbre)
