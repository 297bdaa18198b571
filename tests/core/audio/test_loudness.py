"""The meter agrees with pyloudnorm and with the standard's own figures."""

import math

import numpy as np
import pyloudnorm
import pytest

from core.audio.loudness import (
    amplified,
    fit_full_scale,
    integrated_loudness,
    overshoot_db,
)
from core.types import FloatArray

RNG = np.random.default_rng(3)


def sine(hz: float, seconds: float, rate: int, peak: float = 1.0) -> FloatArray:
    return (peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )[None]


def test_a_sine_at_full_scale_has_the_standards_loudness() -> None:
    assert integrated_loudness(sine(997, 5, 48_000), 48_000) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_it_agrees_with_pyloudnorm(rate: int, channels: int) -> None:
    seconds = 3.3
    times_s = np.arange(round(seconds * rate)) / rate
    notes = np.sin(2 * np.pi * 220 * times_s) * np.exp(-4 * (times_s % 0.8))
    noise = RNG.standard_normal((channels, len(times_s))) * np.where(times_s < 2.0, 0.05, 0.001)
    sound = (0.3 * notes + noise).astype(np.float32)
    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    expected = meter.integrated_loudness(sound.T.astype(np.float64))
    assert integrated_loudness(sound, rate) == pytest.approx(expected, abs=0.02)


def test_silence_around_a_sound_changes_little() -> None:
    sound = sine(440, 2, 44_100, 0.2)
    padded = np.pad(sound, ((0, 0), (0, 5 * 44_100)))
    assert integrated_loudness(padded, 44_100) == pytest.approx(
        integrated_loudness(sound, 44_100), abs=0.7
    )


def test_what_has_no_loudness() -> None:
    assert integrated_loudness(np.zeros((1, 44_100), np.float32), 44_100) == -math.inf
    assert integrated_loudness(np.zeros((1, 0), np.float32), 44_100) == -math.inf
    assert integrated_loudness(sine(440, 1, 44_100, 1e-5), 44_100) == -math.inf
    assert math.isnan(integrated_loudness(np.full((1, 44_100), np.nan, np.float32), 44_100))


def test_a_short_sound_counts_as_followed_by_silence() -> None:
    short = sine(997, 0.1, 48_000)
    assert integrated_loudness(short, 48_000) == pytest.approx(-3.01 - 10 * math.log10(4), abs=0.1)


def test_a_gain_moves_the_loudness_by_itself() -> None:
    sound = sine(440, 2, 44_100, 0.2)
    before = integrated_loudness(sound, 44_100)
    assert integrated_loudness(amplified(sound, -7.5), 44_100) == pytest.approx(
        before - 7.5, abs=0.01
    )
    assert amplified(sound, 0.0) is sound


def test_peaks_beyond_full_scale_are_made_to_fit_as_a_whole() -> None:
    sound = sine(440, 1, 44_100, 2.0)
    assert overshoot_db(sound) == pytest.approx(6.02, abs=0.01)
    fitted = fit_full_scale(sound)
    assert np.abs(fitted).max() == pytest.approx(0.999, abs=1e-6)
    np.testing.assert_allclose(fitted * (2.0 / 0.999), sound, atol=1e-5)
    quiet = sine(440, 1, 44_100, 1.0)
    assert fit_full_scale(quiet) is quiet
    assert overshoot_db(quiet) == 0.0
