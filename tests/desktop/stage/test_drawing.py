"""What the stage draws of a sound: its outline and its level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from desktop.stage.level_meter import FLOOR_DB, LevelMeter
from desktop.stage.peaks import waveform_peaks
from desktop.stage.waveform import Waveform


def test_an_outline_misses_no_peak() -> None:
    audio = np.zeros((2, 100_000), np.float32)
    audio[0, 77_777], audio[1, 5] = 0.9, -0.7
    peaks = waveform_peaks(audio, 500)
    assert peaks.shape == (2, 500)
    assert (peaks[1].max(), peaks[0].min()) == (pytest.approx(0.9), pytest.approx(-0.7))
    assert int(peaks[1].argmax()) == 77_777 * 500 // 100_000


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_very_short_sounds_have_outlines(frames: int) -> None:
    peaks = waveform_peaks(np.full((1, frames), 0.5, np.float32), 500)
    assert peaks.shape == (2, max(1, frames))


def test_a_meter_rises_at_once_and_falls_slowly(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.set_level(-6.0, now=10.0)
    assert meter.shown_db == -6.0
    meter.set_level(-math.inf, now=10.5)
    assert meter.shown_db == -18.0
    meter.set_level(3.0, now=10.6)
    assert meter.shown_db == 0.0
    meter.set_level(-math.inf, now=20.0)
    meter.set_level(-math.inf, now=22.0)
    assert (meter.shown_db, meter.is_at_rest) == (FLOOR_DB, True)


def test_a_waveform_shows_a_hint_until_there_is_a_sound(qtbot: QtBot) -> None:
    waveform = Waveform()
    qtbot.addWidget(waveform)
    waveform.set_hint("Choose a preset")
    waveform.set_playhead(0.3)
    assert waveform.playhead_s == 0.3
    empty = waveform.grab().toImage()
    waveform.set_hint("")
    waveform.show_sound(np.stack([-np.ones(50), np.ones(50)]).astype(np.float32), 2.0)
    assert waveform.grab().toImage() != empty
    waveform.clear_sound()
    assert waveform.playhead_s is None


def test_a_waveform_leaves_drops_to_what_it_lies_on(qtbot: QtBot) -> None:
    waveform = Waveform()
    qtbot.addWidget(waveform)
    assert not waveform.acceptDrops()
    assert not waveform.viewport().acceptDrops()
