"""Standard MIDI Files: from bytes to timed events, and no further.

What events mean for a clip is :mod:`core.midi`'s business. The file is parsed here
rather than by mido (which pretty_midi reads through) because a score may come from
anywhere: mido believes any length it finds, so a small damaged file can hold it for
hours, and it refuses chunks that the specification says to skip. Files are written
through pretty_midi.

Source: MIDI Manufacturers Association, "Standard MIDI Files 1.0" (RP-001, 1996).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import MidiError
from core.types import Float64Array

MAX_FILE_BYTES = 8 * 2**20
"""Largest file accepted: more than a million notes."""

DEFAULT_TEMPO_US = 500_000
"""Microseconds per quarter note until a file says otherwise: 120 beats per minute."""

NOTE_OFF, NOTE_ON, CONTROL, PITCH_BEND = 0x80, 0x90, 0xB0, 0xE0
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_META_NAME, _META_END, _META_TEMPO = 0x03, 0x2F, 0x51


class MidiEvent(NamedTuple):
    """A channel message.

    Attributes:
        tick: from the start of the track.
        kind: :data:`NOTE_OFF`, :data:`NOTE_ON` (velocity > 0), :data:`CONTROL` or
            :data:`PITCH_BEND`.
        channel: 0–15.
        number: key, controller, or low 7 bits of the bend.
        value: velocity, value, or high 7 bits of the bend.
    """

    tick: int
    kind: int
    channel: int
    number: int
    value: int


@dataclass
class MidiTrack:
    """One track's events in order."""

    name: str = ""
    events: list[MidiEvent] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    """Tick and microseconds per quarter note (may be 0 in a damaged file)."""
    end_tick: int = 0


@dataclass(frozen=True)
class MidiData:
    """A parsed file.

    Attributes:
        format: 0 one track, 1 parallel tracks, 2 independent tracks.
        division: ticks per quarter note, > 0; or, when ``smpte_ticks_per_s`` is set, unused.
        smpte_ticks_per_s: ticks per second of files timed by film frames.
        tracks: in file order.
    """

    format: int
    division: int
    smpte_ticks_per_s: float | None
    tracks: tuple[MidiTrack, ...]


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
    """Parse a Standard MIDI File.

    Raises:
        MidiError: if it is not one, or is cut off or damaged; says where.
    """
    if data[:4] != b"MThd":
        raise MidiError("it is not a MIDI file (it does not start with MThd)")
    if len(data) < 14:
        raise MidiError("it is cut off inside its header; export it again")
    header_bytes = int.from_bytes(data[4:8], "big")
    file_format, track_count, division = (
        int.from_bytes(data[at : at + 2], "big") for at in (8, 10, 12)
    )
    if header_bytes < 6 or file_format > 2:
        raise MidiError("its header is damaged; export it again")
    smpte_ticks_per_s = None
    if division & 0x8000:
        frames_per_s, ticks_per_frame = 256 - (division >> 8), division & 0xFF
        smpte_ticks_per_s = (30 / 1.001 if frames_per_s == 29 else frames_per_s) * ticks_per_frame
    if smpte_ticks_per_s == 0 or division == 0:
        raise MidiError("its header is damaged (no ticks per beat); export it again")
    tracks: list[MidiTrack] = []
    position = 8 + header_bytes
    while len(tracks) < track_count:
        if position + 8 > len(data):
            raise MidiError(
                f"it is cut off after {len(tracks)} of {track_count} tracks; export it again"
            )
        chunk_id = data[position : position + 4]
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8], "big")
        if end > len(data):
            raise MidiError(f"it is cut off inside track {len(tracks) + 1}; export it again")
        if chunk_id == b"MTrk":
            tracks.append(_parse_track(data, position + 8, end))
        position = end  # other chunks are to be skipped
    return MidiData(file_format, division, smpte_ticks_per_s, tuple(tracks))


def _damaged(position: int) -> MidiError:
    return MidiError(f"it is damaged at byte {position}; export it again")


def _variable_int(data: bytes, position: int, end: int) -> tuple[int, int]:
    """A variable-length number of at most four bytes, and the position after it."""
    value = 0
    for at in range(position, min(position + 4, end)):
        value = value << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            return value, at + 1
    raise _damaged(position)


