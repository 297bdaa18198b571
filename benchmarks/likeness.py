"""What :mod:`benchmarks.bars` measures of the embedded engine, one function a bar."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from core.audio import read_audio
from core.clip import Clip, Note
from core.encoders.embedded.encoder import EmbeddedEncoder
from core.encoders.embedded.weights import load_encoder_parts
from core.encoders.sphere import slerp
from core.engines.base import RenderRequest
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.weights import load_decoder
from core.training.sources import effects
from core.training.sources.instruments import SAMPLE_RATE, Instrument
from core.training.sources.soundfonts import SoundfontPlayer, list_instruments, play_clip
from core.types import Float64Array, FloatArray
from evaluation.metrics.consistency import timbral_consistency

ROOT = Path(__file__).parent.parent
SET = ROOT / "evaluation/sets/embedded_v1"
WEIGHTS = ROOT / "core/models/weights/embedded/embedded.safetensors"

SCALE = Clip.of("scale", [Note(0.5 * i, 48 + 2 * i, 90, 0.4) for i in range(13)])
"""Pitch-matched material: two octaves of whole tones from C3, 0.4 s a note."""

MELODY = (60, 64, 67, 72, 71, 67, 65, 62)

WORDS = {
    "piano": "Steinway pianoforte recital",
    "chromatic percussion": "lyra of hit rosewood plates, xylorimba",
    "organ": "Wurlitzer theatre manuals with many stops",
    "guitar": "fingerpicked Martin six-string",
    "bass": "subby groove, Fender Precision",
    "strings": "Stradivarius played arco cantabile",
    "ensemble": "philharmonic symphony tutti",
    "brass": "bugle and cornet fanfare",
    "reed": "smoky nightclub saxello by Coltrane",
    "pipe": "fife and tin flageolet",
    "synth lead": "Minimoog monophonic portamento",
    "synth pad": "lush evolving chillout drone wash",
}
"""Twelve families in words no training caption uses (articles and the like apart)."""

TYPICAL = {
    "piano": (0, 1, 2),
    "chromatic percussion": (11, 12, 13),
    "organ": (16, 17, 19),
    "guitar": (24, 25, 26),
    "bass": (32, 33, 34),
    "strings": (40, 41, 42),
    "ensemble": (48, 49, 52),
    "brass": (56, 57, 60),
    "reed": (65, 66, 71),
    "pipe": (73, 74, 75),
    "synth lead": (80, 81, 84),
    "synth pad": (88, 89, 91),
}
"""General MIDI programs that stand for a family."""


@dataclass
class MeasuredSystem:
    """What is measured, and what to measure it with."""

    engine: EmbeddedEngine
    encoder: EmbeddedEncoder
    player: SoundfontPlayer
    held_out: list[tuple[Instrument, int, int]]
    references: list[FloatArray]

    def render(self, clip: Clip, embedding: FloatArray) -> FloatArray:
        """float32 [frames]."""
        return self.engine.render([RenderRequest(clip, embedding)])[0][0]

    def target(self, index: int, clip: Clip) -> FloatArray:
        """The held-out instrument's own performance, float32 [frames].

        Args:
            index: of the held-out instrument, 0–23.
            clip: what it plays.
        """
        _, bank, program = self.held_out[index]
        self.player.select(bank, program)
        return play_clip(clip, self.player)

    @cached_property
    def embeddings(self) -> list[FloatArray]:
        """Of the 24 references."""
        return [self.encoder.encode_audio(audio, SAMPLE_RATE) for audio in self.references]


def load(weights: Path) -> MeasuredSystem:
    """Build the system around a weights file."""
    engine = EmbeddedEngine(load_decoder(weights))
    encoder = EmbeddedEncoder(*load_encoder_parts(weights), "embedded", "")
    held_out: list[tuple[Instrument, int, int]] = [
        (instrument, bank, program)
        for instrument, bank, program in list_instruments("fluid")
        if instrument.split == "heldout" and not bank
    ]
    lines = (SET / "manifest.jsonl").read_text().splitlines()[1:]
    references = [read_audio(SET / json.loads(line)["reference"])[0] for line in lines]
    if len(references) != len(held_out):
        raise SystemExit("embedded-v1 does not hold one reference of each held-out instrument")
    return MeasuredSystem(engine, encoder, SoundfontPlayer("fluid"), held_out, references)


def fingerprint(audio: FloatArray) -> Float64Array:
    """Means and deviations of MFCC 1–19 of 80 mels over frames within 60 dB of the loudest [38].

    The level (coefficient 0) is left out.
    """
    import librosa

    mel = librosa.feature.melspectrogram(
        y=audio / max(float(np.abs(audio).max()), 1e-9), sr=SAMPLE_RATE, n_mels=80
    )
    level = librosa.power_to_db(mel, ref=np.max, top_db=80.0)
    loud_db = 10 * np.log10(mel.sum(axis=0) + 1e-12)
    cepstra = librosa.feature.mfcc(S=level[:, loud_db > loud_db.max() - 60.0], n_mfcc=20)[1:]
    return np.concatenate([cepstra.mean(axis=1), cepstra.std(axis=1)])


def nearest(system: MeasuredSystem) -> dict[str, float]:
    """Of the 24 targets' fingerprints, scaled to equal spread, is a clone nearest to its own?"""
    targets = np.stack([fingerprint(system.target(i, SCALE)) for i in range(len(system.held_out))])
    scale = targets.std(axis=0)
    renders = np.stack([fingerprint(system.render(SCALE, e)) for e in system.embeddings])
    distance = np.linalg.norm((renders[:, None] - targets[None]) / scale, axis=-1)
    rank = (distance < np.diag(distance)[:, None]).sum(axis=1)
    for (instrument, _, _), row, place in zip(system.held_out, distance, rank, strict=True):
        best = system.held_out[int(np.argmin(row))][0].name
        print(f"    {instrument.name:<24} own target is number {place + 1:>2}; nearest: {best}")
    return {
        "top1": float((rank < 1).mean()),
        "top5": float((rank < 5).mean()),
        "own_distance": float(np.diag(distance).mean()),
    }


