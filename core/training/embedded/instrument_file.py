"""One instrument's file of the training set: its notes analysed, its references as features."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from core.clip import pitch_hz
from core.encoders.embedded.features import spectral_features
from core.engines.embedded.controls import NoteControls
from core.engines.embedded.modulation import N_MODULATION
from core.engines.embedded.subharmonics import LEAST_DB
from core.training.embedded.analysis.notes import analyse_note
from core.training.embedded.analysis.subharmonics import measure_subharmonics
from core.training.sources import effects
from core.training.sources.instruments import SAMPLE_RATE, Instrument, NotePlayer, PlayedNote
from core.types import FloatArray

N_NOTES = 30
TAIL_S = 1.2
HELD_S = (0.15, 0.5, 1.2, 3.0)
VELOCITIES = (28, 56, 84, 112, 127)
N_REFERENCES = 10
REFERENCE_S = 4.0
TARGET_LEVEL = 0.1
"""RMS of the loudest 50 ms of an instrument's loudest note, after its gain."""


def play_notes(instrument: Instrument, player: NotePlayer, seed: int) -> list[PlayedNote]:
    """Notes over an instrument's range, velocities and lengths, evenly and at random.

    Args:
        instrument: what is played.
        player: plays it.
        seed: with the instrument's id, of everything random.
    """
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

    Args:
        notes: of one instrument.
        rng: where the randomness comes from.

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
    """A performance's features [200, 290], padded, and how many of the frames are sound."""
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
    """What captions and adjectives say of an instrument, as means over its notes.

    Args:
        notes: of the instrument.
        controls: of each note.

    Returns:
        Brightness (centroid, octaves over 100 Hz), attack (time to half of the highest power, s),
        sustain (power at the release over the highest, dB), noisiness (noise over partials, dB).
    """
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
    """Analyse an instrument's notes and write its file.

    Args:
        path: of the file.
        instrument: what was played.
        notes: of it.
        max_hz: above this the notes were not recorded, and nothing is to be learned from them.

    Returns:
        False, without a file, if the instrument is all but silent.
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
    has_subharmonics = bool((half_db > LEAST_DB).any())
    controls = [
        analyse_note(note.audio, note.pitch, note.held_s, has_subharmonics) for note in notes
    ]
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
