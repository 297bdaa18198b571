"""What the encoder hears: the fundamental's harmonics at any pitch and level, and colour."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import firwin2, lfilter

from core.encoders.embedded.features import (
    N_FEATURES,
    N_HARMONICS,
    N_LEVELS,
    SERIES,
    bin_centres_hz,
    spectral_features,
)
from core.training.embedded.bands import (
    FILTER_GRID_HZ,
    N_BANDS,
    band_position,
    filter_features,
    filter_gain_db,
    level_change_db,
    noise_to_bands,
    random_filter,
)

RATE = 44_100


def tone(f0_hz: float, levels_db: dict[int, float], seconds: float = 1.0) -> np.ndarray:
    """A sum of harmonics at these levels."""
    t = np.arange(round(seconds * RATE)) / RATE
    parts = [10 ** (db / 20) * np.sin(2 * np.pi * k * f0_hz * t + k) for k, db in levels_db.items()]
    return np.sum(parts, axis=0).astype(np.float32)


def features_of(audio: np.ndarray) -> np.ndarray:
    """[frames, 290]."""
    return spectral_features(torch.from_numpy(audio)[None])[0].numpy()


@pytest.mark.parametrize("f0_hz", [61.0, 110.0, 261.6, 700.0, 1500.0])
def test_harmonics_are_read_off_whatever_the_pitch(f0_hz: float) -> None:
    levels = {1: 0.0, 2: -12.0, 3: -6.0, 4: -30.0, 5: -18.0}
    features = features_of(tone(f0_hz, levels))[10:40]
    octaves = np.median(features[:, N_LEVELS])
    assert 1200 * abs(octaves - np.log2(f0_hz / 55.0)) < 25
    read = np.median(features[:, SERIES], axis=0)[:5] * 20.0
    assert read == pytest.approx(list(levels.values()), abs=2.5)
    assert np.median(features[:, SERIES], axis=0)[6] * 20 < -35


def test_level_does_not_matter() -> None:
    audio = tone(220.0, {1: 0.0, 2: -6.0, 3: -9.0})
    assert np.abs(features_of(audio) - features_of(0.03 * audio)).max() < 2e-3


def test_features_have_the_stated_size_and_range() -> None:
    rng = np.random.default_rng(0)
    features = features_of(rng.standard_normal(RATE).astype(np.float32))
    assert features.shape == (51, N_FEATURES)
    assert np.isfinite(features).all()
    assert features[:, :N_LEVELS].max() <= 0.0
    assert features[:, :N_LEVELS].min() >= -4.0
    assert ((features[:, N_LEVELS + 1] >= 0) & (features[:, N_LEVELS + 1] <= 1)).all()


@pytest.mark.parametrize("seed", range(4))
def test_coloured_features_are_those_of_the_filtered_sound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sawtooth = {k: -6.0 * np.log2(k) for k in range(1, 60)}
    audio = tone(196.0, sawtooth) + 0.003 * rng.standard_normal(RATE).astype(np.float32)
    colour = np.clip(random_filter(rng), -25.0, 25.0)
    hz = np.linspace(0, RATE / 2, 2049)
    taps = firwin2(4095, hz, 10 ** (filter_gain_db(colour, np.maximum(hz, 20.0)) / 20), fs=RATE)
    wet = lfilter(taps, 1.0, np.concatenate([audio, np.zeros(2047)]))[2047:].astype(np.float32)
    guessed, true = filter_features(features_of(audio), colour), features_of(wet)
    steady = slice(8, 40)
    loud = true[steady] > -2.5
    loud[:, N_LEVELS:] = False
    assert np.abs(guessed[steady] - true[steady])[loud].mean() * 20 < 1.5
    series = loud[:, SERIES][:, :N_HARMONICS]
    assert series.any()


def test_level_change_is_that_of_the_spectrum() -> None:
    spectrum = np.zeros(len(FILTER_GRID_HZ))
    spectrum[40] = 1.0
    colour = np.zeros(len(FILTER_GRID_HZ))
    colour[40] = -7.0
    assert level_change_db(spectrum, colour) == pytest.approx(-7.0)


def test_noise_keeps_its_power_in_bands() -> None:
    assert noise_to_bands().sum(dim=1).numpy() == pytest.approx(np.ones(32), abs=1e-5)
    index, fraction = band_position(np.array([10.0, 440.0, 18_000.0, 22_000.0]))
    assert index.max() <= N_BANDS - 2
    assert ((fraction >= 0) & (fraction <= 1)).all()
    assert [part.stop - part.start for part, _ in bin_centres_hz()] == [160, 64]