def octaves(system: MeasuredSystem) -> dict[str, float]:
    """Mean error of clones' levels in octaves, relative to the whole sound's, dB."""
    lowest = (125, 250, 500, 1000, 2000, 4000, 8000)

    def levels(audio: FloatArray) -> Float64Array:
        power = np.abs(np.fft.rfft(audio)) ** 2
        hz = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)
        shares = [power[(hz >= low) & (hz < 2 * low)].sum() / power.sum() for low in lowest]
        return np.asarray(10 * np.log10(np.array(shares) + 1e-12))

    errors = [
        levels(system.render(SCALE, embedding)) - levels(system.target(index, SCALE))
        for index, embedding in enumerate(system.embeddings)
    ]
    mean = np.mean(errors, axis=0)
    figures = {f"from_{low}_hz": float(error) for low, error in zip(lowest, mean, strict=True)}
    return {**figures, "largest": float(np.abs(mean).max())}


def words(system: MeasuredSystem) -> dict[str, float]:
    """Is a render from unseen words nearest to its family's mean fingerprint, of twelve?

    A family is three typical programs in each of three soundfonts. ``real`` is what those
    instruments themselves reach, each left out of its own family's mean.
    """
    prints: dict[str, list[Float64Array]] = {family: [] for family in TYPICAL}
    for font in ("fluid", "tim", "csound"):
        player = SoundfontPlayer(font)
        for _, bank, program in list_instruments(font):
            for family, programs in TYPICAL.items():
                if bank == 0 and program in programs:
                    player.select(bank, program)
                    prints[family].append(fingerprint(play_clip(SCALE, player)))
        player.close()
    scale = np.concatenate([np.stack(rows) for rows in prints.values()]).std(axis=0)
    names = list(prints)
    means = np.stack([np.mean(prints[name], axis=0) for name in names])

    def place(own: Float64Array, centres: Float64Array, name: str) -> int:
        distance = np.linalg.norm((own - centres) / scale, axis=-1)
        return int((distance < distance[names.index(name)]).sum())

    ranks = []
    for name in names:
        embedding = system.encoder.encode_text(WORDS[name])
        own = fingerprint(system.render(SCALE, embedding))
        ranks.append(place(own, means, name))
        print(f"    {WORDS[name]:<44} {name}: number {ranks[-1] + 1}")
    real = []
    for row, name in enumerate(names):
        for left_out in range(len(prints[name])):
            centres = means.copy()
            others = [p for i, p in enumerate(prints[name]) if i != left_out]
            centres[row] = np.mean(others, axis=0)
            real.append(place(prints[name][left_out], centres, name))
    return {
        "top1": float((np.array(ranks) < 1).mean()),
        "top3": float((np.array(ranks) < 3).mean()),
        "real_top1": float((np.array(real) < 1).mean()),
    }


