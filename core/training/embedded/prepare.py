"""Build the training set: every instrument's notes analysed, its references as features.

One ``.npz`` an instrument, so that an interrupted build goes on where it stopped::

    python -m core.training.embedded.prepare OUT --procedural 480 --derived 2000 --workers 2
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pedalboard
import torch

from core.clip import pitch_hz
from core.corpora.nsynth import MAX_HZ as NSYNTH_MAX_HZ
from core.encoders.embedded.features import spectral_features
from core.engines.embedded.controls import NoteControls
from core.engines.embedded.modulation import N_MODULATION
from core.engines.embedded.subharmonics import LEAST_DB
from core.training.embedded.analysis.notes import analyse_note
from core.training.embedded.analysis.subharmonics import measure_subharmonics
from core.training.sources import effects, nsynth
from core.training.sources.derived import DerivedInstruments
from core.training.sources.instruments import SAMPLE_RATE, Instrument, NotePlayer, PlayedNote
from core.training.sources.procedural import FIRST_LATER, make_instrument
from core.training.sources.soundfonts import FONTS, iter_instruments
from core.types import FloatArray

N_NOTES = 30
TAIL_S = 1.2
HELD_S = (0.15, 0.5, 1.2, 3.0)
VELOCITIES = (28, 56, 84, 112, 127)
N_REFERENCES = 10
REFERENCE_S = 4.0
ROOM_SHARE = 0.15
"""How many instruments get a copy in a room."""

TARGET_LEVEL = 0.1
"""RMS of the loudest 50 ms of an instrument's loudest note, after its gain."""


def play_notes(instrument: Instrument, player: NotePlayer, seed: int) -> list[PlayedNote]:
    """Notes over an instrument's range, velocities and lengths, evenly and at random."""
    rng = np.random.default_rng([seed, *instrument.id.encode()])
    centres = np.linspace(instrument.low, instrument.high, N_NOTES)
    pitches = np.clip(np.round(centres + rng.uniform(-1, 1, N_NOTES)), 12, 108).astype(int)
    velocities = np.resize(VELOCITIES, N_NOTES)
    rng.shuffle(velocities)
    lengths = np.resize(HELD_S, N_NOTES)
    rng.shuffle(lengths)
    notes = []
    for pitch, velocity, length_s in zip(pitches, velocities, lengths, strict=True):
        held_s = float(length_s * rng.uniform(0.8, 1.25))
        audio = player.play(int(pitch), int(velocity), held_s, TAIL_S)
        notes.append(PlayedNote(int(pitch), int(velocity), held_s, audio))
    return notes


def _level(audio: FloatArray) -> float:
    """RMS of the loudest 50 ms."""
    block = SAMPLE_RATE // 20
    blocks = audio[: len(audio) // block * block].reshape(-1, block)
    return float(np.sqrt((blocks.astype(np.float64) ** 2).mean(axis=1)).max())


def perform(notes: list[PlayedNote], rng: np.random.Generator) -> FloatArray:
    """A short performance out of recorded notes: one note, a melody, or chords.

    Returns:
        float32 [frames], 1 to :data:`REFERENCE_S` seconds.
    """
    seconds = float(rng.uniform(1.0, REFERENCE_S))
    out = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    style = rng.choice(["single", "melody", "chords"], p=[0.3, 0.4, 0.3])
    centre = rng.choice([note.pitch for note in notes])
    near = [note for note in notes if abs(note.pitch - centre) <= 14]
    at_s, step_s = 0.0, float(rng.uniform(0.12, 0.9))
    while at_s < seconds - 0.1:
        together = int(rng.integers(2, 5)) if style == "chords" else 1
        for index in rng.integers(0, len(near), together):
            audio = near[index].audio
            start = round(at_s * SAMPLE_RATE)
            length = min(len(audio), len(out) - start)
            out[start : start + length] += audio[:length]
        at_s += seconds if style == "single" else step_s * float(rng.choice([1, 1, 1, 2]))
    return out


def _reference_features(
    notes: list[PlayedNote], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float16], int]:
    for _ in range(20):
        audio = perform(notes, rng)
        if _level(audio) > 10 ** (-50 / 20) * max(_level(note.audio) for note in notes):
            break
    if rng.random() < 0.35:
        audio = effects.room(audio, rng)
    if rng.random() < 0.5:
        audio = effects.background(audio, rng)
    features = spectral_features(torch.from_numpy(audio / (np.abs(audio).max() + 1e-9))[None])[0]
    frames = round(REFERENCE_S * SAMPLE_RATE / 882)
    padded = np.full((frames, features.shape[1]), -4.0, np.float16)
    used = min(frames, len(features))
    padded[:used] = features[:used].numpy().astype(np.float16)
    return padded, used


