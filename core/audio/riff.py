"""RIFF/WAVE files byte by byte: the chunks a WAV is made of.

Knows the file format and nothing about what the chunks mean. Source: Microsoft and
IBM, "Multimedia Programming Interface and Data Specifications 1.0" (1991), and
"Multiple channel audio data and WAVE files" (Microsoft, 2007).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

MAX_RIFF_BYTES = 2**32 - 2
"""Sizes in a RIFF file are 32-bit, so none is larger than 4 GB."""

Chunk = tuple[bytes, bytes]
"""Four-character id and payload."""

_PCM, _IEEE_FLOAT = 1, 3


def header_chunks(
    channels: int, sample_rate: int, frames: int, bits: int, *, is_float: bool
) -> list[Chunk]:
    """The chunks that stand before the samples: ``fmt `` and, for floats, ``fact``."""
    frame_bytes = channels * bits // 8
    tag = _IEEE_FLOAT if is_float else _PCM
    fmt = struct.pack(
        "<HHIIHH", tag, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, bits
    )
    if not is_float:
        return [(b"fmt ", fmt)]
    # Formats other than PCM carry the size of their (empty) extension and a fact chunk.
    return [(b"fmt ", fmt + struct.pack("<H", 0)), (b"fact", struct.pack("<I", frames))]


def info_chunk(entries: Sequence[tuple[bytes, str]]) -> Chunk:
    """A LIST chunk of type INFO: readable remarks that players and editors show.

    Args:
        entries: id (``ICMT`` comment, ``ISFT`` software, …) and text.
    """
    body = b"INFO"
    for chunk_id, text in entries:
        body += _packed((chunk_id, text.encode("utf-8", "replace") + b"\0"))
    return b"LIST", body


def riff_size(before: Sequence[Chunk], data_bytes: int, after: Sequence[Chunk]) -> int:
    """Size of the whole file in bytes."""
    chunks = sum(8 + len(body) + len(body) % 2 for _, body in (*before, *after))
    return 12 + chunks + 8 + data_bytes + data_bytes % 2


def write_head(
    stream: BinaryIO, before: Sequence[Chunk], data_bytes: int, after: Sequence[Chunk]
) -> None:
    """Write everything up to the first sample; the caller writes ``data_bytes`` next."""
    stream.write(b"RIFF" + struct.pack("<I", riff_size(before, data_bytes, after) - 8) + b"WAVE")
    for chunk in before:
        stream.write(_packed(chunk))
    stream.write(b"data" + struct.pack("<I", data_bytes))


def write_tail(stream: BinaryIO, data_bytes: int, after: Sequence[Chunk]) -> None:
    """Write everything after the last sample."""
    stream.write(b"\0" * (data_bytes % 2))
    for chunk in after:
        stream.write(_packed(chunk))


def _packed(chunk: Chunk) -> bytes:
    chunk_id, body = chunk
    return chunk_id + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def find_chunk(stream: BinaryIO, wanted: bytes, max_bytes: int) -> bytes | None:
    """Payload of the first chunk of this id.

    Args:
        stream: an open WAV file, positioned anywhere.
        wanted: four-character id.
        max_bytes: a chunk larger than this is not read.

    Returns:
        None if there is no such chunk or the file is not RIFF/WAVE.

    Raises:
        ValueError: if the chunk is there but cut off or larger than ``max_bytes``.
    """
    for chunk_id, size in _walk(stream):
        if chunk_id == wanted:
            if size > max_bytes:
                raise ValueError(f"its {wanted!r} chunk claims {size} bytes")
            body = stream.read(size)
            if len(body) < size:
                raise ValueError(f"its {wanted!r} chunk is cut off")
            return body
    return None


def _walk(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Ids and sizes in order, the stream at the payload's first byte each time."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return
    position = 12
    while position + 8 <= end:
        stream.seek(position)
        chunk_id, size = struct.unpack("<4sI", stream.read(8))
        yield chunk_id, size
        position += 8 + size + size % 2