def blend(system: MeasuredSystem) -> dict[str, float]:
    """Spearman of a blend's weight (0, 0.1 … 1) with where its render lies between its ends.

    Where: distance to one end's fingerprint over the sum of both distances. Twelve pairs of
    held-out instruments, each with the one twelve further on.
    """
    embeddings = system.embeddings
    correlations = []
    for i in range(12):
        start, end = (e.astype(np.float64) for e in (embeddings[i], embeddings[i + 12]))
        blends = [slerp(start, end, w / 10).astype(np.float32) for w in range(11)]
        prints = [fingerprint(system.render(SCALE, blended)) for blended in blends]
        away = [np.linalg.norm(p - prints[0]) for p in prints]
        left = [np.linalg.norm(p - prints[-1]) for p in prints]
        where = [a / (a + b) for a, b in zip(away, left, strict=True)]
        correlations.append(spearmanr(range(11), where).statistic)
    return {"spearman": float(np.mean(correlations)), "worst": float(np.min(correlations))}


def _loudness_and_centroid(audio: FloatArray) -> tuple[float, float]:
    power = np.abs(np.fft.rfft(audio)) ** 2
    hz = np.arange(len(power)) * SAMPLE_RATE / len(audio)
    return float(10 * np.log10(power.sum() + 1e-12)), float((power * hz).sum() / power.sum())


def velocity(system: MeasuredSystem) -> dict[str, float]:
    """Spearman of loudness and centroid with velocity 25 … 127, where the target's is ≥ 0.9.

    FluidR3_GM has one velocity layer, so MuseScore_General's held-out programs, which have
    several, are asked too; a melody of theirs, loud and soft, is the reference.
    """
    velocities = np.linspace(25, 127, 9).round().astype(int)
    rises: dict[str, list[float]] = {"loudness": [], "centroid": []}
    played = zip(MELODY, (95, 40, 110, 70, 120, 55, 85, 30), strict=True)
    melody = Clip.of("melody", [Note(0.4 * i, k, v, 0.38) for i, (k, v) in enumerate(played)])
    cases = [
        (system.player, bank, program, embedding)
        for (_, bank, program), embedding in zip(system.held_out, system.embeddings, strict=True)
    ]
    layered = SoundfontPlayer("musescore")
    for instrument, bank, program in list_instruments("musescore"):
        if instrument.split == "heldout" and not bank:
            layered.select(bank, program)
            reference = play_clip(melody, layered)
            embedding = system.encoder.encode_audio(reference[None], SAMPLE_RATE)
            cases.append((layered, bank, program, embedding))
    for player, bank, program, embedding in cases:
        player.select(bank, program)
        own, true = [], []
        for value in velocities:
            clip = Clip.of("note", [Note(0.0, 60, int(value), 0.5)])
            own.append(_loudness_and_centroid(system.render(clip, embedding)))
            true.append(_loudness_and_centroid(player.play(60, int(value), 0.5, 0.3)))
        for column, name in enumerate(rises):
            if spearmanr(velocities, np.array(true)[:, column]).statistic >= 0.9:
                rises[name].append(spearmanr(velocities, np.array(own)[:, column]).statistic)
    return {name: float(np.mean(values)) for name, values in rises.items()} | {
        f"{name}_instruments": float(len(values)) for name, values in rises.items()
    }


