"""Reading and writing sound.

Audio is float32 [channels, frames] with full scale at ±1 everywhere in this project.
Rates and channels are :mod:`core.audio.conform`'s.
Playing sound is :mod:`core.audio.playback`'s business; what a render says of itself is
:mod:`core.provenance`'s, which gives the chunks it is kept in.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.audio import damaged, riff
from core.coercion.arrays import SoundLike, as_channels
from core.coercion.type_errors import as_path, whole_number
from core.errors import AudioError, OutputError
from core.files import replacing
from core.types import FloatArray

MIN_REFERENCE_S = 0.05
"""Shortest recording a timbre can be taken from, seconds."""

MAX_REFERENCE_S = 60.0
"""Longest stretch of a reference that is read, seconds, counted from its first sound."""

SILENCE_PEAK = 1e-4
"""A recording that never exceeds this (−80 dBFS) is silent."""

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000
"""Sample rates accepted in files, Hz."""

MAX_CHANNELS = 64
"""Most channels accepted in a file; more is nearly always a damaged header."""

_BLOCK_VALUES = 1 << 20
"""Samples (over all channels) read or converted at a time."""

_CAREFUL_VALUES = 1 << 10
"""The same for files that are damaged inside: what is in the block with the damage is lost."""

_BITS = {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}


@dataclass(frozen=True)
class ReferenceReading:
    """What a recording holds, and what is to be said about its file.

    Attributes:
        audio: float32 [channels, frames].
        sample_rate: Hz.
        remarks: one line each, for people, without the file's name; empty if it is as it
            should be.
    """

    audio: FloatArray
    sample_rate: int
    remarks: tuple[str, ...] = ()


def read_audio(path: str | os.PathLike[str], max_s: float | None = None) -> tuple[FloatArray, int]:
    """Read a sound file in any format libsndfile knows (WAV, FLAC, OGG, MP3, AIFF, …).

    Files that are cut off or damaged are read as far as they go.

    Args:
        path: the file.
        max_s: read at most this many seconds, counted from the first sound when the
            file is longer than that; None reads all of it.

    Returns:
        float32 [channels, frames] as stored (values may exceed ±1 in float files), and
        the sample rate in Hz.

    Raises:
        AudioError: if the file is missing, empty, or not audio.
    """
    reading = _read(as_path("the recording", path), max_s)
    return reading.audio, reading.sample_rate


def _read(file: Path, max_s: float | None) -> ReferenceReading:
    """As :func:`read_audio`, with what is to be said about the file."""
    try:
        with contextlib.ExitStack() as stack:
            source = open_recording(stack, file)
            rate, channels = int(source.samplerate), int(source.channels)
            max_frames = None if max_s is None else round(max_s * rate)
            stretch = _read_stretch(source, max_frames, _BLOCK_VALUES)
            remark = _file_remark(source, file, stretch)
        if stretch.is_broken:  # once more, in steps that lose little before the damage
            with contextlib.ExitStack() as stack:
                source = _open(stack, file)
                stretch = _read_stretch(source, max_frames, _CAREFUL_VALUES)
            if not stretch.seen:
                raise AudioError(f"{file} is damaged from its beginning; {damaged.advice(file)}")
            remark = f"it is damaged at {stretch.seen / rate:.2f} s; what comes before is used"
    except READING_ERRORS as error:
        raise unreadable(file, error) from error
    remarks = (remark,) if remark else ()
    if not stretch.blocks:
        return ReferenceReading(np.zeros((channels, 0), np.float32), rate, remarks)
    audio = np.ascontiguousarray(np.concatenate(stretch.blocks).T)
    return ReferenceReading(audio, rate, remarks)


READING_ERRORS = (RuntimeError, OSError, TypeError, ValueError)
"""What reading raises: libsndfile RuntimeErrors, and TypeErrors of headerless .raw files."""


def unreadable(file: Path, error: Exception) -> AudioError:
    """What is said of a file that cannot be read.

    Args:
        file: the recording.
        error: one of :data:`READING_ERRORS`.
    """
    detail = " ".join(str(getattr(error, "error_string", error)).split()).rstrip(".")
    hint = "" if isinstance(error, OSError) else f"; {damaged.advice(file)}"
    return AudioError(f"{file} cannot be read as audio: {detail}{hint}")


def open_recording(stack: contextlib.ExitStack, file: Path) -> Any:
    """A ``soundfile.SoundFile`` of a recording, cut off ones included.

    Args:
        stack: closes it.
        file: the recording.

    Raises:
        AudioError: if it is missing, empty, or says of itself what cannot be.
        RuntimeError, OSError, TypeError, ValueError: if libsndfile cannot read it.
    """
    if not file.exists():
        raise AudioError(f"{file}: no such file")
    if not file.is_file():
        raise AudioError(f"{file} is not a file; give a recording")
    if file.stat().st_size == 0:
        raise AudioError(f"{file} is empty")
    unfinished = damaged.unfinished_wav(file)
    source = _open(stack, file if unfinished is None else stack.enter_context(unfinished))
    if not MIN_SAMPLE_RATE <= source.samplerate <= MAX_SAMPLE_RATE:
        raise AudioError(f"{file} says its sample rate is {source.samplerate} Hz; it is damaged")
    if source.channels > MAX_CHANNELS:
        raise AudioError(f"{file} has {source.channels} channels; at most {MAX_CHANNELS} are read")
    return source


def _open(stack: contextlib.ExitStack, source: Path | BinaryIO | io.RawIOBase) -> Any:
    """A ``soundfile.SoundFile`` that is closed with the stack."""
    import soundfile

    if isinstance(source, Path) and os.name != "nt":
        # As bytes where names are bytes: soundfile refuses those that are no text.
        return stack.enter_context(soundfile.SoundFile(os.fsencode(source)))
    return stack.enter_context(soundfile.SoundFile(source))


@dataclass(frozen=True)
class _Stretch:
    """What was read of a file.

    Attributes:
        blocks: float32 [frames, channels] each.
        seen: frames read, those before the first sound included.
        is_at_end: whether the file holds no more.
        is_broken: whether it could not be read any further.
    """

    blocks: list[npt.NDArray[np.float32]]
    seen: int
    is_at_end: bool = False
    is_broken: bool = False


def _file_remark(source: Any, file: Path, stretch: _Stretch) -> str:
    """What is to be said about how much of a file there is; empty for a whole one."""
    frames, rate = int(source.frames), int(source.samplerate)
    remark = damaged.cut_remark(source.extra_info, frames, rate)
    if remark or not stretch.is_at_end:
        return remark
    # MP3 files without an index do not know their length to the second.
    if source.format != "MP3" or stretch.seen < 0.9 * frames:
        remark = damaged.cut_off(stretch.seen / rate, frames / rate)
    if not remark and damaged.is_cut_ogg(file):
        return f"it is cut off; the {stretch.seen / rate:.2f} s that are there are used"
    return remark


def _read_stretch(source: Any, max_frames: int | None, block_values: int) -> _Stretch:
    """Read from the first sound on, at most ``max_frames`` if that is given.

    Never allocates by what the header claims: a damaged one may claim anything.
    """
    block_frames = max(1, block_values // source.channels)
    blocks: list[npt.NDArray[np.float32]] = []
    silence: list[npt.NDArray[np.float32]] = []  # one block, so that callers see what there was
    held = seen = 0
    skip_silence = max_frames is not None and source.frames > max_frames
    while max_frames is None or held < max_frames:
        want = block_frames if max_frames is None else min(block_frames, max_frames - held)
        try:
            block = source.read(want, dtype="float32", always_2d=True)
        except RuntimeError:
            return _Stretch(blocks or silence, seen, is_broken=True)
        if not len(block):
            return _Stretch(blocks or silence, seen, is_at_end=True)
        seen += len(block)
        if skip_silence:
            # Written so that NaN counts as sound, and is found and refused later.
            loud = np.flatnonzero(~(np.abs(block) <= SILENCE_PEAK).all(axis=1))
            if not len(loud):
                silence = [block]
                continue
            block, skip_silence = block[loud[0] :], False
        blocks.append(block)
        held += len(block)
    return _Stretch(blocks or silence, seen)


def read_reference(path: str | os.PathLike[str]) -> tuple[FloatArray, int]:
    """Read a recording to take a timbre from; see :func:`read_reference_with_remarks`.

    Returns:
        float32 [channels, frames] and the sample rate in Hz; finite, not silent.

    Raises:
        AudioError: as there.
    """
    reading = read_reference_with_remarks(path)
    return reading.audio, reading.sample_rate


def read_reference_with_remarks(path: str | os.PathLike[str]) -> ReferenceReading:
    """Read a recording to take a timbre from.

    Any format, length, rate and channel count. Of a recording longer than
    :data:`MAX_REFERENCE_S` the stretch of that length that starts with its first sound
    is used: timbre encoders look at seconds, and an hour must not fill the memory. A file
    that is cut off or damaged is read as far as it goes, and its remarks say so.

    Returns:
        Sound that is finite and not silent, and the remarks.

    Raises:
        AudioError: if the file is missing, not audio, too short, silent, or holds NaN
            or infinite samples; the message says which.
    """
    taken = "a path; samples are a timbre as they are: AudioTimbre(samples, 44100)"
    reading = _read(as_path("the recording", path, taken), MAX_REFERENCE_S)
    _check_reference(reading.audio, reading.sample_rate, path)
    return reading


def reference_of(audio: FloatArray, sample_rate: int) -> ReferenceReading:
    """As :func:`read_reference_with_remarks`, of samples that a program has.

    Args:
        audio: float32 [channels, frames].
        sample_rate: Hz.

    Raises:
        AudioError: if they are too short, silent, or hold NaN or infinite samples.
    """
    most = round(MAX_REFERENCE_S * sample_rate)
    if audio.shape[1] > most:
        loud = np.flatnonzero(~(np.abs(audio) <= SILENCE_PEAK).all(axis=0))
        start = int(loud[0]) if len(loud) else 0
        audio = audio[:, start : start + most]
    _check_reference(audio, sample_rate, "the recording")
    return ReferenceReading(audio.copy(), sample_rate)


def _check_reference(audio: FloatArray, rate: int, path: str | os.PathLike[str]) -> None:
    """Refuse what no timbre can be taken from."""
    length_s = audio.shape[1] / rate
    if length_s < MIN_REFERENCE_S:
        if length_s and not np.isfinite(audio).all():
            raise AudioError(f"{path} holds NaN or infinite samples; export it again")
        raise AudioError(
            f"{path} holds {audio.shape[1]} samples of sound ({length_s:.3f} s); a timbre "
            f"needs at least {MIN_REFERENCE_S} s"
        )
    if not np.isfinite(audio).all():
        raise AudioError(f"{path} holds NaN or infinite samples; export it again")
    if float(np.abs(audio).max()) <= SILENCE_PEAK:
        raise AudioError(f"{path} is silent (it never exceeds −80 dBFS); choose another recording")
    if float(np.ptp(audio, axis=1).max()) <= SILENCE_PEAK:
        raise AudioError(
            f"{path} is silent: it holds a constant offset (DC) only; choose another recording"
        )


def write_wav(
    path: str | os.PathLike[str],
    audio: SoundLike,
    sample_rate: int,
    *,
    subtype: str = "PCM_24",
    chunks: Sequence[riff.Chunk] = (),
) -> None:
    """Write a WAV, all or nothing.

    The same arguments give the same bytes: integers are rounded without dither, and
    nothing in the file depends on the clock. (soundfile is not used for this because
    it stamps float files with the time they were written.)

    Args:
        path: the file; its folder must exist. A file there is replaced.
        audio: float32 [channels, frames], finite. Integer formats clip beyond ±1.
        sample_rate: Hz.
        subtype: ``PCM_16``, ``PCM_24`` or ``FLOAT``.
        chunks: RIFF chunks, ids and contents, to put after the samples.

    Raises:
        OutputError: if the file cannot be written, or would exceed the 4 GB a WAV holds.
        ValueError: if the audio is not finite, not 2-D, or the subtype is unknown.
    """
    audio = check_sound(path, audio, sample_rate)
    if subtype not in _BITS:
        raise ValueError(f"subtype {subtype!r} is not one of {', '.join(_BITS)}")
    channels, frames = audio.shape
    before = riff.header_chunks(
        channels, sample_rate, frames, _BITS[subtype], is_float=subtype == "FLOAT"
    )
    after = list(chunks)
    data_bytes = channels * frames * _BITS[subtype] // 8
    if riff.riff_size(before, data_bytes, after) > riff.MAX_RIFF_BYTES:
        raise OutputError(
            f"cannot write {path}: a WAV holds at most 4 GB; render in parts or with fewer bits"
        )
    block_frames = max(1, _BLOCK_VALUES // channels)
    with replacing(path) as stream:
        riff.write_head(stream, before, data_bytes, after)
        for start in range(0, frames, block_frames):
            block = audio[:, start : start + block_frames]
            check_finite(block)
            stream.write(_sample_bytes(block, subtype))
        riff.write_tail(stream, data_bytes, after)


def check_sound(path: str | os.PathLike[str], audio: SoundLike, sample_rate: int) -> FloatArray:
    """What is to be written, in the one form of this project.

    Args:
        path: of the file.
        audio: float32 [channels, frames] of any length, or as
            :func:`core.coercion.arrays.as_channels` takes it.
        sample_rate: Hz.

    Raises:
        TypeError: if one is of another type: the path comes first, then the samples.
        AudioError: if a shape does not say which axis is time.
        ValueError: if there is no channel, or the rate is not above 0.
    """
    as_path("the file", path, "a path; then come the samples and their rate")
    rate = whole_number("the sample rate", sample_rate, "hertz, such as 44100")
    if rate <= 0:
        raise ValueError(f"the sample rate must be above 0, got {rate}")
    if isinstance(audio, np.ndarray) and audio.ndim == 2 and not audio.shape[0]:
        raise ValueError(f"audio must be [channels, frames], got shape {audio.shape}")
    return as_channels(audio)


def check_finite(block: FloatArray) -> None:
    """Raises ValueError if a sample is NaN or infinite."""
    if not np.isfinite(block).all():
        raise ValueError("audio holds NaN or infinite samples")


def to_integers(block: FloatArray, bits: int) -> npt.NDArray[np.int32]:
    """Samples of float32 of any shape as integers, rounded without dither and clipped.

    Args:
        block: full scale at ±1.
        bits: of a sample, 2–32.
    """
    full_scale = 1 << (bits - 1)
    # In double precision, and scaled by a power of two as readers do it: what a reader
    # returns is written back to the same integer.
    scaled = np.rint(block.astype(np.float64) * full_scale)
    integers: npt.NDArray[np.int32] = np.clip(scaled, -full_scale, full_scale - 1).astype("<i4")
    return integers


def _sample_bytes(block: FloatArray, subtype: str) -> bytes:
    """Interleaved little-endian samples of float32 [channels, frames]."""
    interleaved = block.T
    if subtype == "FLOAT":
        return interleaved.astype("<f4").tobytes()
    integers = to_integers(interleaved, _BITS[subtype])
    if subtype == "PCM_16":
        return integers.astype("<i2").tobytes()
    as_bytes = np.ascontiguousarray(integers).view(np.uint8)
    return as_bytes.reshape(-1, 4)[:, :3].tobytes()
