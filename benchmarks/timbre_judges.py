"""How well judges of timbre tell instruments apart: ``python -m benchmarks.timbre_judges``.

Prints a Markdown table for each set: the built-in ones, manifests (``--set``: target and reference
of each item), and soundfonts (``--font``: two phrases on every second melodic program, in two keys;
needs the ``train`` extra and FluidSynth). Beside the instruments stand white and pink noise, steady
sines, the scores played by sines, and silence.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.audio import read_audio
from core.clip import Clip
from core.midi import read_midi
from core.training.sources.instruments import SAMPLE_RATE
from core.training.sources.soundfonts import SoundfontPlayer, play_clip
from core.types import Float64Array, FloatArray
from evaluation import datasets
from evaluation.judges.base import TimbreJudge
from evaluation.judges.discrimination import discrimination, nearer_than_others
from evaluation.judges.registry import default_judges, load_judge
from evaluation.sets.make_embedded_v1 import CHORDS, FRAGMENTS, clip_of
from evaluation.systems import SINE_HZ, render_sines

SECONDS = 4
BASSES, HIGH, LOW = range(32, 40), (40, 72, 73, 74, 75), (42, 43, 57, 58, 60, 61, 66, 67, 70)

SoundAtRate = tuple[FloatArray, int]


def of_set(name: str) -> tuple[list[SoundAtRate], list[SoundAtRate], list[Clip]]:
    """Targets, references and scores of a manifest."""
    items = [item for item in datasets.load(name).items if item.target and item.reference]
    return (
        [read_audio(item.target) for item in items if item.target],
        [read_audio(item.reference) for item in items if item.reference],
        [read_midi(item.midi).clip for item in items],
    )


def of_font(path: str) -> tuple[list[SoundAtRate], list[SoundAtRate], list[Clip]]:
    """Two performances of every second melodic program of a soundfont; the first's scores."""
    melodies = [name for name in FRAGMENTS if name not in CHORDS]
    first: list[SoundAtRate] = []
    second: list[SoundAtRate] = []
    clips = []
    player = SoundfontPlayer(path)
    for program in range(0, 96, 2):
        octave = -2 if program in BASSES else (program in HIGH) - (program in LOW)
        one = clip_of(melodies[program % len(melodies)], 12 * octave, 1.0, program)
        step = 1 + program // len(melodies) % (len(melodies) - 1)
        name = melodies[(program + step) % len(melodies)]
        other = clip_of(name, 12 * octave - 4, 1.35, program + 1000)
        for sounds, clip in ((first, one), (second, other)):
            player.select(0, program)
            sounds.append((play_clip(clip, player)[None, : SECONDS * SAMPLE_RATE], SAMPLE_RATE))
        clips.append(one)
    player.close()
    return first, second, clips


def no_instruments(clips: list[Clip]) -> Iterator[tuple[str, SoundAtRate]]:
    """Sounds that no instrument makes, by what they are."""
    rng = np.random.default_rng(0)
    frames = SECONDS * SAMPLE_RATE
    white = rng.standard_normal(frames)
    spectrum = np.fft.rfft(rng.standard_normal(frames))
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1.0), frames)
    yield "white noise", (_peak(white), SAMPLE_RATE)
    yield "pink noise", (_peak(pink), SAMPLE_RATE)
    for hz in (220, 440, 1000):
        yield (
            f"sine {hz} Hz",
            (_peak(np.sin(2 * np.pi * hz * np.arange(frames) / SAMPLE_RATE)), SAMPLE_RATE),
        )
    yield "silence", (np.zeros((1, frames), np.float32), SAMPLE_RATE)
    for clip in clips[::8]:
        yield "scores by sines", (render_sines(clip)[None], SINE_HZ)


def _peak(sound: Float64Array) -> FloatArray:
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)[None]


def row(judge: TimbreJudge, sounds: tuple[list[SoundAtRate], list[SoundAtRate], list[Clip]]) -> str:
    """A judge's line of the table."""
    first, second = (np.stack([judge.embed(*sound) for sound in some]) for some in sounds[:2])
    told = discrimination(first, second)
    nearness: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    for name, sound in no_instruments(sounds[2]):
        kind = (
            "sine" if name.startswith("sine") else name.removeprefix("white ").removeprefix("pink ")
        )
        embedding = judge.embed(*sound)
        nearness.setdefault(kind, []).append(float((first @ embedding).mean()))
        shares.setdefault(kind, []).append(nearer_than_others(first, second, embedding))
    cells = [f"{max(nearness[kind]):.2f} ({max(shares[kind]):.0%})" for kind in nearness]
    figures = f"{told.auc:.3f} | {told.nearest:.2f} | {told.same:.2f} | {told.other:.2f}"
    return f"| {judge.title} | {figures} | {' | '.join(cells)} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", default=[], help="a built-in set or a manifest")
    parser.add_argument("--font", action="append", default=[], help="a soundfont's path")
    parser.add_argument("--judge", action="append", help="default: all that stand beside a run")
    args = parser.parse_args()
    judges = [load_judge(name, "cpu") for name in args.judge or default_judges()]
    sets = args.set or ([] if args.font else ["embedded-v1"])
    for name in [*sets, *args.font]:
        sounds = of_font(name) if name in args.font else of_set(name)
        print(f"\n{Path(name).name}, N = {len(sounds[0])}\n")
        print("| judge | AUC | nearest | same | other | noise | sine | silence | scores by sines |")
        print("|---|---|---|---|---|---|---|---|---|")
        for judge in judges:
            print(row(judge, sounds), flush=True)


if __name__ == "__main__":
    main()
