"""Makes the golden files of the metric tests: ``python -m tests.evaluation.make_golden``.

``basic_pitch.json`` is what the published package itself hears in the test melody, and does
not depend on our code. ``figures.json`` holds our metrics' figures on formula-made sounds, so
that no later change moves one unnoticed; what they should be is checked elsewhere.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from core.clip import Note
from evaluation.metrics import consistency, distance, mss, pitch, transcription
from tests.evaluation import sounds

GOLDEN = Path(__file__).parent / "metrics" / "golden"


def heard_by_basic_pitch() -> list[list[float]]:
    """[start_s, end_s, pitch, velocity] of the melody, from basic_pitch.inference.predict."""
    import soundfile
    from basic_pitch.inference import predict

    from core.transcription.basic_pitch import model_path

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / "melody.wav"
        soundfile.write(path, sounds.play(sounds.melody()), sounds.RATE, subtype="FLOAT")
        _, _, events = predict(path, model_path())
    return sorted([float(s), float(e), int(p), round(127 * float(v))] for s, e, p, v, _ in events)


def figures() -> dict[str, Any]:
    """Every metric's figures on the test sounds."""
    clip = sounds.melody()
    target = sounds.play(clip)
    render = sounds.play(clip, partials=3, decay=5.0)
    heard = [
        Note(note.start_s + 0.03 * (i % 3), note.pitch + (i == 4), 90, note.duration_s * 1.1)
        for i, note in enumerate(clip.notes)
    ]
    rng = np.random.default_rng(0)
    sets = rng.standard_normal((12, 4)), rng.standard_normal((9, 4)) + 0.5
    apart = distance.evaluate(sets[0], sets[1], embedding="test", reference="test")
    return {
        "transcription": transcription.evaluate(clip, heard),
        "mss": mss.evaluate(render, sounds.RATE, target, sounds.RATE),
        "consistency": consistency.evaluate(render, sounds.RATE, clip.notes, (target, sounds.RATE)),
        "pitch": pitch.evaluate(target, sounds.RATE, clip.notes),
        "distance": {"fad": apart.fad, "kad": apart.kad},
    }


if __name__ == "__main__":
    folder = GOLDEN
    folder.mkdir(exist_ok=True)
    for name, data in (("basic_pitch", heard_by_basic_pitch()), ("figures", figures())):
        (folder / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
