"""Named texts inside FLAC, Ogg Vorbis and MP3 files: Vorbis comments and ID3 frames.

Names are Vorbis comments' (upper case); in an MP3, ``COMMENT`` and ``ENCODER`` have ID3
frames of their own and any other name is a user-defined text. Written and read by mutagen;
a WAV's remarks are :mod:`core.audio.riff`'s chunks.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

_MAGIC = {b"fLaC": "FLAC", b"OggS": "OGG", b"ID3": "MP3"}


def put_tags(stream: io.BytesIO, container: str, tags: Mapping[str, str]) -> None:
    """Put tags into an encoded file that has none.

    Args:
        stream: the whole file, readable and writable.
        container: ``FLAC``, ``OGG`` or ``MP3``.
        tags: names and texts.

    Raises:
        ValueError: if the file cannot hold them; one line that says why.
    """
    from mutagen import MutagenError
    from mutagen.flac import FLAC
    from mutagen.id3 import COMM, ID3, TSSE, TXXX, Encoding
    from mutagen.oggvorbis import OggVorbis

    stream.seek(0)
    try:
        if container == "MP3":
            frames = ID3()
            for name, text in tags.items():
                if name == "COMMENT":
                    frame = COMM(Encoding.UTF16, lang="XXX", desc="", text=[text])
                elif name == "ENCODER":
                    frame = TSSE(Encoding.UTF16, text=[text])
                else:
                    frame = TXXX(_id3_encoding(text), desc=name, text=[text])
                frames.add(frame)
            # Version 2.3 is what every player reads.
            frames.save(stream, v2_version=3)
            return
        file = FLAC(stream) if container == "FLAC" else OggVorbis(stream)
        for name, text in tags.items():
            file[name] = text
        stream.seek(0)
        file.save(stream)
    except MutagenError as error:
        raise ValueError(_one_line(error)) from error


def find_tag(stream: BinaryIO, name: str) -> str | None:
    """The text of a tag.

    Args:
        stream: an open file, positioned anywhere.
        name: as it was put.

    Returns:
        None if there is no such tag, or the file is none of these formats.

    Raises:
        ValueError: if the file is damaged.
    """
    from mutagen import MutagenError
    from mutagen.flac import FLAC
    from mutagen.id3 import ID3
    from mutagen.oggvorbis import OggVorbis

    stream.seek(0)
    head = stream.read(4)
    container = next((each for magic, each in _MAGIC.items() if head.startswith(magic)), None)
    stream.seek(0)
    try:
        if container is None:
            return None
        found: list[Any]
        if container == "MP3":
            frames = ID3(stream).getall(f"TXXX:{name}")
            found = list(frames[0].text) if frames else []
        else:
            file = FLAC(stream) if container == "FLAC" else OggVorbis(stream)
            found = (file.tags or {}).get(name, [])
    # What mutagen meets in a damaged file is not always one of its own errors.
    except (MutagenError, ValueError, LookupError, TypeError, EOFError, OverflowError) as error:
        raise ValueError(_one_line(error)) from error
    return str(found[0]) if found else None


def _id3_encoding(text: str) -> Any:
    from mutagen.id3 import Encoding

    return Encoding.LATIN1 if text.isascii() else Encoding.UTF16


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
