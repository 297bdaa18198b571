"""Reading recordings and writing renders."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile

from core import audio
from core.audio.files import MAX_REFERENCE_S
from core.errors import AudioError, OutputError

RATE = 8000


def tone(seconds: float = 0.5, channels: int = 1, rate: int = RATE) -> np.ndarray:
    time_s = np.arange(round(seconds * rate)) / rate
    waves = [0.5 * np.sin(2 * np.pi * 220 * (1 + k) * time_s) for k in range(channels)]
    return np.array(waves, np.float32)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_what_is_written_is_read_back(tmp_path: Path, subtype: str, channels: int) -> None:
    path = tmp_path / "a.wav"
    sound = tone(0.1, channels)
    audio.write_wav(path, sound, 22050, subtype=subtype)
    read, rate = audio.read_audio(path)
    assert rate == 22050
    assert soundfile.info(path).subtype == subtype
    step = {"PCM_16": 2**-15, "PCM_24": 2**-23, "FLOAT": 0}[subtype]
    assert np.abs(read - sound).max() <= step / 2
    audio.write_wav(tmp_path / "again.wav", read, rate, subtype=subtype)
    assert (tmp_path / "again.wav").read_bytes() == path.read_bytes()


def test_odd_sized_data_is_padded_and_full_scale_clips(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio.write_wav(path, np.array([[1.5, -1.5, 0.0]], np.float32), RATE)
    assert path.stat().st_size % 2 == 0
    read, _ = audio.read_audio(path)
    assert read.tolist() == [[1 - 2**-23, -1.0, 0.0]]


def test_other_readers_agree(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio.write_wav(path, tone(channels=2), RATE, subtype="PCM_16")
    rate, samples = scipy.io.wavfile.read(path)
    with wave.open(str(path)) as stdlib:
        assert (stdlib.getnchannels(), stdlib.getframerate()) == (2, RATE)
        assert stdlib.readframes(stdlib.getnframes()) == samples.tobytes()
    assert rate == RATE
    assert np.array_equal(samples.T / np.float32(2**15), audio.read_audio(path)[0])


def test_not_finite_audio_is_our_bug_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="NaN"):
        audio.write_wav(tmp_path / "a.wav", np.array([[0.0, np.nan]], np.float32), RATE)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_folder_as_target_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder does not exist"):
        audio.write_wav(tmp_path / "no" / "a.wav", tone(), RATE)
    with pytest.raises(OutputError, match="it is a folder"):
        audio.write_wav(tmp_path, tone(), RATE)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file, not a folder"):
        audio.write_wav(tmp_path / "file" / "a.wav", tone(), RATE)


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "no permission")]
)
def test_a_failed_flush_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")

    def fail(_handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=words) as caught:
        audio.write_wav(path, tone(), RATE)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.wav"]


def test_running_out_of_room_half_way_leaves_nothing(tmp_path: Path) -> None:
    """A real short write, by the operating system's own limit on file sizes."""
    script = (
        "import sys, numpy as np, core.audio as a, core.errors as e\n"
        "try: a.write_wav(sys.argv[1], np.zeros((1, 200_000), 'f4'), 8000)\n"
        "except e.OutputError as error: print(error); sys.exit(error.exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.wav")],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_more_than_a_wav_can_hold_is_refused_before_writing(tmp_path: Path) -> None:
    endless = np.broadcast_to(np.float32(0), (2, 800_000_000))
    with pytest.raises(OutputError, match="4 GB"):
        audio.write_wav(tmp_path / "a.wav", endless, RATE, subtype="FLOAT")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_references_of_any_format_rate_and_channel_count(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ref.{suffix}"
    soundfile.write(path, tone(0.5, 2, 16000).T, 16000)
    read, rate = audio.read_reference(path)
    assert rate == 16000
    assert read.shape[0] == 2
    assert read.dtype == np.float32
    assert read.shape[1] / rate == pytest.approx(0.5, abs=0.1)


def _write(samples: object, subtype: str = "FLOAT") -> Callable[[Path], object]:
    return lambda path: soundfile.write(path, samples, RATE, subtype=subtype, format="WAV")


BAD_REFERENCES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty file": (lambda path: path.touch(), "is empty"),
    "text": (lambda path: path.write_text("hello " * 50), "cannot be read as audio"),
    "folder": (lambda path: path.mkdir(), "is not a file"),
    "no frames": (_write(np.zeros(0)), "0 samples"),
    "3 samples": (_write(np.array([0.1, 0.2, 0.3])), "3 samples"),
    "silent": (_write(np.zeros(RATE)), "is silent"),
    "nearly silent": (_write(np.full(RATE, 5e-5)), "is silent"),
    "long and silent": (_write(np.zeros(RATE * 61), "PCM_16"), "is silent"),
    "NaN": (_write(np.where(np.arange(RATE) == 77, np.nan, 0.1)), "NaN"),
    "infinite": (_write(np.where(np.arange(RATE) == 77, np.inf, 0.1)), "NaN or infinite"),
    "long, NaN only": (_write(np.full(RATE * 61, np.nan)), "NaN"),
}


@pytest.mark.parametrize("case", BAD_REFERENCES)
def test_unusable_references_are_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    make, words = BAD_REFERENCES[case]
    path = tmp_path / "ref.wav"
    make(path)
    with pytest.raises(AudioError, match=words) as caught:
        audio.read_reference(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_reference_and_headerless_audio(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file"):
        audio.read_reference(tmp_path / "none.wav")
    (tmp_path / "a.raw").write_bytes(bytes(1000))
    with pytest.raises(AudioError, match="cannot be read as audio"):
        audio.read_reference(tmp_path / "a.raw")


def test_a_long_recording_is_read_from_its_first_sound(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    sound = np.zeros(RATE * 200, np.float32)
    sound[RATE * 90 :] = 0.25
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    read, _ = audio.read_reference(path)
    assert read.shape == (1, round(RATE * MAX_REFERENCE_S))
    assert (read == 0.25).all()


def test_a_header_that_lies_about_its_length_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lie.wav"
    soundfile.write(path, tone()[0], RATE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[40:44] = (0x7FFFFFF0).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    read, _ = audio.read_reference(path)
    assert read.shape[1] == RATE // 2
