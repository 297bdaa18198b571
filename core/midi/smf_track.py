"""One track of a Standard MIDI File: from bytes to timed events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from core.midi.oddities import Oddities

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL = 0x80, 0x90, 0xA0, 0xB0
PROGRAM, CHANNEL_PRESSURE, PITCH_BEND = 0xC0, 0xD0, 0xE0

_DATA_BYTES = {
    NOTE_OFF: 2,
    NOTE_ON: 2,
    KEY_PRESSURE: 2,
    CONTROL: 2,
    PROGRAM: 1,
    CHANNEL_PRESSURE: 1,
    PITCH_BEND: 2,
}
_SYSEX, _SYSEX_MORE, _META = 0xF0, 0xF7, 0xFF
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""Data bytes of messages that belong on a cable and not in a file; others have none."""
_META_NAME, _META_PORT, _META_END, _META_TEMPO = 0x03, 0x21, 0x2F, 0x51


class MidiEvent(NamedTuple):
    """A channel message.

    Attributes:
        tick: from the start of the track.
        kind: :data:`NOTE_OFF`, :data:`NOTE_ON` (velocity > 0), or another of these.
        channel: 0–15, and 16 more for each port.
        number: key, controller, or low 7 bits of the bend; 0 if there is one value only.
        value: velocity, value, program, pressure, or high 7 bits of the bend.
    """

    tick: int
    kind: int
    channel: int
    number: int
    value: int


class SystemExclusive(NamedTuple):
    """A system-exclusive message.

    Attributes:
        tick: from the start of the track.
        place: how many events of the track come before it.
        port: whose sixteen channels it is for.
        body: without its first byte F0.
    """

    tick: int
    place: int
    port: int
    body: bytes


@dataclass
class MidiTrack:
    """One track's events in order."""

    raw_name: bytes = b""
    name: str = ""
    events: list[MidiEvent] = field(default_factory=list)
    sysex: list[SystemExclusive] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    """Tick and microseconds per quarter note (may be 0 in a damaged file)."""
    end_tick: int = 0
    port: int = 0
    ended: bool = False
    """Whether it has an End of Track."""


class _TrackDamage(Exception):
    """The track cannot be followed beyond a byte."""

    def __init__(self, position: int, cut_off: bool = False) -> None:
        super().__init__(position)
        self.position = position
        self.cut_off = cut_off


def parse_track(
    data: bytes, position: int, end: int, number: int, oddities: Oddities
) -> tuple[MidiTrack, int]:
    """Parse the events in ``data[position:end]``.

    Args:
        data: the file.
        position: where the first event begins.
        end: where the track ends at the latest.
        number: of the track, from 1, for messages.
        oddities: gets what is odd.

    Returns:
        The track, and the position after its last event.
    """
    track = MidiTrack()
    try:
        position = _parse_events(data, position, end, track, oddities)
    except _TrackDamage as damage:
        if damage.cut_off and end == len(data):
            message = f"it is cut off inside track {number}; export it again"
            oddities.add("cut_off", message)
        else:
            oddities.add(
                "damaged",
                f"it is damaged at byte {damage.position}, in track {number}; what comes "
                "after that in the track is left out; export it again",
            )
        return track, end
    if not track.ended:
        oddities.add("no_end", "tracks without their end mark")
    return track, position


def _variable_int(data: bytes, position: int, end: int) -> tuple[int, int]:
    """A variable-length number of at most four bytes, and the position after it."""
    value = 0
    for at in range(position, min(position + 4, end)):
        value = value << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            return value, at + 1
    raise _TrackDamage(position, cut_off=position + 4 > end)


def _parse_events(
    data: bytes, position: int, end: int, track: MidiTrack, oddities: Oddities
) -> int:
    tick = 0
    running_status = 0
    interrupted = False
    while position < end and not track.ended:
        delta, position = _variable_int(data, position, end)
        tick += delta
        track.end_tick = tick
        if position >= end:
            raise _TrackDamage(position, cut_off=True)
        status = data[position]
        if status >= 0xF0:
            position = _system_event(data, position, end, tick, track, oddities)
            interrupted = status in (_SYSEX, _SYSEX_MORE, _META)
            continue
        if status >= 0x80:
            running_status = status
            position += 1
        elif interrupted and running_status:
            oddities.add("running_status", "events that rely on a status from before an insertion")
        interrupted = False
        kind = running_status & 0xF0
        if kind == 0:
            raise _TrackDamage(position)  # a value with no status before it
        after = position + _DATA_BYTES[kind]
        if after > end:
            raise _TrackDamage(position, cut_off=True)
        first, last = data[position], data[after - 1]
        if first > 127 or last > 127:
            first, last, after = _repaired(data, position, end, kind, oddities)
            if first < 0:
                position = after
                continue
        position = after
        if kind == NOTE_ON and last == 0:
            kind = NOTE_OFF
        channel = running_status & 0x0F | track.port << 4
        one_value = kind in (PROGRAM, CHANNEL_PRESSURE)
        track.events.append(MidiEvent(tick, kind, channel, 0 if one_value else first, last))
    return position


def _repaired(
    data: bytes, position: int, end: int, kind: int, oddities: Oddities
) -> tuple[int, int, int]:
    """Data bytes among which some are over 127; the first is −1 if they say nothing.

    A clock that a sequencer recorded with its input may stand between any two bytes. Other
    values are out of range, and mean the largest; a key or a controller has no largest.
    """
    values: list[int] = []
    while len(values) < _DATA_BYTES[kind]:
        if position >= end:
            raise _TrackDamage(position, cut_off=True)
        if 0xF8 <= data[position] <= 0xFE:
            oddities.add("real_time", "messages that belong on a cable and not in a file skipped")
        else:
            values.append(data[position])
        position += 1
    if max(values) > 127:
        if values[0] > 127 and kind in (NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL):
            what = "controller" if kind == CONTROL else "key"
            oddities.add("data_byte", f"events whose {what} is over 127 left out")
            return -1, 0, position
        oddities.add("data_byte", "values over 127 taken as 127")
    return min(values[0], 127), min(values[-1], 127), position


def _system_event(
    data: bytes, position: int, end: int, tick: int, track: MidiTrack, oddities: Oddities
) -> int:
    """Take a meta, system-exclusive or stray event; the position after it."""
    status = data[position]
    position += 1
    meta = -1
    if status == _META:
        if position >= end:
            raise _TrackDamage(position, cut_off=True)
        meta = data[position]
        position += 1
    elif status not in (_SYSEX, _SYSEX_MORE):
        oddities.add("real_time", "messages that belong on a cable and not in a file skipped")
        return position + _SYSTEM_DATA_BYTES.get(status, 0)
    length, position = _variable_int(data, position, end)
    after = position + length
    if after > end:
        raise _TrackDamage(position, cut_off=True)
    if status == _SYSEX:
        track.sysex.append(
            SystemExclusive(tick, len(track.events), track.port, data[position:after])
        )
    elif meta == _META_END:
        track.ended = True
    elif meta == _META_TEMPO and length == 3:
        track.tempos.append((tick, int.from_bytes(data[position:after], "big")))
    elif meta == _META_PORT and length == 1:
        track.port = data[position] & 0x7F
    elif meta == _META_NAME and not track.raw_name:
        track.raw_name = data[position:after]
    return after
