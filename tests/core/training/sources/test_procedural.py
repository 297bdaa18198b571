"""Procedural instruments: at pitch, alive at every velocity, and each what it is called."""

from __future__ import annotations

import numpy as np
import pytest

from core.clip import pitch_hz
from core.training.sources.instruments import SAMPLE_RATE
from core.training.sources.procedural import FIRST_LATER, KINDS, LATER_KINDS, make_instrument

NUMBERS = [*range(len(KINDS)), *range(FIRST_LATER, FIRST_LATER + 8)]


def power_spectrum(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power of 0.2–0.9 s, and frequencies, Hz."""
    held = audio[int(0.2 * SAMPLE_RATE) : int(0.9 * SAMPLE_RATE)]
    power = np.abs(np.fft.rfft(held * np.hanning(len(held)), 2**17)) ** 2
    return power, np.fft.rfftfreq(2**17, 1 / SAMPLE_RATE)


def near_partials(power: np.ndarray, hz: np.ndarray, f0_hz: float, within: float) -> float:
    """Share of the power within so many semitones of the first forty partials."""
    partials = f0_hz * np.arange(1, 41)
    apart = np.abs(12 * np.log2(np.maximum(hz, 1.0)[:, None] / partials)).min(axis=1)
    return float(power[apart < within].sum() / power.sum())


@pytest.mark.parametrize("number", NUMBERS)
def test_an_instrument_plays_every_key_and_velocity(number: int) -> None:
    instrument, player = make_instrument(number)
    again = make_instrument(number)[1].play(60, 100, 0.2, 0.2)
    assert np.array_equal(player.play(60, 100, 0.2, 0.2), again)
    for pitch in (instrument.low, 60, instrument.high):
        soft, loud = (player.play(pitch, velocity, 1.0, 0.5) for velocity in (25, 120))
        assert len(loud) == round(1.5 * SAMPLE_RATE)
        for audio in (soft, loud):
            assert np.isfinite(audio).all()
            assert 1e-3 < np.abs(audio).max() < 2.0
        assert (loud**2).sum() > 2.0 * (soft**2).sum()
        # It dies away after its release.
        assert np.abs(loud[-500:]).max() < 0.5 * np.abs(loud).max()


def test_kinds_come_in_turn_and_later_ones_change_no_number() -> None:
    named = [make_instrument(number)[0].id.split(":")[1] for number in NUMBERS]
    assert tuple(named[: len(KINDS)]) == KINDS
    assert tuple(named[len(KINDS) :]) == LATER_KINDS * 4


@pytest.mark.parametrize("number", range(FIRST_LATER, FIRST_LATER + 8, 2))
def test_a_bowed_string_is_at_its_pitch_under_some_hiss(number: int) -> None:
    player = make_instrument(number)[1]
    power, hz = power_spectrum(player.play(55, 100, 1.0, 0.2))
    assert near_partials(power, hz, pitch_hz(55), 0.6) > 0.9
    between = np.abs(hz / pitch_hz(55) % 1.0 - 0.5) < 0.15
    assert power[between & (hz < 8000)].sum() > 1e-7 * power.sum()


@pytest.mark.parametrize("number", range(FIRST_LATER + 1, FIRST_LATER + 8, 2))
def test_tuned_noise_is_noise_gathered_about_its_pitch(number: int) -> None:
    player = make_instrument(number)[1]
    power, hz = power_spectrum(player.play(57, 100, 1.0, 0.2))
    at_own, at_other = (near_partials(power, hz, f0_hz, 1.0) for f0_hz in (220.0, 220.0 * 2**0.5))
    assert at_own > at_other
    # No line stands out of its surroundings as a partial would.
    around = power[(hz > 200) & (hz < 242)]
    assert around.max() < 0.7 * around.sum()