def measure_traits(notes: list[PlayedNote], controls: list[NoteControls]) -> dict[str, float]:
    """Brightness (centroid in octaves over 100 Hz), attack (s), sustain (dB), noisiness (dB)."""
    bright, attack, sustain, noisy = [], [], [], []
    for note, control in zip(notes, controls, strict=True):
        partials = 10.0 ** (control.partial_db / 10.0)
        noise = 10.0 ** (control.noise_db / 10.0)
        power = partials.sum(axis=1) / 2 + noise.sum(axis=1)
        k = np.arange(1, partials.shape[1] + 1)
        centroid = (partials @ (k * pitch_hz(note.pitch))).sum() / max(partials.sum(), 1e-12)
        bright.append(np.log2(max(centroid, 100.0) / 100.0))
        held = control.times_s <= note.held_s
        peak = int(np.argmax(power[held]))
        reached = np.flatnonzero(power[held] >= 0.5 * power[held][peak])[0]
        attack.append(float(control.times_s[held][reached]))
        if note.held_s > 1.0:
            sustain.append(10 * np.log10(power[held][-1] / max(power[held][peak], 1e-12) + 1e-6))
        noisy.append(10 * np.log10(noise.sum() / max(partials.sum() / 2, 1e-12) + 1e-6))
    return {
        "brightness": float(np.mean(bright)),
        "attack": float(np.mean(attack)),
        "sustain": float(np.mean(sustain)),
        "noisiness": float(np.mean(noisy)),
    }


def write_instrument(
    path: Path, instrument: Instrument, notes: list[PlayedNote], max_hz: float = SAMPLE_RATE / 2
) -> bool:
    """Analyse an instrument's notes and write its file. False if it is all but silent.

    Above ``max_hz`` the notes were never recorded, and nothing is to be learned from them.
    """
    loudest = max(_level(note.audio) for note in notes)
    if loudest < 1e-4:
        return False
    gain = TARGET_LEVEL / loudest
    notes = [
        replace(note, audio=(note.audio * gain).astype(np.float32))
        for note in notes
        if _level(note.audio) > 1e-3 * loudest
    ]
    rng = np.random.default_rng([5, *instrument.id.encode()])
    half_db = measure_subharmonics(notes)
    halves = bool((half_db > LEAST_DB).any())
    controls = [analyse_note(note.audio, note.pitch, note.held_s, halves) for note in notes]
    references = [_reference_features(notes, rng) for _ in range(N_REFERENCES)]
    cents = [
        1200 * np.log2(control.f0_hz / pitch_hz(note.pitch))
        for note, control in zip(notes, controls, strict=True)
    ]
    temporary = path.with_suffix(".partial.npz")
    np.savez(
        temporary,
        meta=json.dumps({**asdict(instrument), "measured": measure_traits(notes, controls)}),
        max_hz=max_hz,
        half_db=half_db,
        pitch=np.array([note.pitch for note in notes], np.int16),
        velocity=np.array([note.velocity for note in notes], np.int16),
        held_s=np.array([note.held_s for note in notes], np.float32),
        detune_cents=np.array(cents, np.float32),
        inharmonicity=np.array([control.inharmonicity for control in controls], np.float32),
        modulation=np.array([_modulation(control) for control in controls], np.float32),
        knots=np.array([len(control.times_s) for control in controls], np.int32),
        times_s=np.concatenate([control.times_s for control in controls]).astype(np.float32),
        partial_db=np.concatenate([control.partial_db for control in controls]).astype(np.float16),
        noise_db=np.concatenate([control.noise_db for control in controls]).astype(np.float16),
        references=np.stack([features for features, _ in references]),
        reference_frames=np.array([frames for _, frames in references], np.int32),
    )
    temporary.rename(path)
    return True


def _modulation(control: NoteControls) -> tuple[float, ...]:
    """A note's modulation; NaN where it could not be measured."""
    if control.modulation is None:
        return (float("nan"),) * N_MODULATION
    return control.modulation.astuple()


