"""Vibrato of known extent is measured, and what only resembles it is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from core.descriptors.notes import describe
from core.descriptors.phrase import HELD_S, KEYS, MEASURING_PHRASE
from core.descriptors.vibrato import vibrato_cents
from core.types import Float64Array

RATE = 44_100
TIMES_S = np.arange(round(1.3 * RATE)) / RATE
KEYS_HZ = tuple(440.0 * 2.0 ** ((pitch - 69) / 12) for pitch in sorted({key for key, _ in KEYS}))


def tone(
    f0_hz: float,
    cents: float = 0.0,
    rate_hz: float = 5.5,
    partials: int = 12,
    tremolo: float = 0.0,
    noise: float = 0.0,
    begins_s: float = 0.0,
) -> Float64Array:
    bend = cents * np.sin(2 * np.pi * rate_hz * TIMES_S) * (begins_s <= TIMES_S)
    phase = 2 * np.pi * np.cumsum(f0_hz * 2 ** (bend / 1200)) / RATE
    sound = np.sum([np.sin(n * phase) / n for n in range(1, partials + 1)], axis=0)
    sound *= 1.0 + tremolo * np.sin(2 * np.pi * rate_hz * TIMES_S)
    sound += noise * np.random.default_rng(3).standard_normal(len(sound))
    result: Float64Array = sound * np.minimum(1.0, TIMES_S / 0.02)
    return result


def measured(sound: Float64Array, f0_hz: float) -> float:
    return vibrato_cents(sound, RATE, f0_hz, HELD_S)


@pytest.mark.parametrize("f0_hz", KEYS_HZ)
@pytest.mark.parametrize("partials", [1, 3, 12])
@pytest.mark.parametrize("cents", [0.0, 10.0, 30.0, 50.0])
def test_the_extent_is_the_peak_in_cents(f0_hz: float, partials: int, cents: float) -> None:
    found = measured(tone(f0_hz, cents, partials=partials), f0_hz)
    assert found == pytest.approx(cents, rel=0.05, abs=0.1)


@pytest.mark.parametrize("rate_hz", [4.0, 6.5, 8.0])
def test_it_is_heard_from_four_to_eight_times_a_second(rate_hz: float) -> None:
    assert measured(tone(261.6, 30.0, rate_hz), 261.6) == pytest.approx(30.0, rel=0.05)


@pytest.mark.parametrize("rate_hz", [1.0, 14.0])
def test_slower_and_faster_is_none(rate_hz: float) -> None:
    assert measured(tone(261.6, 30.0, rate_hz), 261.6) < 3.0


def test_it_may_begin_late_and_sound_amid_noise_and_tremolo() -> None:
    assert measured(tone(261.6, 30.0, begins_s=0.4), 261.6) == pytest.approx(30.0, rel=0.2)
    assert measured(tone(261.6, 30.0, noise=0.3), 261.6) == pytest.approx(30.0, rel=0.1)
    assert measured(tone(261.6, 30.0, tremolo=0.3), 261.6) == pytest.approx(30.0, rel=0.2)


@pytest.mark.parametrize("f0_hz", KEYS_HZ)
@pytest.mark.parametrize("partials", [1, 12])
def test_tremolo_and_beating_are_none(f0_hz: float, partials: int) -> None:
    for depth in (0.2, 0.5, 0.9):
        assert measured(tone(f0_hz, partials=partials, tremolo=depth), f0_hz) < 1.0
    for apart_hz in (1.0, 4.0, 5.5, 7.0):
        for level in (0.3, 0.7, 1.0):
            other = tone(f0_hz + apart_hz, partials=partials)
            beating = tone(f0_hz, partials=partials) + level * other
            assert measured(beating, f0_hz) < 7.0


def test_noise_is_none() -> None:
    rng = np.random.default_rng(1)
    frames = round(MEASURING_PHRASE.length_s * RATE)
    for band in (None, (20.0, 500.0), (200.0, 300.0), (3000.0, 20_000.0)):
        for _ in range(4):
            phrase = 0.1 * rng.standard_normal((1, frames))
            if band is not None:
                phrase = sosfilt(butter(2, band, "bandpass", fs=RATE, output="sos"), phrase)
            assert describe(phrase.astype(np.float32), RATE)["vibrato"] < 3.0
    assert measured(tone(261.6, noise=0.1), 261.6) < 1.0


@pytest.mark.parametrize(("decay_s", "expected"), [(0.05, 0.0), (0.1, 0.0), (0.3, 30.0)])
def test_a_note_that_dies_soon_has_none(decay_s: float, expected: float) -> None:
    sound = tone(261.6, 30.0) * np.exp(-TIMES_S / decay_s)
    assert measured(sound, 261.6) == pytest.approx(expected, rel=0.05)


def test_silence_and_short_notes_have_none() -> None:
    assert measured(np.zeros(RATE), 261.6) == 0.0
    assert measured(tone(261.6, 30.0)[:100], 261.6) == 0.0