def _parse_track(data: bytes, position: int, end: int) -> MidiTrack:
    """Parse the events in ``data[position:end]``."""
    track = MidiTrack()
    tick = 0
    running_status = 0
    while position < end:
        delta, position = _variable_int(data, position, end)
        tick += delta
        if position >= end:
            raise _damaged(position)
        status = data[position]
        if status >= 0xF0:
            position = _skip_or_keep(data, position, end, tick, track)
            if position < 0:
                break
            continue
        if status >= 0x80:
            running_status = status
            position += 1
        kind = running_status & 0xF0
        if kind == 0:
            raise _damaged(position)  # a value with no status before it
        after = position + _DATA_BYTES[kind]
        if after > end:
            raise _damaged(position)
        number, value = data[position], data[after - 1]
        if number > 127 or value > 127:
            raise _damaged(position)
        position = after
        if kind == NOTE_ON and value == 0:
            kind = NOTE_OFF
        if kind in (NOTE_ON, NOTE_OFF, CONTROL, PITCH_BEND):
            track.events.append(MidiEvent(tick, kind, running_status & 0x0F, number, value))
    track.end_tick = tick
    return track


def _skip_or_keep(data: bytes, position: int, end: int, tick: int, track: MidiTrack) -> int:
    """Take a meta or system-exclusive event; the position after it, −1 at the track's end."""
    status = data[position]
    meta = -1
    position += 1
    if status == 0xFF:
        if position >= end:
            raise _damaged(position)
        meta = data[position]
        position += 1
    elif status not in (0xF0, 0xF7):
        raise _damaged(position)
    length, position = _variable_int(data, position, end)
    after = position + length
    if after > end:
        raise _damaged(position)
    body = data[position:after]
    if meta == _META_END:
        return -1
    if meta == _META_TEMPO and length == 3:
        track.tempos.append((tick, int.from_bytes(body, "big")))
    elif meta == _META_NAME and not track.name:
        track.name = _text(body)
    return after


def _text(body: bytes) -> str:
    """The files name no encoding: UTF-8 if it is that, else Latin-1; one printable line."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100]


@dataclass(frozen=True)
class TempoMap:
    """Ticks to seconds: straight lines from each tempo change to the next.

    Attributes:
        ticks, at_s: where and when each tempo begins.
        s_per_tick: how fast it goes.
        ignored: tempo events that say nothing usable.
    """

    ticks: npt.NDArray[np.int64]
    at_s: Float64Array
    s_per_tick: Float64Array
    ignored: int

    @classmethod
    def of(
        cls,
        tempos: Iterable[tuple[int, int]],
        division: int,
        smpte_ticks_per_s: float | None = None,
    ) -> TempoMap:
        """From tempo events (tick, microseconds per quarter note) and the header's resolution.

        Of several events at one tick the last given counts; a tempo of zero is ignored.
        """
        listed = list(tempos)
        usable = [tempo for tempo in listed if tempo[1] > 0]
        ignored = len(listed) - len(usable)
        scale = 1e-6 / division
        if smpte_ticks_per_s is not None:  # film frames take no notice of tempo
            usable, scale = [(0, 1)], 1.0 / smpte_ticks_per_s
        changes = dict(sorted([(0, DEFAULT_TEMPO_US), *usable], key=lambda tempo: tempo[0]))
        ticks = np.array(list(changes), np.int64)
        s_per_tick = np.array(list(changes.values()), np.float64) * scale
        at_s = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * s_per_tick[:-1])])
        return cls(ticks, at_s, s_per_tick, ignored)

    def seconds(self, ticks: Sequence[int]) -> Float64Array:
        """Times of ticks, float64 [n]."""
        wanted_ticks = np.asarray(ticks, np.int64)
        segment = np.searchsorted(self.ticks, wanted_ticks, side="right") - 1
        times_s: Float64Array = (
            self.at_s[segment] + (wanted_ticks - self.ticks[segment]) * self.s_per_tick[segment]
        )
        return times_s