def _copy(
    instrument: Instrument, kind: str, notes: list[PlayedNote]
) -> tuple[Instrument, list[PlayedNote]]:
    """The same notes through random effects, as an instrument of its own.

    A ``+fx`` copy has EQ, distortion or both; a ``+room`` copy has reverb, and every other one
    has those before it. References are made of the copy's notes, so that they show the same.
    """
    rng = np.random.default_rng([11 if kind == "+fx" else 31, *instrument.id.encode()])
    chain: list[pedalboard.Plugin] = []
    words: tuple[str, ...] = ()
    if kind == "+fx" or rng.random() < 0.5:
        chain, words = effects.random_effects(rng)
    if kind == "+room":
        reverb, more = effects.random_room(rng)
        chain, words = [*chain, reverb], (*words, *more)
    gain = effects.working_gain([note.audio for note in notes])
    wet = [replace(note, audio=effects.apply(chain, note.audio, gain)) for note in notes]
    traits = (*instrument.traits, *words)
    return replace(instrument, id=f"{instrument.id}{kind}", traits=traits), wet


def _missing(out: Path, instrument: Instrument) -> list[str]:
    """Which of an instrument and its copies are still to be made, the instrument itself last."""
    kinds = [""]
    for kind, share, seed in (("+fx", 0.5, []), ("+room", ROOM_SHARE, [29])):
        rng = np.random.default_rng([*seed, *instrument.id.encode()])
        if instrument.split != "heldout" and rng.random() < share:
            kinds.insert(0, kind)
    return [kind for kind in kinds if not _file_of(out, f"{instrument.id}{kind}").exists()]


def _file_of(out: Path, instrument_id: str) -> Path:
    return out / f"{instrument_id.replace(':', '_')}.npz"


def _build(out: Path, instrument: Instrument, player: NotePlayer) -> int:
    missing = _missing(out, instrument)
    return _write(out, instrument, missing, play_notes(instrument, player, 1)) if missing else 0


def _write(
    out: Path,
    instrument: Instrument,
    kinds: list[str],
    notes: list[PlayedNote],
    max_hz: float = SAMPLE_RATE / 2,
) -> int:
    """Write an instrument (kind ``""``) and copies of it."""
    written = 0
    for kind in kinds:
        made, played = _copy(instrument, kind, notes) if kind else (instrument, notes)
        written += write_instrument(_file_of(out, made.id), made, played, max_hz)
    return written


def _build_source(out: Path, source: str, first: int, last: int) -> int:
    torch.set_num_threads(1)
    instruments: Iterator[tuple[Instrument, NotePlayer]]
    if source == "derived":
        makers = DerivedInstruments()
        try:
            return sum(_build(out, *makers.make(index)) for index in range(first, last))
        finally:
            makers.close()
    if source == "procedural":
        instruments = (make_instrument(index) for index in range(first, last))
    else:
        instruments = iter_instruments(source)
    return sum(_build(out, instrument, player) for instrument, player in instruments)


def _build_nsynth(out: Path, folder: Path, first: int, every: int) -> int:
    """Every so many-th instrument of an NSynth split, from ``first``."""
    torch.set_num_threads(1)
    written = 0
    for instrument, sample in islice(nsynth.iter_instruments(folder), first, None, every):
        if missing := _missing(out, instrument):
            written += _write(out, instrument, missing, sample(N_NOTES), NSYNTH_MAX_HZ)
    return written


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--procedural", type=int, default=600)
    parser.add_argument("--later", type=int, default=320, help="bowed strings and tuned noise")
    parser.add_argument("--derived", type=int, default=2000)
    parser.add_argument("--nsynth", type=Path, nargs="*", default=[], help="folders of its splits")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    work = [(font, 0, 0) for font in FONTS]
    for source, begin, count in (
        ("procedural", 0, arguments.procedural),
        ("procedural", FIRST_LATER, arguments.later),
        ("derived", 0, arguments.derived),
    ):
        end = begin + count
        work += [(source, first, min(first + 50, end)) for first in range(begin, end, 50)]
    with ProcessPoolExecutor(arguments.workers) as pool:
        futures = {
            pool.submit(_build_source, arguments.out, *item): f"{item[0]} {item[1]}"
            for item in work
        }
        for folder in arguments.nsynth:
            for part in range(arguments.workers):
                job = pool.submit(_build_nsynth, arguments.out, folder, part, arguments.workers)
                futures[job] = f"{folder} {part}"
        for future, label in futures.items():
            print(f"{label}: {future.result()} instruments", flush=True)


if __name__ == "__main__":
    main()