def _single(system: MeasuredSystem, index: int, key: int, value: int, held_s: float) -> FloatArray:
    _, bank, program = system.held_out[index]
    system.player.select(bank, program)
    return system.player.play(key, value, held_s, 0.3)


def references(system: MeasuredSystem) -> dict[str, float]:
    """Mean cosine of a worse reference's embedding to the clean one's.

    ``second``: the first second of it. ``chords``: the same instrument playing four-part
    chords. ``room``: behind pedalboard's reverb. ``quiet``: 20 dB down. ``noise``: white noise
    20 dB under it (ours; not part of the bar).
    """
    chords = [
        Note(0.8 * i, key + 7 * (i % 2), 90, 0.7) for i in range(4) for key in (48, 55, 60, 64)
    ]
    cosines: dict[str, list[float]] = {}
    for index, (audio, clean) in enumerate(zip(system.references, system.embeddings, strict=True)):
        mono = audio[0]
        rng = np.random.default_rng([index])
        noise = rng.standard_normal(len(mono)) * np.sqrt(np.mean(mono**2)) * 0.1
        worse = {
            "second": mono[:SAMPLE_RATE],
            "chords": system.target(index, Clip.of("chords", chords)),
            "room": effects.room(mono, rng),
            "quiet": 0.1 * mono,
            "noise": (mono + noise).astype(np.float32),
        }
        for name, sound in worse.items():
            embedding = system.encoder.encode_audio(sound[None], SAMPLE_RATE)
            cosines.setdefault(name, []).append(float(embedding @ clean))
    return {name: float(np.mean(values)) for name, values in cosines.items()}


def consistency(system: MeasuredSystem) -> dict[str, float]:
    """TC over 88 keys × 5 velocities (0.25 s a note), mean of 24: render, target, their ratio."""
    own, true = [], []
    for index, embedding in enumerate(system.embeddings):
        grid = [(key, value) for key in range(21, 109) for value in (25, 50, 75, 100, 127)]
        clip = Clip.of("all", [Note(2.0 * i, k, v, 0.25) for i, (k, v) in enumerate(grid)])
        played = system.render(clip, embedding)
        length = SAMPLE_RATE // 4
        cuts = [played[2 * SAMPLE_RATE * i :][:length] for i in range(len(grid))]
        own.append(_tc(cuts))
        true.append(_tc([_single(system, index, k, v, 0.25)[:length] for k, v in grid]))
    return {
        "render": float(np.mean(own)),
        "target": float(np.mean(true)),
        "ratio": float(np.mean(own) / np.mean(true)),
    }


def _tc(cuts: list[FloatArray]) -> float:
    audible = [cut for cut in cuts if np.abs(cut).max() > 1e-5]
    return float(timbral_consistency(torch.from_numpy(np.stack(audible))))


def speed(system: MeasuredSystem) -> dict[str, float]:
    """Warm rendering of ten seconds in four voices, as a share of real time: median of nine."""
    notes = [Note(0.5 * i, key + i % 5, 80, 0.45) for i in range(20) for key in (48, 55, 64, 72)]
    clip, embeddings = Clip.of("ten", notes), system.embeddings
    system.render(clip, embeddings[0])
    shares = []
    for embedding in embeddings[:9]:
        started = time.perf_counter()
        system.render(clip, embedding)
        shares.append((time.perf_counter() - started) / 10.0)
    return {"share": float(np.median(shares)), "slowest": float(max(shares))}
