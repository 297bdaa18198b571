"""Writes a ``.qm`` file, as Qt Linguist's lrelease does: PyQt brings no such tool."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from desktop.translations.loading import CONTEXT

_MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_HASHES, _MESSAGES = 0x42, 0x69
_END, _TRANSLATION, _SOURCE, _CONTEXT, _COMMENT = b"\x01", b"\x03", b"\x06", b"\x07", b"\x08"


def write_qm(file: Path, translations: Mapping[str, str]) -> None:
    """Write a file of one context, ours.

    Args:
        file: to write.
        translations: by their English texts.
    """
    messages, hashes = b"", []
    for source, translation in translations.items():
        hashes.append((_elf_hash(source.encode()), len(messages)))
        messages += _TRANSLATION + _sized(translation.encode("utf-16-be"))
        messages += _COMMENT + _sized(b"") + _SOURCE + _sized(source.encode())
        messages += _CONTEXT + _sized(CONTEXT.encode()) + _END
    table = b"".join(struct.pack(">II", *entry) for entry in sorted(hashes))
    sections = ((_HASHES, table), (_MESSAGES, messages))
    file.write_bytes(_MAGIC + b"".join(bytes([tag]) + _sized(data) for tag, data in sections))


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _elf_hash(data: bytes) -> int:
    """As of Unix System V's object files; never 0."""
    value = 0
    for byte in data:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return value or 1
