"""A take's spectrogram and outline: what is drawn where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.types import FloatArray
from desktop.pages.takes.sound.spectrogram import (
    BANDS,
    COLUMNS,
    RANGE_DB,
    Spectrogram,
    band_edges_hz,
)
from desktop.pages.takes.sound.take_sound import TakeSounds, read_take_sound

RATE = 44_100


def tone(hz: float, seconds: float = 1.0, level: float = 0.5) -> FloatArray:
    """float32 [frames]."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype("f4")


@pytest.mark.parametrize("hz", [110.0, 440.0, 3520.0])
def test_a_tone_is_brightest_at_its_pitch(hz: float) -> None:
    levels = Spectrogram(tone(hz), RATE).whole
    middle = levels[:, levels.shape[1] // 2]
    low_hz, high_hz = band_edges_hz(RATE)
    wanted = BANDS * (1 - np.log(hz / low_hz) / np.log(high_hz / low_hz))
    assert abs(int(middle.argmax()) - wanted) <= 1.5
    assert middle.max() == 255


def test_levels_are_decibels_under_the_loudest() -> None:
    sound = np.concatenate([tone(440.0), tone(440.0, level=0.005)])  # 40 dB softer
    levels = Spectrogram(sound, RATE).whole
    quarter = levels.shape[1] // 4
    loud, soft = (float(levels[:, at].max()) for at in (quarter, 3 * quarter))
    assert (loud - soft) / 255 * RANGE_DB == pytest.approx(40.0, abs=0.7)


def test_a_stretch_is_the_same_finer() -> None:
    chirp = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 2000, 4 * RATE)) / RATE).astype("f4")
    drawn = Spectrogram(chirp, RATE)
    fine = drawn.stretch(1.0, 2.0, 900)
    assert fine.shape == (BANDS, 900)
    coarse = drawn.whole[:, round(1.5 / drawn.column_s)]
    assert abs(int(fine[:, 450].argmax()) - int(coarse.argmax())) <= 1


def test_ten_minutes_take_no_more_columns_and_silence_and_nothing_are_drawn() -> None:
    long = Spectrogram(np.zeros(600 * 8000, np.float32), 8000)
    assert long.whole.shape == (BANDS, COLUMNS)
    assert not long.whole.any()
    assert Spectrogram(np.zeros(0, np.float32), RATE).whole.shape == (BANDS, 1)


def test_a_click_is_where_it_is() -> None:
    sound = np.zeros(RATE, np.float32)
    sound[RATE // 4] = 0.9
    drawn = Spectrogram(sound, RATE)
    at_s = float(drawn.whole.sum(axis=0).argmax() + 0.5) * drawn.column_s
    assert at_s == pytest.approx(0.25, abs=drawn.column_s)


def test_a_take_is_read_once_and_memory_is_bounded(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.wav" for number in range(3)]
    for file in files:
        soundfile.write(file, np.stack([tone(220.0), -0.5 * tone(220.0)], axis=1), RATE)
    sound = read_take_sound(files[0])
    assert sound.seconds == 1.0
    assert sound.peaks[1].max() == pytest.approx(0.5, abs=0.01)
    assert sound.peaks[0].min() == pytest.approx(-0.5, abs=0.01)
    sounds = TakeSounds(most_bytes=2 * sound.bytes_held)
    first = sounds.get(files[0])
    assert sounds.get(files[0]) is first
    for file in files:
        sounds.get(file)
    assert len(sounds) == 2
    soundfile.write(files[2], tone(220.0, 0.5), RATE)  # rendered again
    assert sounds.get(files[2]).seconds == 0.5
