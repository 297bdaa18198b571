"""One shape, rate and length for every listener."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from core.audio import resample
from core.audio.conform import Quality, mix_down, mono, without_offset
from core.errors import AudioError


def tone(seconds: float, channels: int, rate: int) -> np.ndarray:
    time_s = np.arange(round(seconds * rate)) / rate
    return np.tile(0.5 * np.sin(2 * np.pi * 440 * time_s), (channels, 1)).astype(np.float32)


@pytest.mark.parametrize("quality", ["HQ", "VHQ"])
def test_resampling_keeps_pitch_length_and_level(quality: Quality) -> None:
    sound = tone(1.0, 2, 44100)
    half = resample(sound, 44100, 22050, quality)
    assert half.shape == (2, 22050)
    assert half.dtype == np.float32
    expected = tone(1.0, 2, 22050)
    assert np.abs(half - expected)[:, 500:-500].max() < 1e-4
    assert resample(sound, 44100, 44100, quality) is sound


def test_the_quality_of_the_encoders_is_soxrs_own_default() -> None:
    """What their networks were trained on; a render's samples depend on it to the last bit."""
    sound = np.random.default_rng(0).normal(size=9_001).astype(np.float32)
    assert np.array_equal(mono(sound, 48_000, 44_100, "HQ"), soxr.resample(sound, 48_000, 44_100))
    assert not np.array_equal(mono(sound, 48_000, 44_100), mono(sound, 48_000, 44_100, "HQ"))


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        resample(tone(0.1, 1, 8000), 0, 8000)


def test_channels_are_averaged() -> None:
    left, right = tone(0.1, 1, 8000)[0], tone(0.1, 1, 4000)[0].repeat(2)
    assert np.array_equal(mono(np.stack([left, right]), 8000), (left + right) / 2)
    assert np.array_equal(mono(left, 8000), left)


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (np.zeros((2, 0)), "shape"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.array([0.0, np.nan]), "NaN or infinite"),
    ],
)
def test_what_is_no_sound_is_refused(sound: np.ndarray, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        mono(sound, 8000)


def voice() -> np.ndarray:
    """A second of three partials that fade, at 8 kHz: float32 [frames]."""
    time_s = np.arange(8000) / 8000
    partials = [np.sin(2 * np.pi * 220 * k * time_s + 1.7 * k) for k in (1, 2, 3)]
    return (0.25 * sum(partials) * np.exp(-4 * time_s)).astype(np.float32)


@pytest.mark.parametrize("channels", [2, 3, 5, 64])
@pytest.mark.parametrize("inverted", ["last", "first", "half"])
def test_an_inverted_channel_cancels_nothing(channels: int, inverted: str) -> None:
    sound = voice()
    signs = np.ones((channels, 1), np.float32)
    signs[{"last": slice(-1, None), "first": slice(1), "half": slice(channels // 2)}[inverted]] = -1
    mixed = mix_down(sound * signs)
    is_weakened_only = abs(signs.sum()) > 0.75 * channels
    expected = sound * (signs.mean() if is_weakened_only else signs[0])
    assert np.abs(mixed - expected).max() < 1e-6


def test_noise_hum_and_an_offset_on_both_sides_do_not_hide_the_inverted_one() -> None:
    sound = voice()
    noise = 1e-3 * np.random.default_rng(1).normal(size=(2, len(sound)))
    hum = 1e-3 * np.sin(2 * np.pi * 50 * np.arange(len(sound)) / 8000)
    stereo = (np.stack([sound, -sound]) + noise + hum + 0.1).astype(np.float32)
    assert np.abs(mono(stereo, 8000) - sound).max() < 5e-3
    softer = (np.stack([sound, -0.4 * sound]) + noise).astype(np.float32)
    assert np.abs(mono(softer, 8000) - 0.7 * sound).max() < 5e-3


@pytest.mark.parametrize("silent", [0, 1])
def test_any_channel_may_be_silent(silent: int) -> None:
    stereo = np.stack([voice(), voice()])
    stereo[silent] = 0.0
    assert np.array_equal(mono(stereo, 8000), voice() / 2)
    nothing = np.zeros((2, 800), np.float32)
    assert np.array_equal(mono(nothing, 8000), nothing[0])


@pytest.mark.parametrize("between", [1.0, 0.5, 0.0, -0.25])
def test_ordinary_stereo_stays_the_mean_to_the_last_bit(between: float) -> None:
    """Whatever the sides have in common; a correlation under −0.3 is no ordinary mix."""
    first, other = np.random.default_rng(2).normal(size=(2, 8000))
    second = between * first + np.sqrt(1 - between**2) * other
    stereo = np.stack([first, second]).astype(np.float32)
    assert np.array_equal(mix_down(stereo), stereo.mean(axis=0, dtype=np.float32))


@pytest.mark.parametrize("offset", [0.1, -0.1, 0.02])
def test_a_constant_offset_is_taken_out(offset: float) -> None:
    sound = np.concatenate([voice(), np.zeros(2000, np.float32)])
    taken = without_offset(sound + np.float32(offset), 8000)
    assert np.abs(taken - sound).max() < 2e-3
    loud = np.sin(2 * np.pi * 55 * np.arange(8000) / 8000).astype(np.float32)  # never quiet
    assert np.abs(without_offset(loud + np.float32(0.1), 8000) - loud).max() < 5e-3


def test_an_offset_that_goes_away_with_the_note_is_the_notes_own() -> None:
    swell = voice() + 0.1 * np.exp(-6 * np.arange(8000) / 8000).astype(np.float32)
    assert without_offset(swell, 8000) is swell
    assert without_offset(voice(), 8000) is not None
    short = np.array([0.3], np.float32)
    assert np.isfinite(without_offset(short, 8000)).all()
