"""Small sounds and scores the evaluation tests share; all from formulas."""

from __future__ import annotations

import numpy as np

from core.clip import Clip, Note, pitch_hz
from core.types import FloatArray

RATE = 22_050


def melody() -> Clip:
    """Eight notes, two of them together, with plain gaps."""
    pitches = (60, 64, 67, 72, 55, 59, 62, 62)
    velocities = (100, 60, 80, 110, 90, 50, 70, 120)
    starts = (0.1, 0.5, 0.9, 1.3, 1.7, 1.7, 2.2, 2.6)
    return Clip.of(
        "melody",
        [
            Note(start, pitch, velocity, 0.3)
            for start, pitch, velocity in zip(starts, pitches, velocities, strict=True)
        ],
        length_s=3.2,
    )


def play(
    clip: Clip, rate: int = RATE, partials: int = 6, decay: float = 3.0, rolloff: float = 1.0
) -> FloatArray:
    """A plucked tone per note: decaying harmonics. Returns float32 [frames]."""
    out = np.zeros(round((clip.length_s + 0.3) * rate))
    for note in clip.notes:
        first = round(note.start_s * rate)
        time_s = np.arange(len(out) - first) / rate
        held = np.clip((note.duration_s + 0.02 - time_s) / 0.02, 0, 1) * np.clip(
            time_s / 0.004, 0, 1
        )
        tone = sum(
            np.sin(2 * np.pi * k * pitch_hz(note.pitch) * time_s) / k**rolloff
            for k in range(1, partials + 1)
            if k * pitch_hz(note.pitch) < rate / 2
        )
        out[first:] += 0.2 * (note.velocity / 127) ** 2 * np.exp(-decay * time_s) * held * tone
    return out.astype(np.float32)


def tone(
    hz: float, seconds: float = 1.0, rate: int = RATE, partials: int = 1, level: float = 0.5
) -> FloatArray:
    """A steady harmonic tone. Returns float32 [frames]."""
    time_s = np.arange(round(seconds * rate)) / rate
    waves = [
        np.sin(2 * np.pi * k * hz * time_s) / k for k in range(1, partials + 1) if k * hz < rate / 2
    ]
    return (level * np.sum(waves, axis=0) / max(1, len(waves))).astype(np.float32)


def noise(seconds: float = 1.0, rate: int = RATE, seed: int = 0, level: float = 0.1) -> FloatArray:
    """White noise. Returns float32 [frames]."""
    values = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return (level * values).astype(np.float32)
