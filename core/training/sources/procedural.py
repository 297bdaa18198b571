"""Instruments computed from a few random parameters: cheap, endless, and of known kind.

Eight kinds of voices, each with parameters drawn over the range a musician would use:
additive organs and pads, two-operator FM, subtractive synthesis with a filter envelope,
plucked strings (Karplus and Strong 1983), struck bars and bells (modal), blown pipes, and those
of :mod:`core.training.sources.sustained`, bowed strings and tuned noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.signal import lfilter

from core.clip import pitch_hz
from core.training.sources.instruments import SAMPLE_RATE, Instrument
from core.training.sources.oscillators import (
    Voice,
    coarse,
    envelope,
    log_uniform,
    sum_partials,
)
from core.training.sources.sustained import bowed, noise
from core.types import Float64Array, FloatArray

KINDS = ("additive", "fm", "subtractive", "plucked", "modal", "blown")
LATER_KINDS = ("bowed", "noise")
FIRST_LATER = 10_000
"""From this number on instruments are of the later kinds, so that others keep their numbers."""


@dataclass(frozen=True)
class ProceduralPlayer:
    """Plays one procedural voice; see :class:`core.training.sources.instruments.NotePlayer`."""

    voice: Voice = field(repr=False)

    def play(self, pitch: int, velocity: int, held_s: float, tail_s: float) -> FloatArray:
        """See :class:`core.training.sources.instruments.NotePlayer`."""
        t = np.arange(round((held_s + tail_s) * SAMPLE_RATE)) / SAMPLE_RATE
        audio = self.voice(pitch_hz(pitch), velocity / 127.0, t, np.maximum(t - held_s, 0.0))
        return (0.1 * audio).astype(np.float32)


def make_instrument(index: int) -> tuple[Instrument, ProceduralPlayer]:
    """The procedural instrument of this number; the same number gives the same instrument."""
    rng = np.random.default_rng([73, index])
    kinds = KINDS if index < FIRST_LATER else LATER_KINDS
    kind = kinds[index % len(kinds)]
    make, family, name = {
        "additive": (_additive, "organ", "additive organ synth"),
        "fm": (_fm, "synth lead", "FM synth"),
        "subtractive": (_subtractive, "synth lead", "analog subtractive synth"),
        "plucked": (_plucked, "guitar", "plucked string"),
        "modal": (_modal, "chromatic percussion", "struck bar"),
        "blown": (_blown, "pipe", "blown pipe"),
        "bowed": (bowed, "strings", "bowed string"),
        "noise": (noise, "synth effects", "tuned noise"),
    }[kind]
    voice, traits = make(rng)
    if "pad" in traits:
        family, name = "synth pad", "synth pad"
    if "bass" in traits:
        family, name = "bass", "synth bass"
    instrument = Instrument(
        id=f"procedural:{kind}:{index}",
        name=name,
        family=family,
        program=None,
        traits=traits,
        split="valid" if index % 31 == 30 else "train",
        low=24 if family == "bass" else 33,
        high=67 if family == "bass" else 98,
    )
    return instrument, ProceduralPlayer(voice)


def _shape(rng: np.random.Generator) -> tuple[tuple[float, float, float, float], tuple[str, ...]]:
    """A sustained instrument's envelope times and the words for them."""
    pad = rng.random() < 0.3
    attack_s = log_uniform(rng, 0.15, 0.7) if pad else log_uniform(rng, 0.003, 0.12)
    sustain = float(rng.choice([0.0, 0.3, 0.7, 1.0], p=[0.2, 0.2, 0.3, 0.3])) if not pad else 0.9
    times = (attack_s, log_uniform(rng, 0.1, 1.5), sustain, log_uniform(rng, 0.02, 0.4))
    return times, (("pad",) if pad else ())


