"""The renders that :mod:`tests.core.test_same_sound` holds the program to.

    python -m tests.data.renders.make    # only when sounds are meant to change

Each is short, so that they are cheap to keep. ``render-1.wav`` and ``preset-1.timbre`` were
written by the program as it was before its modules and settings were given their present
places; they are never made again: that old files can still be read is what they test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from core import AudioTimbre, Blend, Clip, Note, Synthesizer, TextTimbre
from core.engines.base import RenderRequest
from core.settings import RenderSettings
from core.types import EmbeddingPath, FloatArray
from tests.core.engines.tokensynth import tiny

AS_PLAYED = RenderSettings(gain=0.0)
"""The stored renders are older than gains."""

HERE = Path(__file__).parent
CLIP = Clip.of("three", [Note(0.0, 57, 90, 0.4), Note(0.2, 64, 50, 0.5), Note(0.5, 72, 120, 0.2)])


def renders(synth: Synthesizer) -> dict[str, Callable[[], FloatArray]]:
    """Each render by name, computed when called: float32 [frames] at the engine's rate."""
    piano, strings = TextTimbre("bright acoustic grand piano"), TextTimbre("slow strings")

    def recording() -> FloatArray:
        with tempfile.TemporaryDirectory() as folder:
            reference = Path(folder) / "reference.wav"
            synth.render(CLIP, TextTimbre("nylon guitar"), seed=3, settings=AS_PLAYED).write(
                reference
            )
            return synth.render(CLIP, AudioTimbre(reference), seed=8, settings=AS_PLAYED).audio[0]

    def encode_audio_fast() -> FloatArray:
        heard = synth.render(CLIP, TextTimbre("nylon guitar"), seed=3, settings=AS_PLAYED)
        embedding = synth.encoder.encode_audio_fast(heard.audio, heard.sample_rate)
        (take,) = synth.render_requests([RenderRequest(CLIP, embedding, AS_PLAYED, 6)])
        return take.audio[0]

    def moving() -> FloatArray:
        points = np.stack([synth.embed(piano), synth.embed(strings)])
        path = EmbeddingPath(np.array([0.0, CLIP.length_s]), points)
        (take,) = synth.render_requests([RenderRequest(CLIP, path, AS_PLAYED, 5)])
        return take.audio[0]

    def tokens() -> FloatArray:
        request = tiny.request(4, 0.8, 1, temperature=0.9, top_k=40, guidance=1.6)
        return tiny.engine().render([request])[0][0]

    return {
        "words": lambda: synth.render(CLIP, piano, seed=7, settings=AS_PLAYED).audio[0],
        "recording": recording,
        "first-look": encode_audio_fast,
        "blend": lambda: synth.render(
            CLIP, Blend(((piano, 0.6), (strings, 0.4))), seed=9, settings=AS_PLAYED
        ).audio[0],
        "moving": moving,
        "tokensynth": tokens,
    }


def main() -> None:
    synth = Synthesizer.load("embedded", device="cpu")
    for name, render in renders(synth).items():
        audio = render()
        peak = float(np.abs(audio).max())
        # Scaled to the full range of 24 bits, so that rounding stays far below what is asked.
        soundfile.write(
            HERE / f"{name}.flac", 0.999 * audio / peak, synth.sample_rate, subtype="PCM_24"
        )
        print(f"{name}: peak {peak:.6f}, {len(audio)} samples")


if __name__ == "__main__":
    main()
