"""Which spectral loss ranks as a listener would? ``python -m benchmarks.spectral_loss [ITEMS]``.

Graded degradations of renders whose score is known, and swaps of the instrument, against every
candidate: the log term with floors from DDSP's 1e-5 to 30 dB below the loudest bin, and the linear
term. Printed: the mean Spearman correlation of loss and degree for each degradation, and how often
the same instrument (another seed, 10 ms late, 3 cents off) is nearer than another one (AUC); and
what noise 60 dB below the sound costs as a share of every note a semitone off (hiss).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal
import scipy.stats
import torch

from core.clip import Clip, Note
from core.midi import read_midi
from core.settings import RenderSettings
from core.synthesizer import Synthesizer
from core.timbre import AudioTimbre
from core.types import FloatArray
from evaluation import datasets
from evaluation.metrics import mss

RATE = 44_100
NOISE_DB = (-70.0, -60.0, -50.0, -40.0, -30.0, -20.0)
LOW_PASS_HZ = (14_000.0, 10_000.0, 7_000.0, 4_500.0, 3_000.0, 1_500.0)
DETUNE_CENTS = (5.0, 10.0, 20.0, 40.0, 70.0, 100.0)
SHARES = (0.15, 0.3, 0.5, 0.75)
"""Of notes that are missing, doubled by a wrong one, or late."""

Picks = npt.NDArray[np.int64]
"""Places of notes [k]."""
Candidate = Callable[[FloatArray, FloatArray], float]


def candidates() -> dict[str, Candidate]:
    """Loss of a render and a target [frames], both levelled, by name."""

    def terms(render: FloatArray, target: FloatArray, config: mss.MssConfig) -> tuple[float, float]:
        linear, log = mss.loss_terms(torch.from_numpy(render), torch.from_numpy(target), config)
        return float(linear), float(log)

    def relative(floor_db: float, render: FloatArray, target: FloatArray) -> float:
        total = 0.0
        config = mss.MssConfig()
        pairs = zip(
            mss.spectrograms(torch.from_numpy(render), config),
            mss.spectrograms(torch.from_numpy(target), config),
            strict=True,
        )
        for own, other in pairs:
            floor = other.max() * 10 ** (floor_db / 20)
            total += float((own.clamp_min(floor).log() - other.clamp_min(floor).log()).abs().mean())
        return total

    def of(part: int, floor: float, render: FloatArray, target: FloatArray) -> float:
        return terms(render, target, mss.MssConfig(floor=floor))[part]

    found: dict[str, Candidate] = {
        "log, 1e-5": partial(of, 1, 1e-5),
        "log, 1e-3": partial(of, 1, 1e-3),
        "linear": partial(of, 0, 1e-5),
    }
    for floor_db in (-80.0, -60.0, -50.0, -40.0):
        found[f"log, {floor_db:.0f} dB"] = partial(relative, floor_db)
    return found


def degradations(
    play: Callable[[Clip], FloatArray], clip: Clip, target: FloatArray, rng: np.random.Generator
) -> Iterator[tuple[str, list[FloatArray]]]:
    """Every degradation's name and its sounds [frames], mildest first."""
    level = float(np.sqrt(np.mean(target**2)))
    hiss = rng.standard_normal(len(target)).astype(np.float32) * level
    yield "noise", [target + hiss * np.float32(10 ** (db / 20)) for db in NOISE_DB]
    yield (
        "low-pass",
        [
            scipy.signal.sosfilt(scipy.signal.butter(8, hz, fs=RATE, output="sos"), target).astype(
                np.float32
            )
            for hz in LOW_PASS_HZ
        ],
    )
    yield "detune", [_resampled(target, cents) for cents in DETUNE_CENTS]
    order = rng.permutation(len(clip.notes))
    counts = [max(1, round(share * len(clip.notes))) for share in SHARES]
    for name, change in (("missing", _without), ("extra", _with_wrong), ("shifted", _late)):
        yield name, [play(change(clip, order[:count])) for count in dict.fromkeys(counts)]