def _additive(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    slope = rng.uniform(0.2, 2.2)
    odd_only = rng.random() < 0.3
    ripple = rng.normal(0, rng.uniform(0, 1.2), 97)
    formant_hz, formant_gain = log_uniform(rng, 300, 4000), rng.uniform(0, 5)
    times, traits = _shape(rng)
    darkening = rng.uniform(0.0, 1.2)

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        def level(k: int, hz: float) -> float:
            even = 0.03 if odd_only and k % 2 == 0 else 1.0
            formant = 1.0 + formant_gain * np.exp(-(np.log2(hz / formant_hz) ** 2) / 0.3)
            tilt = slope + darkening * (1.0 - velocity)
            return float(even * formant * np.exp(ripple[k]) * k**-tilt)

        return sum_partials(f0_hz, on_s, level) * envelope(on_s, off_s, *times) * velocity

    return voice, (*traits, *(("hollow",) if odd_only else ()))


def _fm(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    ratio = float(rng.choice([0.5, 1, 1, 2, 3, 4, 5, 7]))
    index, index_decay_s = log_uniform(rng, 0.3, 8.0), log_uniform(rng, 0.05, 2.0)
    keep = rng.uniform(0, 1)
    times, traits = _shape(rng)

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        depth = index * velocity * (keep + (1 - keep) * np.exp(-on_s / index_decay_s))
        depth = np.minimum(depth, max(0.2, (15_000 / f0_hz - 1) / ratio - 1))
        modulator = depth * np.sin(2 * np.pi * ratio * f0_hz * on_s)
        carrier = np.sin(2 * np.pi * f0_hz * on_s + modulator)
        return carrier * envelope(on_s, off_s, *times) * (0.3 + 0.7 * velocity)

    return voice, (*traits, "metallic" if ratio >= 3 and index > 2 else "electric")


def _subtractive(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    wave = str(rng.choice(["saw", "square", "pulse", "triangle"]))
    width = rng.uniform(0.1, 0.4)
    cutoff_hz, tracking = log_uniform(rng, 200, 6000), rng.uniform(0, 1)
    sweep_octaves, sweep_s = rng.uniform(0, 4), log_uniform(rng, 0.03, 1.0)
    resonance, poles = rng.uniform(0, 4), float(rng.choice([2.0, 4.0]))
    noise = float(rng.choice([0.0, 0.0, 0.02, 0.1]))
    times, traits = _shape(rng)
    bass = not traits and rng.random() < 0.3

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        tracked_hz = cutoff_hz * (f0_hz / 260.0) ** tracking
        corner = tracked_hz * 2.0 ** (sweep_octaves * velocity * np.exp(-coarse(on_s) / sweep_s))

        def level(k: int, hz: float) -> Float64Array:
            source = {
                "saw": 1 / k,
                "square": (k % 2) / k,
                "pulse": abs(np.sin(np.pi * k * width)) / k,
                "triangle": (k % 2) / k**2,
            }[wave]
            octaves = np.log2(hz / corner)
            lowpass = 1.0 / np.sqrt(1.0 + (hz / corner) ** (2 * poles))
            shaped: Float64Array = (
                source * lowpass * (1.0 + resonance * np.exp(-(octaves**2) / 0.05))
            )
            return shaped

        tone = sum_partials(f0_hz, on_s, level)
        if noise:
            tone = tone + noise * np.random.default_rng(1).standard_normal(len(on_s))
        return tone * envelope(on_s, off_s, *times) * (0.2 + 0.8 * velocity)

    return voice, (*traits, wave, *(("bass",) if bass else ()))


def _plucked(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    decay_s, damping = log_uniform(rng, 0.3, 4.0), log_uniform(rng, 0.02, 0.6)
    position, release_s = rng.uniform(0.05, 0.5), log_uniform(rng, 0.03, 0.3)
    hardness, body_hz = rng.uniform(0.3, 1.5), log_uniform(rng, 100, 500)
    bass = rng.random() < 0.2

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        coarse_s = coarse(on_s)

        def level(k: int, hz: float) -> Float64Array:
            comb = abs(np.sin(np.pi * k * position))
            tilt = k ** -(hardness + 0.8 * (1 - velocity))
            rate = (1.0 + damping * (k - 1)) * (f0_hz / 260.0) ** 0.5 / decay_s
            body = 1.0 + 2.0 * np.exp(-(np.log2(hz / body_hz) ** 2) / 0.2)
            shaped: Float64Array = comb * tilt * body * np.exp(-rate * coarse_s)
            return shaped

        pick = 0.3 * velocity * np.exp(-on_s / 0.006)
        scrape = pick * np.random.default_rng(2).standard_normal(len(on_s))
        ring = sum_partials(f0_hz, on_s, level) * (1 - np.exp(-on_s / 0.0007))
        return (ring + scrape) * np.exp(-off_s / release_s) * velocity

    return voice, ("plucked", *(("bass",) if bass else ()))


def _modal(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    ratios = np.array(
        {
            "bar": [1, 3.93, 9.2, 16.3],
            "tuned bar": [1, 4.0, 10.0, 17.0],
            "bell": [1, 2.0, 2.4, 3.0, 4.0, 5.33, 6.7],
            "glass": [1, 2.32, 4.25, 6.63, 9.38],
        }[str(rng.choice(["bar", "tuned bar", "bell", "glass"]))]
    )
    levels = np.exp(rng.normal(0, 0.7, len(ratios))) * ratios ** -rng.uniform(0.3, 1.5)
    levels[0] = max(levels[0], 1.0)
    decays_s = log_uniform(rng, 0.1, 2.5) * ratios ** -rng.uniform(0.2, 1.0)
    release_s = log_uniform(rng, 0.05, 1.0)
    click_s, click = log_uniform(rng, 0.002, 0.02), rng.uniform(0.02, 0.4)

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        out = click * np.exp(-on_s / click_s) * np.random.default_rng(3).standard_normal(len(on_s))
        scale = (260.0 / f0_hz) ** 0.5
        for ratio, level, decay_s in zip(ratios, levels, decays_s, strict=True):
            hz = ratio * f0_hz
            if hz < 18_000:
                brightness = ratio ** (-1.0 * (1 - velocity))
                ring = np.sin(2 * np.pi * hz * on_s) * np.exp(-on_s / (decay_s * scale))
                out = out + level * brightness * ring
        return out * np.exp(-off_s / release_s) * velocity

    return voice, ("struck", "bell" if len(ratios) > 5 else "mallet")


def _blown(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    slope, even = rng.uniform(1.0, 3.0), rng.uniform(0.05, 1.0)
    breath, attack_s = log_uniform(rng, 0.005, 0.3), log_uniform(rng, 0.02, 0.2)
    chiff, release_s = rng.uniform(0, 0.5), log_uniform(rng, 0.03, 0.2)
    breath_pole = rng.uniform(0.3, 0.95)

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        def level(k: int, hz: float) -> float:
            return float(k ** -(slope + 0.8 * (1 - velocity)) * (1.0 if k % 2 else even))

        white = np.random.default_rng(4).standard_normal(len(on_s))
        air = lfilter([1 - breath_pole], [1, -breath_pole], white)
        puff = breath * (1 + 6 * chiff * np.exp(-on_s / 0.04))
        shape = envelope(on_s, off_s, attack_s, 0.3, 0.85, release_s)
        return (sum_partials(f0_hz, on_s, level) + puff * air) * shape * (0.3 + 0.7 * velocity)

    return voice, ("blown", "breathy" if breath > 0.08 else "pure")
