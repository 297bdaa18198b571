"""Real scores in words' and in held-out instruments' timbres: are the notes still transcribed?

Ten scores of music21's corpus (exported at run time) are played by a soundfont and by the
command ``timbre render``, one process a score, and basic-pitch transcribes both. Prints a table;
draws each held-out instrument's target and render as spectrograms::

    uv run python benchmarks/real_scores.py OUT [--model embedded]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_audio, write_wav
from core.clip import Clip, Note
from core.midi import read_midi, write_midi
from core.training.sources.instruments import SAMPLE_RATE
from core.training.sources.soundfonts import SoundfontPlayer, play_clip
from core.types import FloatArray
from evaluation.metrics.transcription import evaluate, transcribe

SCORES = (
    "bach/bwv66.6", "bach/bwv846", "bach/bwv1.6", "haydn/opus74no1/movement2",
    "mozart/k155/movement2", "beethoven/opus18no1/movement2", "schumann_robert/opus48no2",
    "corelli/opus3no1/1grave", "monteverdi/madrigal.3.1", "schubert/lindenbaum",
)  # fmt: skip
LONGEST_S = 60.0
WORDS, WORDS_PROGRAM = "bright acoustic grand piano", 0
HELD_OUT = {"violin": 40, "nylon guitar": 24, "flute": 73}
_LICK = (60, 64, 67, 72, 71, 69, 65, 62)


def first_minute(clip: Clip) -> Clip:
    """The clip's first minute, from its first note."""
    begin_s = clip.notes[0].start_s
    notes = [
        Note(note.start_s - begin_s, note.pitch, note.velocity, note.duration_s)
        for note in clip.notes
        if note.end_s - begin_s <= LONGEST_S
    ]
    return Clip.of(clip.name, notes)


def load_scores(folder: Path) -> list[Clip]:
    """Export the scores to MIDI and read them as a user would."""
    import music21

    clips = []
    for name in SCORES:
        path = folder / f"{name.replace('/', '-')}.mid"
        if not path.exists():
            music21.corpus.parse(name).write("midi", fp=path)
        clips.append(first_minute(read_midi(path).clip))
    return clips


def onset_f(clip: Clip, audio: FloatArray, rate: int) -> float:
    """Onset F of basic-pitch's transcription."""
    return float(evaluate(clip, transcribe(audio, rate, threads=2))["onset_f"] or 0.0)


def by_command(midi: Path, timbre: list[str], model: str, out: Path) -> dict[str, Any]:
    """What ``timbre render MIDI TIMBRE -o OUT --json`` says of its render.

    Args:
        midi: file to play.
        timbre: options that choose it.
        model: bundle id.
        out: WAV file to write.
    """
    out.unlink(missing_ok=True)
    command = [sys.executable, "-c", "from core.cli import main; main()"]
    options = [*timbre, "--model", model, "-o", str(out), "--json"]
    done = subprocess.run(
        [*command, "render", str(midi), *options], check=True, capture_output=True, text=True
    )
    description: dict[str, Any] = json.loads(done.stdout)
    return description


def draw(path: Path, title: str, target: FloatArray, render: FloatArray) -> None:
    """Target and render, as spectrograms one above the other."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 1, figsize=(13, 9), sharex=True, layout="constrained")
    for axis, name, audio in zip(axes, ("target", "render"), (target, render), strict=True):
        axis.specgram(audio[: 8 * SAMPLE_RATE] + 1e-9, 2048, SAMPLE_RATE, noverlap=1536,
                      vmin=-140, vmax=-40, cmap="magma")  # fmt: skip
        axis.set(title=f"{title}: {name}", ylabel="Hz", ylim=(0, 10_000))
    axes[1].set_xlabel("s")
    figure.savefig(path, dpi=70)
    pyplot.close(figure)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default="embedded")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    clips = load_scores(out)
    player = SoundfontPlayer("fluid")
    lick = Clip.of("lick", [Note(0.3 * i, key, 92, 0.5) for i, key in enumerate(_LICK)])
    columns: dict[str, list[tuple[float, float]]] = {}
    cases = [(WORDS, WORDS_PROGRAM, ["--text", WORDS])]
    for name, program in HELD_OUT.items():
        player.select(0, program)
        reference = out / f"reference-{name.replace(' ', '-')}.wav"
        write_wav(reference, play_clip(lick, player)[None], SAMPLE_RATE)
        cases.append((f"recording: {name}", program, ["--audio", str(reference)]))
    for name, program, timbre in cases:
        player.select(0, program)
        slug = name.replace(" ", "-").replace(":", "")
        for index, clip in enumerate(clips):
            target = play_clip(clip, player)
            midi = out / f"{clip.name}-minute.mid"
            write_midi(clip, midi)
            described = by_command(midi, timbre, arguments.model, out / f"{slug}-{index}.wav")
            render, rate = read_audio(described["path"])
            pair = onset_f(clip, target[None], SAMPLE_RATE), onset_f(clip, render, rate)
            columns.setdefault(name, []).append(pair)
            print(
                f"{name:<30}{clip.name:<36}{pair[0]:>8.3f}{pair[1]:>8.3f}"
                f"{described['timings']['total_s']:>8.1f} s",
                flush=True,
            )
            if index == 0:
                gain = np.sqrt((target**2).mean() / (render**2).mean())
                draw(out / f"{slug}.png", name, target, render[0] * gain)
    print(f"\n{'timbre':<32}{'soundfont':>10}{'render':>9}{'ratio':>8}")
    for name, pairs in columns.items():
        truth, own = np.mean(pairs, axis=0)
        print(f"{name:<32}{truth:>10.3f}{own:>9.3f}{own / truth:>8.2f}")


if __name__ == "__main__":
    main()
