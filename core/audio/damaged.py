"""Sound files that are not whole: cut off by a crash, damaged inside, or of a kind not read.

What libsndfile reads is read by :mod:`core.audio.files`; here stands what it needs beside:
WAV headers that a recorder never completed, and advice for files that it does not read.
"""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

_UNKNOWN_SIZE = b"\xff" * 4
"""What libsndfile takes as "to the end of the file" in a RIFF size."""

_CHUNK = struct.Struct("<4sI")
_HEAD_BYTES = 1 << 16

_CUT_CHUNK = re.compile(r"^\s*(?:data|SSND|Data Size|riff)\s*:\s*(\d+) \(should be (\d+)\)", re.M)
_CUT_FRAMES = re.compile(r"frame count (\d+) does not match value from 'ds64' chunk of (\d+)")
_PLAIN_FORMAT = re.compile(
    r"Format\s*: 0x[13] .*\n\s*Channels\s*: (\d+)\n.*\n"
    r"\s*Block Align\s*: (\d+)\n\s*Bit Width\s*: (\d+)"
)
"""Channels, bytes a frame, bits a sample of PCM and float in libsndfile's notes on a WAV."""

_MIN_ENDLESS = 0xFFFFFF00
_TOLERATED_S = 0.05
_OGG_LONGEST_PAGE = 27 + 255 + 255 * 255  # bytes: head, table, segments
_OGG_PAGE = b"OggS"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "an MPEG-4 file (m4a, aac, mp4, mov)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file (wma, wmv)"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (0, b"\xff\xf1", "an AAC stream"),
    (0, b"\xff\xf9", "an AAC stream"),
    (8, b"AVI ", "an AVI video"),
    (0, b"FLV\x01", "a Flash video"),
    (0, b"\x00\x00\x01\xba", "an MPEG video"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (0, b"MPCK", "a Musepack file"),
    (0, b"DSD ", "a DSD file"),
    (0, b"FRM8", "a DSD file"),
    (0, b"\x0b\x77", "an AC-3 stream"),
    (0, b"TTA1", "a TTA file"),
)
"""Offset and bytes that tell a kind of file, and what to call it."""

_SUFFIXES = {".m4a", ".m4b", ".mp4", ".mov", ".aac", ".wma", ".wmv", ".mkv", ".webm", ".avi"}


class CompletedWav(io.FileIO):
    """A WAV file whose sizes were never filled in, as if they said "to the end".

    Recorders write the header first, with sizes of 0, and the sizes when they stop: a crash in
    between leaves a file that reads as empty.
    """

    def __init__(self, path: Path, size_offsets: tuple[int, ...]) -> None:
        super().__init__(path, "rb")
        self._size_offsets = size_offsets

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """As of any file, with the sizes replaced."""
        start = self.tell()
        count = super().readinto(buffer) or 0
        view = memoryview(buffer).cast("B")
        for offset in self._size_offsets:
            first, last = max(offset, start), min(offset + 4, start + count)
            if first < last:
                view[first - start : last - start] = _UNKNOWN_SIZE[: last - first]
        return count


def unfinished_wav(path: Path) -> CompletedWav | None:
    """A WAV file that says it holds no sound while more bytes follow, opened to be read whole.

    Returns:
        None if it is not such a file. The caller closes it.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    length, position = path.stat().st_size, 12
    while position + _CHUNK.size <= len(head):
        name, size = _CHUNK.unpack_from(head, position)
        sound = position + _CHUNK.size
        if name == b"data":
            if size or sound >= length or _is_chunk(head[sound:], length - sound):
                return None
            return CompletedWav(path, (4, position + 4))
        position = sound + size + size % 2
    return None


def _is_chunk(rest: bytes, length: int) -> bool:
    """Whether what follows an empty data chunk is another chunk, not sound."""
    if len(rest) < _CHUNK.size:
        return True
    name, size = _CHUNK.unpack_from(rest)
    return bool(name.isascii()) and name.decode("latin-1").isprintable() and size <= length


def cut_remark(log: str, frames: int, rate: int) -> str:
    """What to say of a file whose header claims more than there is.

    Args:
        log: libsndfile's notes about the file.
        frames: that it holds.
        rate: Hz.

    Returns:
        One line without the file's name; empty if the file is as it says.
    """
    there_s = frames / rate
    fmt = _PLAIN_FORMAT.search(log)
    if fmt and int(fmt[1]) * int(fmt[3]) != 8 * int(fmt[2]):
        return (
            "its header contradicts itself about its channels; if it sounds wrong, export it again"
        )
    sizes = [(int(claimed), int(found)) for claimed, found in _CUT_CHUNK.findall(log)]
    if any(claimed >= _MIN_ENDLESS for claimed, _ in sizes):
        return f"its header does not say how long it is; the {there_s:.2f} s there are used"
    promised_s = max((there_s * claimed / max(found, 1) for claimed, found in sizes), default=0.0)
    counted = _CUT_FRAMES.search(log)
    if counted:
        promised_s = max(promised_s, int(counted[2]) / rate)
    return cut_off(there_s, promised_s)


def cut_off(there_s: float, promised_s: float) -> str:
    """The remark of a file that is shorter than it claims; empty if it is not.

    Args:
        there_s: what is there, seconds.
        promised_s: what its header claims, seconds.
    """
    if promised_s - there_s <= _TOLERATED_S:
        return ""
    return f"it is cut off: of {promised_s:.2f} s only {there_s:.2f} s are there; they are used"


def is_cut_ogg(path: Path) -> bool:
    """Whether an Ogg file ends without its last page, or inside it (RFC 3533, section 6)."""
    with path.open("rb") as file:
        if file.read(4) != _OGG_PAGE:
            return False
        file.seek(max(0, path.stat().st_size - _OGG_LONGEST_PAGE))
        tail = file.read()
    page = tail.rfind(_OGG_PAGE)
    head = tail[page : page + 27]
    if page < 0 or len(head) < 27:
        return True
    is_last, n_segments = bool(head[5] & 4), head[26]
    segments = tail[page + 27 : page + 27 + n_segments]  # the length of each, bytes
    end = page + 27 + n_segments + sum(segments)
    return not is_last or len(segments) < n_segments or end > len(tail)


def advice(path: Path) -> str:
    """What to do with a file that is not read as sound, one line to follow the reason."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[:4] == b"MThd" or head[8:12] == b"RMID":
        return "this is a MIDI file; give a recording"
    kind = next((kind for at, magic, kind in _SIGNATURES if head[at:].startswith(magic)), "")
    if not kind and path.suffix.lower() in _SUFFIXES:
        kind = f"a {path.suffix[1:].lower()} file"
    start = f"this is {kind}, which is not read; " if kind else ""
    target = path.with_suffix(".wav") if path.suffix.lower() != ".wav" else Path(f"{path}.new.wav")
    return f'{start}convert it to WAV or FLAC, with ffmpeg: ffmpeg -i "{path}" "{target}"'
