"""Makes the golden files of the metric tests: ``python -m tests.evaluation.make_golden
[NAME…]``.

``basic_pitch.json`` is what the published package itself hears in the test melody, and does
not depend on our code. ``figures.json`` holds our metrics' figures on formula-made sounds, so
that no later change moves one unnoticed; what they should be is checked elsewhere. ``scored.json``
holds every figure of the catalog as a run computes it, with the metric's version: a change that
moves one raises ``Metric.version`` and makes this file anew.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import write_wav
from core.clip import Note
from core.midi import write_midi
from evaluation.datasets import Item
from evaluation.metrics import consistency, distance, mss, pitch, transcription
from evaluation.metrics.catalog import metric_versions
from evaluation.results import distances
from evaluation.scoring import Scorer, ScoringSettings
from evaluation.systems import System, Task
from tests.evaluation import sounds
from tests.evaluation.fakes import load_fake

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


def scored() -> dict[str, Any]:
    """Every figure of the catalog as a run scores it, and its version, by name."""
    names = metric_versions()
    target = sounds.play(sounds.melody())
    render = 0.3 * sounds.play(sounds.melody(), partials=3, decay=5.0)
    settings = ScoringSettings(judge="fake")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_midi(sounds.melody(), folder / "a.mid")
        write_wav(folder / "target.wav", target[None], sounds.RATE)
        write_wav(folder / "a.wav", render[None], sounds.RATE)
        item = Item("a", folder / "a.mid", folder / "target.wav", "plucked", folder / "target.wav")
        system = System("theirs", "folder", folder=folder)
        record = Scorer(settings, load=load_fake)(Task(system, item, item.timbre, 0))
    vectors: dict[str, dict[str, Any]] = {"ground-truth": {}, "theirs": {}}
    rng = np.random.default_rng(0)
    for number in range(6):
        vectors["ground-truth"][str(number)] = rng.standard_normal(8).astype(np.float32)
        vectors["theirs"][str(number)] = rng.standard_normal(8).astype(np.float32) + 0.5
    apart = distances(vectors, {}, "test", 0)["theirs"]
    figures = {**record["figures"], "fad": apart["fad"], "kad": apart["kad"]}
    return {name: {"value": figures[name], "version": version} for name, version in names.items()}


if __name__ == "__main__":
    folder = GOLDEN
    folder.mkdir(exist_ok=True)
    made = (
        ("basic_pitch", heard_by_basic_pitch),
        ("figures", figures),
        ("scored", scored),
    )
    chosen = sys.argv[1:] or [name for name, _ in made]
    for name, make in made:
        if name not in chosen:
            continue
        data = make()
        (folder / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
