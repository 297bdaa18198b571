"""Outlines of recordings of any length, and the samples of a part."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audio import write_wav
from core.audio.regions import OUTLINE_COLUMNS, outline, read_region
from core.errors import AudioError, Cancelled

RATE = 8000


def tone(seconds: float) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    return np.stack([0.5 * np.sin(880 * times), 0.25 * np.cos(700 * times)]).astype(np.float32)


def test_an_outline_has_the_extremes_of_the_sound(tmp_path: Path) -> None:
    sound = tone(30.0)
    sound[0, 100_000] = 0.9
    sound[1, 200_000] = -0.8
    write_wav(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    whole = outline(tmp_path / "a.wav")
    assert (whole.start_s, whole.end_s, whole.sample_rate, whole.channels) == (0.0, 30.0, RATE, 2)
    assert OUTLINE_COLUMNS <= whole.peaks.shape[1] <= 2 * OUTLINE_COLUMNS + 1
    columns = whole.peaks.shape[1]
    assert whole.peaks[1].max() == pytest.approx(0.9)
    assert whole.peaks[1].argmax() / columns == pytest.approx(100_000 / 240_000, abs=2 / columns)
    assert whole.peaks[0].argmin() / columns == pytest.approx(200_000 / 240_000, abs=2 / columns)
    assert whole.remarks == ()


@settings(deadline=None, max_examples=20)
@given(frames=st.integers(1, 200_000))
def test_no_frame_is_lost_of_any_length(
    frames: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("outline") / "a.wav"
    sound = np.zeros((1, frames), np.float32)
    sound[0, -1] = 0.5
    write_wav(path, sound, RATE, subtype="FLOAT")
    seen = outline(path)
    assert seen.end_s == frames / RATE
    assert seen.peaks[1, -1] == 0.5
    assert seen.peaks.shape[1] <= 2 * OUTLINE_COLUMNS + 1


def test_a_part_is_read_alone_and_in_detail(tmp_path: Path) -> None:
    sound = tone(20.0)
    write_wav(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    audio, rate = read_region(tmp_path / "a.wav", 3.0, 4.5)
    assert rate == RATE
    np.testing.assert_array_equal(audio, sound[:, 24_000:36_000])
    part = outline(tmp_path / "a.wav", 3.0, 4.5)
    assert (part.start_s, part.end_s) == (3.0, 4.5)
    assert part.peaks.shape[1] == 12_000 / 16
    late, _ = read_region(tmp_path / "a.wav", 19.5, 30.0)
    assert late.shape[1] == RATE // 2


def test_four_hours_are_outlined_by_blocks(tmp_path: Path) -> None:
    frames = 4 * 3600 * RATE
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + 2 * frames, b"WAVE", b"fmt ", 16, 1, 1, RATE,
        2 * RATE, 2, 16, b"data", 2 * frames,
    )  # fmt: skip
    path = tmp_path / "night.wav"
    with path.open("wb") as file:
        file.write(header)
        file.seek(len(header) + 2 * 3 * 3600 * RATE)  # nothing is written before: a sparse file
        file.write((8000 * np.sin(np.arange(RATE) / 3)).astype("<i2").tobytes())
        file.truncate(len(header) + 2 * frames)
    seen: list[float] = []
    whole = outline(path, on_progress=lambda done: seen.append(done) is None)
    assert whole.end_s == 4 * 3600
    assert whole.peaks[1].argmax() / whole.peaks.shape[1] == pytest.approx(0.75, abs=1e-3)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    audio, _ = read_region(path, 3 * 3600, 3 * 3600 + 1)
    assert np.abs(audio).max() > 0.2
    with pytest.raises(Cancelled):
        outline(path, on_progress=lambda _: False)


def test_what_is_no_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no sound " * 100)
    for name, words in (("none.wav", "no such file"), ("empty.wav", "empty"), ("text.wav", "read")):
        with pytest.raises(AudioError, match=words):
            outline(tmp_path / name)
        with pytest.raises(AudioError, match=words):
            read_region(tmp_path / name, 0.0, 1.0)
    write_wav(tmp_path / "a.wav", tone(1.0), RATE)
    with pytest.raises(AudioError, match=r"no sound at 5\.00 s"):
        read_region(tmp_path / "a.wav", 5.0, 6.0)


def test_nan_is_drawn_as_silence_and_said(tmp_path: Path) -> None:
    import soundfile

    sound = tone(1.0)
    sound[0, 100] = np.nan
    soundfile.write(tmp_path / "a.wav", sound.T, RATE, subtype="FLOAT")
    seen = outline(tmp_path / "a.wav")
    assert np.isfinite(seen.peaks).all()
    assert "NaN" in seen.remarks[0]


def test_a_file_damaged_inside_is_outlined_as_far_as_it_goes(tmp_path: Path) -> None:
    import soundfile

    noise = np.random.default_rng(1).normal(0, 0.1, (60 * RATE, 1)).astype(np.float32)
    path = tmp_path / "a.flac"
    soundfile.write(path, noise, RATE)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = bytes(20_000)
    path.write_bytes(data)
    seen = outline(path)
    assert 20.0 < seen.end_s <= 60.0
