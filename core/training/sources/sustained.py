"""Procedural voices that are kept going: strings by a bow, resonators by noise."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from core.training.sources.instruments import SAMPLE_RATE
from core.training.sources.oscillators import (
    Voice,
    coarse,
    envelope,
    log_uniform,
    sum_partials,
)
from core.types import Float64Array

_HIGHEST_HZ = 18_000.0


def bowed(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    """A bowed string: Helmholtz's sawtooth, the bow's place, a body, vibrato, the bow's hiss.

    The string sticks and slips once a period (Helmholtz, *On the Sensations of Tone*, 1863),
    which gives partials as 1/k with every n-th missing if the bow is at 1/n of the string. A
    body is a dozen resonances; the hiss sounds while the string slips, so it beats at the pitch.
    """
    place, tilt = rng.uniform(0.06, 0.2), rng.uniform(0.0, 0.8)
    many = rng.random() < 0.3
    attack_s, release_s = log_uniform(rng, 0.03, 0.4), log_uniform(rng, 0.04, 0.35)
    scratch, hiss = log_uniform(rng, 0.01, 0.3), log_uniform(rng, 0.002, 0.08)
    rate_hz, depth_cents = rng.uniform(4.3, 6.8), rng.uniform(0.0, 28.0) * (rng.random() < 0.7)
    delay_s = rng.uniform(0.05, 0.6)
    octaves = np.sort(rng.uniform(0.0, 6.0, 12))  # over 110 Hz
    heights_db = rng.normal(0.0, 5.0, 12)
    widths = rng.uniform(0.03, 0.3, 12)
    corner_hz = log_uniform(rng, 2000, 9000)
    detunes = rng.normal(0.0, 0.004, 3) if many else np.zeros(1)

    def body(hz: float) -> float:
        near = np.exp(-((np.log2(hz / 110.0) - octaves) ** 2) / (2.0 * widths**2))
        return float(10.0 ** ((heights_db * near).sum() / 20.0) / np.hypot(1.0, hz / corner_hz))

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        def level(k: int, hz: float) -> Float64Array:
            # The upper partials come in later, as the bow has to catch the string.
            caught = 1.0 - np.exp(-coarse(on_s) / (attack_s * (0.3 + 0.05 * k)))
            comb = abs(np.sin(np.pi * k * place)) / np.sin(np.pi * place)
            shaped: Float64Array = caught * comb * body(hz) * k ** -(1.0 + tilt * (1.0 - velocity))
            return shaped

        grows = np.clip((on_s - delay_s) / 0.3, 0.0, 1.0)
        swing = np.sin(2 * np.pi * rate_hz * on_s) * grows * depth_cents
        tone = np.zeros(len(on_s))
        for detune in detunes:
            ratio = 2.0 ** (swing / 1200.0) * (1.0 + detune)
            tone += sum_partials(f0_hz, np.cumsum(ratio) / SAMPLE_RATE, level)
        white = np.random.default_rng(5).standard_normal(len(on_s))
        slips = 0.4 + 0.6 * (np.mod(f0_hz * on_s, 1.0) < 2.0 * place)
        rough = hiss * (0.5 + velocity) + scratch * velocity * np.exp(-on_s / 0.03)
        bow = lfilter([1.0, -0.9], [1.0, -0.5], white) * slips * rough
        shape = envelope(on_s, off_s, attack_s, 1.0, 0.9, release_s)
        return (tone / len(detunes) + bow) * shape * (0.2 + 0.8 * velocity)

    words = ("bowed", *(("ensemble",) if many else ()), *(("vibrato",) if depth_cents > 8 else ()))
    return voice, words


def noise(rng: np.random.Generator) -> tuple[Voice, tuple[str, ...]]:
    """Noise through resonators at the pitch and some of its multiples, beside unpitched noise."""
    multiples = np.unique(rng.choice([1, 2, 3, 4, 5, 6, 8], int(rng.integers(1, 6))))
    multiples = np.union1d(multiples, [1])
    width, slope = log_uniform(rng, 0.003, 0.06), rng.uniform(0.0, 1.5)
    floor, colour = log_uniform(rng, 0.003, 0.3), rng.uniform(-0.9, 0.9)
    slow = rng.random() < 0.4
    attack_s = log_uniform(rng, 0.15, 0.7) if slow else log_uniform(rng, 0.002, 0.1)
    dies = rng.random() < 0.3
    decay_s, sustain = log_uniform(rng, 0.08, 1.5), 0.0 if dies else rng.uniform(0.4, 1.0)
    release_s = log_uniform(rng, 0.03, 0.5)
    darkening = rng.uniform(0.0, 0.8)

    def voice(
        f0_hz: float, velocity: float, on_s: Float64Array, off_s: Float64Array
    ) -> Float64Array:
        white = np.random.default_rng(6).standard_normal(len(on_s))
        out = floor * lfilter([1.0 - abs(colour)], [1.0, -colour], white)
        for multiple in multiples:
            hz = float(multiple) * f0_hz
            if hz < _HIGHEST_HZ:
                radius = np.exp(-np.pi * width * hz / SAMPLE_RATE)
                poles = [1.0, -2.0 * radius * np.cos(2 * np.pi * hz / SAMPLE_RATE), radius**2]
                ring = lfilter([1.0, 0.0, -1.0], poles, white) * (1.0 - radius) ** 0.5
                out = out + ring * float(multiple) ** -(slope + darkening * (1.0 - velocity))
        shape = envelope(on_s, off_s, attack_s, decay_s, sustain, release_s)
        return 0.5 * out * shape * (0.15 + 0.85 * velocity)

    words = ("windy" if floor > 0.05 else "whispering", *(("slow attack",) if slow else ()))
    return voice, words