def _resampled(sound: FloatArray, cents: float) -> FloatArray:
    places = np.arange(len(sound)) * 2 ** (cents / 1200)
    return np.interp(places, np.arange(len(sound)), sound, right=0).astype(np.float32)


def _without(clip: Clip, picks: Picks) -> Clip:
    notes = [note for i, note in enumerate(clip.notes) if i not in picks]
    return replace(clip, notes=tuple(notes)) if notes else clip


def _with_wrong(clip: Clip, picks: Picks) -> Clip:
    wrong = [replace(clip.notes[i], pitch=clip.notes[i].pitch + 6) for i in picks]
    return replace(clip, notes=tuple(sorted((*clip.notes, *wrong), key=_order)))


def _late(clip: Clip, picks: Picks) -> Clip:
    notes = [
        replace(note, start_s=note.start_s + 0.15) if i in picks else note
        for i, note in enumerate(clip.notes)
    ]
    return replace(clip, notes=tuple(sorted(notes, key=_order)))


def _order(note: Note) -> tuple[float, int]:
    return note.start_s, note.pitch


def _levelled(sound: FloatArray, target: FloatArray) -> FloatArray:
    sound = np.pad(sound, (0, max(0, len(target) - len(sound))))[: len(target)]
    own, wanted = (float(np.sqrt(np.mean(x.astype(np.float64) ** 2))) for x in (sound, target))
    return (sound * (wanted / max(own, 1e-9))).astype(np.float32)


def main() -> None:
    """Render, degrade, score, print."""
    torch.set_num_threads(1)
    items = datasets.load("embedded-v1").items
    items = items[:: max(1, len(items) // int(sys.argv[1] if len(sys.argv) > 1 else 24))]
    synth = Synthesizer.load("embedded")
    losses = candidates()
    ranks: dict[str, dict[str, list[float]]] = {name: {} for name in losses}
    nearer: dict[str, list[float]] = {name: [] for name in losses}
    inaudible: dict[str, list[float]] = {name: [] for name in losses}
    embeddings = [synth.embed(AudioTimbre(Path(item.reference or ""))) for item in items]
    from core.engines.base import RenderRequest

    settings = RenderSettings({"gain": 0.0})

    def play(place: int, clip: Clip, seed: int = 0) -> FloatArray:
        request = RenderRequest(clip, embeddings[place], settings, seed)
        (take,) = synth.render_requests([request])
        sound: FloatArray = take.audio.mean(axis=0)
        return sound

    for place, item in enumerate(items):
        clip = read_midi(item.midi).clip
        target = play(place, clip)
        rng = np.random.default_rng(place)
        hiss: dict[str, float] = {}
        for kind, degraded in degradations(partial(play, place), clip, target, rng):
            for name, loss in losses.items():
                values = [loss(_levelled(sound, target), target) for sound in degraded]
                rank = scipy.stats.spearmanr(values, range(len(values))).statistic
                ranks[name].setdefault(kind, []).append(float(rank))
                if kind == "noise":
                    hiss[name] = values[NOISE_DB.index(-60.0)]
                elif kind == "detune":
                    inaudible[name].append(hiss[name] / values[-1])
        # The same instrument played a little worse, against other instruments played well.
        same = _levelled(_resampled(np.roll(play(place, clip, 1), 441), 3.0), target)
        for step in (1, 2, 3, 5, 7):
            other = _levelled(play((place + step) % len(items), clip), target)
            for name, loss in losses.items():
                nearer[name].append(float(loss(same, target) < loss(other, target)))
        print(item.id, file=sys.stderr, flush=True)
    kinds = list(ranks["linear"])
    print(
        f"{'':12}",
        *(f"{kind:>9}" for kind in kinds),
        f"{'least':>9}",
        f"{'swap AUC':>9} {'hiss':>9}",
    )
    for name in losses:
        means = [float(np.nanmean(ranks[name][kind])) for kind in kinds]
        row = [*means, min(means), float(np.mean(nearer[name]))]
        row.append(float(np.mean(inaudible[name])))
        print(f"{name:12}", *(f"{value:9.3f}" for value in row))


if __name__ == "__main__":
    main()
