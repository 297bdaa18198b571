"""The formats a render is written in: WAV, FLAC, Ogg Vorbis and MP3, chosen by a file's suffix.

WAV is :func:`core.audio.files.write_wav`'s work; the others are libsndfile's, and their tags
:mod:`core.audio.tags`'. Which of them can be written is asked of the libsndfile that is there.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.audio import riff
from core.audio.files import check_finite, check_sound, to_integers, write_wav
from core.coercion.arrays import SoundLike
from core.errors import OutputError, SettingsError
from core.files import is_special, replacing
from core.types import FloatArray

_BLOCK_FRAMES = 4096
"""Frames given to an encoder at a time: Vorbis keeps a block on its stack."""


@dataclass(frozen=True)
class AudioFormat:
    """A format of sound files.

    Attributes:
        name: libsndfile's word for the container: ``WAV``, ``FLAC``, ``OGG``, ``MP3``.
        suffix: of its files, lower case.
        subtypes: ways of storing samples, libsndfile's words; the first is the usual one.
        is_lossy: whether what is read back differs audibly small from what was written.
        rates: sample rates it takes, Hz; empty: every one up to ``highest_rate``.
        highest_rate: Hz.
    """

    name: str
    suffix: str
    subtypes: tuple[str, ...]
    is_lossy: bool = False
    rates: tuple[int, ...] = ()
    highest_rate: int = 384_000

    def check_subtype(self, subtype: str | None) -> str:
        """The subtype to write, the usual one if none was asked for.

        Raises:
            SettingsError: if the format has no such subtype.
        """
        if subtype is None:
            return self.subtypes[0]
        if subtype not in self.subtypes:
            if self.is_lossy:
                raise SettingsError(
                    f"{self.suffix} files have one format of samples; leave out {subtype!r}"
                )
            raise SettingsError(
                f"format {subtype!r} is none of {', '.join(self.subtypes)}, which {self.suffix} "
                "files have"
            )
        return subtype

    def check_rate(self, rate: int) -> None:
        """Refuse a sample rate that such files cannot have.

        Args:
            rate: Hz.

        Raises:
            SettingsError: with the rates that are possible.
        """
        if self.rates and rate not in self.rates:
            possible = ", ".join(map(str, self.rates))
            raise SettingsError(f"{self.suffix} files have no sample rate {rate}; use {possible}")
        # FLAC's header counts in tens of hertz beyond 65,535.
        if rate > self.highest_rate or (self.name == "FLAC" and rate > 65_535 and rate % 10):
            raise SettingsError(
                f"{self.suffix} files cannot have the sample rate {rate}; use another, or .wav"
            )


WAV = AudioFormat("WAV", ".wav", ("PCM_24", "PCM_16", "FLOAT"))
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_FORMATS = (
    WAV,
    AudioFormat("FLAC", ".flac", ("PCM_24", "PCM_16")),
    # Above this the Vorbis encoder has no settings, and libsndfile crashes.
    AudioFormat("OGG", ".ogg", ("VORBIS",), is_lossy=True, highest_rate=192_000),
    AudioFormat("MP3", ".mp3", ("MPEG_LAYER_III",), is_lossy=True, rates=_MP3_RATES),
)


def writable_formats() -> list[AudioFormat]:
    """What can be written here: older libsndfiles lack MP3."""
    import soundfile

    containers = soundfile.available_formats()
    return [
        each
        for each in _FORMATS
        if each is WAV
        or (each.name in containers and each.subtypes[0] in soundfile.available_subtypes(each.name))
    ]


def format_of(path: str | os.PathLike[str]) -> AudioFormat:
    """The format that a file's suffix asks for; WAV for a pipe or a device.

    Raises:
        OutputError: if the suffix is missing, unknown, or cannot be written here; the message
            says what can.
    """
    suffix = Path(path).suffix.lower()
    if suffix == WAV.suffix:
        return WAV
    formats = writable_formats()
    for each in formats:
        if each.suffix == suffix:
            return each
    if is_special(path):
        return WAV
    possible = ", ".join(each.suffix for each in formats)
    asked = f"{suffix} files cannot be written" if suffix else "the name has no suffix"
    raise OutputError(f"cannot write {os.fspath(path)}: {asked}; end the name in one of {possible}")


def is_lossy(subtype: str) -> bool:
    """Whether samples stored so come back changed."""
    return any(each.is_lossy and subtype in each.subtypes for each in _FORMATS)


def write_audio(
    path: str | os.PathLike[str],
    audio: SoundLike,
    sample_rate: int,
    *,
    subtype: str | None = None,
    chunks: Sequence[riff.Chunk] = (),
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a sound file in the format its suffix asks for, all or nothing.

    Samples of FLAC files are those of the WAV of the same subtype.

    Args:
        path: the file; its folder must exist. A file there is replaced.
        audio: float32 [channels, frames], finite. Integer formats clip beyond ±1.
        sample_rate: Hz.
        subtype: one of the format's; None is its usual one.
        chunks: RIFF chunks, for a WAV.
        tags: names and texts, for the others.

    Raises:
        OutputError: if the file cannot be written.
        SettingsError: if the format does not have this subtype or rate.
        ValueError: if the audio is not finite or not 2-D.
    """
    file_format = format_of(path)
    subtype = file_format.check_subtype(subtype)
    file_format.check_rate(sample_rate)
    if file_format is WAV:
        write_wav(path, audio, sample_rate, subtype=subtype, chunks=chunks)
        return
    from core.audio.tags import put_tags

    audio = check_sound(path, audio, sample_rate)
    try:
        encoded = encode(audio, sample_rate, file_format, subtype)
    except OutputError as error:
        raise OutputError(f"cannot write {os.fspath(path)}: {error}") from error
    if tags:
        try:
            put_tags(encoded, file_format.name, tags)
        except ValueError as error:
            raise OutputError(f"cannot write {os.fspath(path)}: {error}; write a .wav") from error
    with replacing(path) as stream:
        stream.write(encoded.getbuffer())


def encode(
    audio: FloatArray,
    sample_rate: int,
    file_format: AudioFormat,
    subtype: str | None = None,
) -> io.BytesIO:
    """What a file would hold, without tags.

    In memory: tags are put into it before anything is on the disk.

    Args:
        audio: float32 [channels, frames], finite.
        sample_rate: Hz; one that the format has.
        file_format: any but WAV.
        subtype: one of the format's; None is its usual one.

    Raises:
        OutputError: if libsndfile refuses.
        ValueError: if the audio is not finite.
    """
    import soundfile

    subtype = subtype or file_format.subtypes[0]
    channels, frames = audio.shape
    encoded = io.BytesIO()
    try:
        with soundfile.SoundFile(
            encoded, "w", sample_rate, channels, subtype, format=file_format.name
        ) as sink:
            for start in range(0, frames, _BLOCK_FRAMES):
                block = audio[:, start : start + _BLOCK_FRAMES].T
                check_finite(block)
                if file_format.is_lossy:
                    sink.write(np.clip(block, -1, 1))
                else:
                    bits = 16 if subtype == "PCM_16" else 24
                    sink.write(to_integers(block, bits) << (32 - bits))
    except soundfile.LibsndfileError as error:
        detail = " ".join(str(error.error_string).split())
        raise OutputError(detail) from error
    return encoded
