"""Effects on training sounds, by pedalboard, in the ranges TokenSynth's authors published.

EQ: low shelf 30–200 Hz, bells 200 Hz–1 kHz, 1–3 kHz and 3–8 kHz (Q 0.1–2), high shelf
5–10 kHz, each ±15 dB. Distortion: drive 0–20 dB. Reverb: room size 0.05–0.85.
"""

from __future__ import annotations

import numpy as np
import pedalboard

from core.training.sources.instruments import SAMPLE_RATE
from core.types import FloatArray

_WORKING_PEAK = 0.5  # distortion depends on level: every sound meets it equally loud


def random_effects(rng: np.random.Generator) -> tuple[list[pedalboard.Plugin], tuple[str, ...]]:
    """EQ and distortion, each with probability ½ but never neither, and the words for them."""
    chain: list[pedalboard.Plugin] = []
    words: tuple[str, ...] = ()
    which = int(rng.integers(1, 4))
    if which & 1:
        low, high = rng.uniform(-15, 15, 2)
        chain.append(pedalboard.LowShelfFilter(rng.uniform(30, 200), low, 0.707))
        for first_hz, last_hz in ((200, 1000), (1000, 3000), (3000, 8000)):
            chain.append(
                pedalboard.PeakFilter(
                    rng.uniform(first_hz, last_hz), rng.uniform(-15, 15), rng.uniform(0.1, 2)
                )
            )
        chain.append(pedalboard.HighShelfFilter(rng.uniform(5000, 10_000), high, 0.707))
    if which & 2:
        drive_db = rng.uniform(3, 20)
        chain.append(pedalboard.Distortion(drive_db))
        words = ("distorted",) if drive_db > 12 else ()
    return chain, words


def random_room(rng: np.random.Generator) -> tuple[pedalboard.Plugin, tuple[str, ...]]:
    """A reverb and, if it can be heard plainly, the words for it."""
    size, damping, wet = rng.uniform(0.05, 0.85), rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.35)
    reverb = pedalboard.Reverb(room_size=size, damping=damping, wet_level=wet, dry_level=0.8)
    if wet < 0.15:
        return reverb, ()
    return reverb, ("reverberant", "in a large hall" if size > 0.5 else "in a room")


def apply(chain: list[pedalboard.Plugin], audio: FloatArray, gain: float) -> FloatArray:
    """Run an effect chain over one note at its instrument's working level.

    Args:
        chain: effects in order; each starts from rest.
        audio: float32 [frames].
        gain: what brings the instrument's loudest note to the working level; undone after.
    """
    board = pedalboard.Pedalboard(chain)
    wet: FloatArray = board(audio * gain, SAMPLE_RATE, reset=True)[: len(audio)]
    return wet / gain


def working_gain(notes: list[FloatArray]) -> float:
    """Gain that brings the loudest of an instrument's notes to the working level."""
    return _WORKING_PEAK / max(float(np.abs(note).max()) for note in notes)


def room(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A random room around a recording; length is kept.

    Args:
        audio: float32 [frames].
        rng: where the randomness comes from.
    """
    reverb, _ = random_room(rng)
    wet: FloatArray = pedalboard.Pedalboard([reverb])(audio, SAMPLE_RATE)
    return wet


def background(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Add coloured noise 15–60 dB under a recording.

    Args:
        audio: float32 [frames].
        rng: where the randomness comes from.
    """
    white = rng.standard_normal(len(audio)).astype(np.float32)
    coloured: FloatArray = np.cumsum(white) if rng.random() < 0.3 else white
    coloured = coloured - coloured.mean()
    level = np.sqrt(np.mean(audio**2)) * 10 ** (-rng.uniform(15, 60) / 20)
    return (audio + coloured * (level / (np.sqrt(np.mean(coloured**2)) + 1e-12))).astype(np.float32)
