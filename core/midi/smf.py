"""Standard MIDI Files: from bytes to timed events, and no further.

What events mean for a clip is :mod:`core.midi`'s business. The file is parsed here
rather than by mido because a score may come from anywhere: mido believes any length it
finds, so a small damaged file can hold it for hours, and it refuses much that players
play. What is odd about a file is counted, and read as players read it; where a track
cannot be followed any further, what came before stands.

Sources: MIDI Manufacturers Association, "Standard MIDI Files 1.0" (RP-001, 1996), "RMID
File Format" (RP-029, 1998).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import MidiError
from core.midi.oddities import Oddities
from core.midi.smf_track import MidiTrack, parse_track
from core.midi.text import decode_names

MAX_FILE_BYTES = 8 * 2**20
"""Largest file accepted: more than a million notes."""

MAX_TRACKS = 65_535
"""What a header can count to."""

_SEARCHED_FOR_HEADER = 4096
"""Bytes before a header that are skipped: some systems put their own in front."""


@dataclass(frozen=True)
class MidiData:
    """A parsed file.

    Attributes:
        format: 0 one track, 1 parallel tracks, 2 independent tracks.
        division: ticks per quarter note, > 0; or, when ``smpte_ticks_per_s`` is set, unused.
        smpte_ticks_per_s: ticks per second of files timed by film frames.
        tracks: in file order.
        oddities: what is not as it should be, and was read all the same.
    """

    format: int
    division: int
    smpte_ticks_per_s: float | None
    tracks: tuple[MidiTrack, ...]
    oddities: Oddities


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The content of a file that may be a MIDI file.

    Raises:
        MidiError: if it is missing, empty, too large, or not a file.
    """
    file = Path(path)
    try:
        if not file.exists():
            raise MidiError(f"{file}: no such file")
        if not file.is_file():
            raise MidiError(f"{file} is not a file; give a MIDI file")
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MidiError(f"{file} cannot be read: {reason}") from error
    if not data:
        raise MidiError(f"{file} is empty")
    if len(data) > MAX_FILE_BYTES:
        raise MidiError(
            f"{file} is larger than {MAX_FILE_BYTES // 2**20} MB; split the score into parts"
        )
    return data


def parse(data: bytes) -> MidiData:
    """Parse a Standard MIDI File, bare or inside a RIFF file.

    Raises:
        MidiError: if it is not one, or nothing can be made of its header.
    """
    oddities = Oddities()
    data = _unwrapped(data, oddities)
    if len(data) < 14:
        raise MidiError("it is cut off inside its header; export it again")
    header_bytes = int.from_bytes(data[4:8], "big")
    file_format, track_count, division = (
        int.from_bytes(data[at : at + 2], "big") for at in (8, 10, 12)
    )
    smpte_ticks_per_s = None
    if division & 0x8000:
        frames_per_s, ticks_per_frame = 256 - (division >> 8), division & 0xFF
        smpte_ticks_per_s = (30 / 1.001 if frames_per_s == 29 else frames_per_s) * ticks_per_frame
    if smpte_ticks_per_s == 0 or division == 0:
        raise MidiError("its header is damaged (no ticks per beat); export it again")
    if header_bytes != 6:
        oddities.add("header", f"its header says it is {header_bytes} bytes long, not 6")
    if file_format > 2:
        oddities.add("header", f"its type is {file_format}, which there is not; read as type 1")
        file_format = 1
    tracks = _tracks(data, 8 + header_bytes, oddities)
    if not tracks:
        raise MidiError("it has a header and no tracks; export it again")
    if len(tracks) != track_count:
        oddities.add("track_count", f"its header says {track_count} tracks; it has {len(tracks)}")
    if file_format == 0 and len(tracks) > 1:
        oddities.add("header", f"its type is 0, of one track; its {len(tracks)} are read as type 1")
    names, guessed = decode_names([track.raw_name for track in tracks])
    if guessed:
        oddities.add("text", f"the file does not say how its names are written; read as {guessed}")
    named = tuple(replace(track, name=name) for track, name in zip(tracks, names, strict=True))
    return MidiData(file_format, division, smpte_ticks_per_s, named, oddities)


def _unwrapped(data: bytes, oddities: Oddities) -> bytes:
    """The MIDI file, from its MThd on, without what is around it."""
    if data[:4] == b"MThd":
        return data
    if data[:4] == b"RIFF" and data[8:12] != b"RMID":
        raise MidiError("it is a sound or film file (RIFF), not a MIDI file")
    if data[:4] == b"RIFF":
        position = 12
        while position + 8 <= len(data):
            size = int.from_bytes(data[position + 4 : position + 8], "little")
            inside = data[position + 8 : position + 8 + size]
            if data[position : position + 4] == b"data" and inside[:4] == b"MThd":
                oddities.add("wrapped", "it is a MIDI file inside a RIFF file; unwrapped")
                return inside
            position += 8 + size + size % 2
    start = data.find(b"MThd", 0, _SEARCHED_FOR_HEADER)
    if start < 0:
        raise MidiError("it is not a MIDI file (it does not start with MThd)")
    oddities.add("wrapped", f"{start} bytes before the start of the MIDI file skipped")
    return data[start:]


def _tracks(data: bytes, position: int, oddities: Oddities) -> list[MidiTrack]:
    """All tracks, wherever they are."""
    tracks: list[MidiTrack] = []
    if not _is_chunk(data, position):
        first = data.find(b"MTrk", 8)  # the header's length was wrong
        position = len(data) if first < 0 else first
    while position < len(data):
        if not _is_chunk(data, position):
            following = data.find(b"MTrk", position + 1)
            skipped = (len(data) if following < 0 else following) - position
            oddities.add("garbage", f"{skipped} bytes outside of tracks skipped")
            position += skipped
            continue
        if len(tracks) == MAX_TRACKS:
            oddities.add("track_count", f"what comes after {MAX_TRACKS} tracks is left out")
            break
        body = position + 8
        end = body + int.from_bytes(data[position + 4 : body], "big")
        if data[position : position + 4] != b"MTrk":
            kind = data[position : position + 4].decode("ascii")
            oddities.add("unknown_chunk", f"a chunk that is no track skipped ({kind})")
        elif end == len(data) or _is_chunk(data, end):
            tracks.append(parse_track(data, body, end, len(tracks) + 1, oddities)[0])
        else:
            position = _misfit(data, body, end, tracks, oddities)
            continue
        position = end
    return tracks


def _is_chunk(data: bytes, position: int) -> bool:
    """Whether a chunk begins there: a track of any length, or another that is all there."""
    if data[position : position + 4] == b"MTrk":
        return position + 8 <= len(data)
    header = data[position : position + 8]
    end = position + 8 + int.from_bytes(header[4:], "big")
    kind = header[:4]
    return len(header) == 8 and kind.isascii() and kind.isalnum() and end <= len(data)


def _misfit(
    data: bytes, body: int, claimed_end: int, tracks: list[MidiTrack], oddities: Oddities
) -> int:
    """Read a track after whose claimed end nothing begins; where to go on."""
    following = data.find(b"MTrk", body)
    end = len(data) if following < 0 else following
    number = len(tracks) + 1
    track, after = parse_track(data, body, end, number, oddities)
    tracks.append(track)
    if after == claimed_end:
        return after  # the track is right, and what follows is no chunk
    if claimed_end <= len(data) or track.ended or following >= 0:
        oddities.add("track_length", f"the length that track {number} claims is wrong")
    elif not oddities.of(["cut_off"]):
        oddities.add("cut_off", f"it is cut off inside track {number}; export it again")
    return after if following < 0 and track.ended else end
