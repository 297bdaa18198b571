"""One shape, rate and length for every listener."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from core.audio import resample
from core.audio.conform import Quality, mono
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
    left, right = tone(0.1, 1, 8000)[0], np.ones(800, np.float32)
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
