"""Reading recordings and writing renders."""

from __future__ import annotations

import errno
import io
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
    "offset only": (_write(np.full(RATE, 0.3)), "constant offset"),
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
    sound[RATE * 90 :] = np.resize([0.25, -0.25], RATE * 110)
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    read, _ = audio.read_reference(path)
    assert read.shape == (1, round(RATE * MAX_REFERENCE_S))
    assert (np.abs(read) == 0.25).all()


def wav_bytes(seconds: float = 0.5) -> bytes:
    """A 16-bit mono WAV; its sizes stand at bytes 4 and 40, its samples begin at 44."""
    stream = io.BytesIO()
    soundfile.write(stream, tone(seconds)[0], RATE, subtype="PCM_16", format="WAV")
    return stream.getvalue()


def with_sizes(content: bytes, riff: int, data: int) -> bytes:
    sizes = (riff.to_bytes(4, "little"), data.to_bytes(4, "little"))
    return content[:4] + sizes[0] + content[8:40] + sizes[1] + content[44:]


@pytest.mark.parametrize(
    ("content", "frames", "remark"),
    [
        (with_sizes(wav_bytes(), 0, 0), RATE // 2, "does not say how long"),
        (with_sizes(wav_bytes(), 36, 0), RATE // 2, "does not say how long"),
        (with_sizes(wav_bytes(), 0xFFFFFFFF, 0xFFFFFFFF), RATE // 2, "does not say how long"),
        (with_sizes(wav_bytes(), 0x7FFFFFFF, 0x7FFFFFF0), RATE // 2, "of 134217.73 s only 0.50 s"),
        (wav_bytes()[: 44 + RATE // 2], RATE // 4, "cut off: of 0.50 s only 0.25 s"),
        (wav_bytes()[: 45 + RATE // 2], RATE // 4, "cut off"),  # inside a sample
        (wav_bytes() + b"TAG" + bytes(125), RATE // 2, ""),  # what others put behind it
        (with_sizes(wav_bytes(), 0, RATE), RATE // 2, ""),
    ],
)
def test_a_wav_that_a_crash_left_is_read_as_far_as_it_goes(
    tmp_path: Path, content: bytes, frames: int, remark: str
) -> None:
    path = tmp_path / "crash.wav"
    path.write_bytes(content)
    reading = audio.read_reference_with_remarks(path)
    assert np.abs(reading.audio[0] - tone()[0, :frames]).max() < 1e-4
    assert reading.audio.shape == (1, frames)
    assert len(reading.remarks) == bool(remark)
    assert all(remark in line for line in reading.remarks)
    assert np.array_equal(audio.read_reference(path)[0], reading.audio)


def test_an_empty_wav_with_other_chunks_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    listed = b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    path.write_bytes(with_sizes(wav_bytes()[:44], 48, 0) + listed)
    with pytest.raises(AudioError, match="0 samples"):
        audio.read_reference(path)


@pytest.mark.parametrize("kind", ["W64", "RF64", "AIFF", "AU", "FLAC", "MP3", "OGG"])
def test_other_files_that_are_cut_off(tmp_path: Path, kind: str) -> None:
    noisy = tone(20.0)[0] + 0.05 * np.random.default_rng(0).normal(size=RATE * 20)
    path = tmp_path / f"cut.{kind.lower()}"
    soundfile.write(path, noisy, RATE, format=kind)
    assert not audio.read_reference_with_remarks(path).remarks
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    reading = audio.read_reference_with_remarks(path)
    assert 8.0 < reading.audio.shape[1] / RATE < 11.0
    assert np.abs(reading.audio[0] - noisy[: reading.audio.shape[1]]).max() < 0.2
    assert ("cut off" in reading.remarks[0]) or ("damaged at" in reading.remarks[0])


def test_a_flac_damaged_inside_is_read_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "scratched.flac"
    soundfile.write(path, tone(20.0)[0], RATE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    path.write_bytes(bytes(content))
    reading = audio.read_reference_with_remarks(path)
    assert reading.audio.shape[1] > 8 * RATE
    assert np.abs(reading.audio[0] - tone(20.0)[0, : reading.audio.shape[1]]).max() < 1e-4
    assert "damaged at" in reading.remarks[0]


@pytest.mark.parametrize(
    ("subtype", "rate", "channels"),
    [
        ("PCM_U8", RATE, 1),
        ("DOUBLE", RATE, 1),
        ("IMA_ADPCM", RATE, 1),
        ("MS_ADPCM", RATE, 2),
        ("PCM_24", 192_000, 2),
        ("PCM_16", RATE, 3),
        ("FLOAT", RATE, 64),
    ],
)
def test_unusual_wavs_are_read_without_a_word(
    tmp_path: Path, subtype: str, rate: int, channels: int
) -> None:
    path = tmp_path / "a.wav"
    sound = tone(0.2, channels, rate)
    soundfile.write(path, sound.T, rate, subtype=subtype)
    reading = audio.read_reference_with_remarks(path)
    assert reading.remarks == ()
    assert reading.sample_rate == rate
    frames = sound.shape[1]  # ADPCM fills its last block up
    assert np.sqrt(np.mean((reading.audio[:, :frames] - sound) ** 2)) < 0.03


def test_a_header_with_more_channels_than_its_frames_hold_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    content = wav_bytes(20.0)
    path.write_bytes(content[:22] + (64).to_bytes(2, "little") + content[24:])
    reading = audio.read_reference_with_remarks(path)
    assert "contradicts itself" in reading.remarks[0]


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("a.m4a", b"\0\0\0\x20ftypM4A ", "MPEG-4"),
        ("opus.mp4", b"\0\0\0\x20ftypisom", "MPEG-4"),
        ("a.aac", b"\xff\xf1\x50\x80", "AAC"),
        ("a.wma", bytes.fromhex("3026b2758e66cf11"), "Windows Media"),
        ("a.mkv", bytes.fromhex("1a45dfa3"), "Matroska"),
        ("a.avi", b"RIFF\0\0\0\0AVI LIST", "AVI"),
        ("renamed.wav", b"\0\0\0\x20ftypM4A ", "MPEG-4"),
        ("a.wma", b"????", "a wma file"),
    ],
)
def test_files_that_are_not_read_come_with_the_command_that_converts_them(
    tmp_path: Path, name: str, head: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(head + bytes(4000))
    with pytest.raises(AudioError, match=words) as caught:
        audio.read_reference(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "convert it to WAV or FLAC" in message
    assert f'ffmpeg -i "{path}" "' in message


def test_a_midi_file_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"MThd" + bytes(20))
    with pytest.raises(AudioError, match="this is a MIDI file; give a recording"):
        audio.read_reference(tmp_path / "a.mid")


def test_a_header_that_lies_about_its_length_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lie.wav"
    soundfile.write(path, tone()[0], RATE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[40:44] = (0x7FFFFFF0).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    read, _ = audio.read_reference(path)
    assert read.shape[1] == RATE // 2
