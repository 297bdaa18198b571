"""What is shown of a recording before a timbre is taken from it."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio import read_audio
from core.encoders.embedded.heard_notes import CLIPPED, heard_notes, is_clipped
from core.errors import AudioError
from core.library.factory import RECORDINGS

RATE = 44_100


def plucked(pitch: int, seconds: float) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    partials = sum(np.sin(2 * np.pi * hz * n * times) / n for n in range(1, 8))
    return (0.3 * partials * np.exp(-2 * times)).astype(np.float32)


def test_notes_are_where_they_sound() -> None:
    silence = np.zeros(2 * RATE, np.float32)
    sound = np.concatenate([silence, plucked(60, 1.0), plucked(67, 1.0), silence])[None]
    heard = heard_notes(sound, RATE)
    assert [note.pitch for note in heard.notes] == [60, 67]
    assert [note.start_s for note in heard.notes] == pytest.approx([2.0, 3.0], abs=0.06)
    assert heard.start_s == pytest.approx(2.0, abs=0.01)
    assert heard.end_s == pytest.approx(4.0, abs=0.05)
    assert heard.remarks == ()


def test_of_a_long_recording_the_loudest_part_counts() -> None:
    soft = 0.05 * plucked(48, 2.0)
    sound = np.concatenate([np.tile(soft, 10), np.tile(plucked(64, 2.0), 4), np.tile(soft, 5)])
    heard = heard_notes(sound[None], RATE)
    assert (heard.start_s, heard.end_s) == pytest.approx((20.0, 28.0), abs=0.3)
    assert {note.pitch for note in heard.notes} == {64}


def test_a_library_recording_has_its_note() -> None:
    heard = heard_notes(*read_audio(RECORDINGS / "small-bell.flac"))
    assert heard.notes
    assert CLIPPED not in heard.remarks


def test_noise_has_no_notes_and_silence_is_refused() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (1, RATE)).astype(np.float32)
    heard = heard_notes(noise * np.hanning(RATE).astype(np.float32), RATE)
    assert heard.remarks
    with pytest.raises(AudioError, match="silent"):
        heard_notes(np.zeros((1, RATE), np.float32), RATE)


@pytest.mark.parametrize(
    ("gain", "clipped"), [(1.0, False), (4.0, True)], ids=["as it is", "too loud"]
)
def test_flat_peaks_are_told(gain: float, clipped: bool) -> None:
    sound = np.clip(gain * plucked(57, 1.0)[None] / 0.8, -1, 1)
    assert is_clipped(sound) is clipped
    assert (CLIPPED in heard_notes(sound, RATE).remarks) is clipped


def test_slow_sines_square_waves_and_silence_are_not_clipped() -> None:
    times = np.arange(RATE) / RATE
    sine = (np.round(32767 * np.sin(2 * np.pi * 30 * times)) / 32768).astype(np.float32)
    assert not is_clipped(sine[None])
    assert not is_clipped(np.sign(sine)[None])
    assert not is_clipped(np.zeros((2, RATE), np.float32))
