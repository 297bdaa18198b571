"""Clips put together from messages that arrive in any order, twice, or not at all.

No sockets and no clock. One id names one content. A note, or a point of a bend, that contradicts
what came before under its id therefore starts the clip anew: what is missing is then asked for
again, and two contents are never mixed. Notes are kept packed, and what is kept is bounded for
each client and in total; the clips touched longest ago go first.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from dataclasses import dataclass, field

from bridge.bend_points import MAX_CLIP_POINTS, BendPoints
from bridge.errors import RequestRefused
from bridge.protocol import ClipBegin, ClipBend, ClipEnd, ClipNotes
from bridge.protocol.replies import ClipMissing, ClipOk, NoteRange
from core.clip import MAX_CLIP_S, Clip, Note
from core.errors import MidiError

MAX_CLIP_NOTES = 100_000
MAX_CLIENT_BYTES = 4 * 2**20
MAX_TOTAL_BYTES = 16 * 2**20
MAX_RANGES = 1000
"""Most missing ranges said at once; the others are asked for when these have come."""

_NOTE = struct.Struct("<dBBd")
_CLIP_BYTES = 4096  # what a clip costs beside its notes, roughly


@dataclass
class _PartialClip:
    """A clip under way or whole."""

    begin: ClipBegin | None = None
    notes: bytearray = field(default_factory=bytearray)  # _NOTE after _NOTE
    present: bytearray = field(default_factory=bytearray)  # 1 where a note has come
    count: int = 0  # of notes that have come
    bends: BendPoints = field(default_factory=BendPoints)

    @property
    def size_bytes(self) -> int:
        """What it takes of the client's memory."""
        return _CLIP_BYTES + len(self.notes) + len(self.present) + self.bends.size_bytes

    def clear_notes(self) -> None:
        """Forget the notes, and keep the clip."""
        self.notes, self.present, self.count = bytearray(), bytearray(), 0
        self.bends = BendPoints()

    def put(self, first: int, notes: tuple[Note, ...]) -> None:
        """Keep notes; if they contradict those that are there, those go first.

        Args:
            first: the first one's index in the clip.
            notes: a run of them.
        """
        packed = [_NOTE.pack(n.start_s, n.pitch, n.velocity, n.duration_s) for n in notes]
        if any(self._contradicts(index, note) for index, note in enumerate(packed, first)):
            self.clear_notes()
        grow = first + len(packed) - len(self.present)
        if grow > 0:
            self.present += bytes(grow)
            self.notes += bytes(grow * _NOTE.size)
        for index, note in enumerate(packed, first):
            self.notes[index * _NOTE.size : (index + 1) * _NOTE.size] = note
            self.count += not self.present[index]
            self.present[index] = 1

    def _contradicts(self, index: int, note: bytes) -> bool:
        at = index * _NOTE.size
        is_present = index < len(self.present) and self.present[index]
        return bool(is_present) and self.notes[at : at + _NOTE.size] != note

    def missing(self, note_count: int) -> tuple[NoteRange, ...]:
        """Which of so many notes have not come; the first ranges if there are many."""
        present = bytes(self.present[:note_count]).ljust(note_count, b"\0")
        ranges: list[NoteRange] = []
        at = present.find(b"\0")
        while at >= 0 and len(ranges) < MAX_RANGES:
            end = present.find(b"\1", at)
            end = note_count if end < 0 else end
            ranges.append(NoteRange(at, end - at))
            at = present.find(b"\0", end)
        return tuple(ranges)

    def has_all_notes(self, note_count: int) -> bool:
        """Whether so many notes have come, and no others."""
        return self.count == note_count == len(self.present)

    @property
    def is_whole(self) -> bool:
        """Whether all notes have come, and as many points of bends as were announced."""
        if self.begin is None or not self.has_all_notes(self.begin.note_count):
            return False
        points = self.begin.bend_point_count
        return self.bends.end() <= self.count and (not points or points == self.bends.count)


class ClipAssembler:
    """The clips of all clients.

    Args:
        max_client_bytes, max_total_bytes: how much is kept of one client, and of all.

    Attributes:
        size_bytes: what is kept now.
    """

    def __init__(
        self,
        max_client_bytes: int = MAX_CLIENT_BYTES,
        max_total_bytes: int = MAX_TOTAL_BYTES,
    ) -> None:
        self._max_client_bytes = max_client_bytes
        self._max_total_bytes = max_total_bytes
        self._clips: OrderedDict[tuple[str, str], _PartialClip] = OrderedDict()  # oldest first
        self._client_bytes: dict[str, int] = {}
        self.size_bytes = 0

    def begin(self, client: str, message: ClipBegin) -> None:
        """Note how many notes a clip has.

        Args:
            client: whose clip it is.
            message: which says so.

        Raises:
            RequestRefused: ``too_large``, if no clip may be that long.
        """
        about = message.clip_id
        if message.note_count > MAX_CLIP_NOTES:
            raise RequestRefused(
                f"clip {about!r} has {message.note_count} notes; the limit is {MAX_CLIP_NOTES}. "
                "Send it in parts",
                "too_large",
                about,
            )
        if message.length_s > MAX_CLIP_S:
            raise RequestRefused(
                f"clip {about!r} is {message.length_s / 3600:.1f} h long; the limit is "
                f"{MAX_CLIP_S / 3600:.0f} h. Send it in parts",
                "too_large",
                about,
            )
        part = self._get_or_add(client, about)
        if part.begin is not None and part.begin != message:
            self._resize(client, -part.size_bytes)
            part.clear_notes()
            self._resize(client, part.size_bytes)
        part.begin = message
        self._make_room(client, about)

    def notes(self, client: str, message: ClipNotes) -> None:
        """Add some notes, whether or not the clip was begun.

        Args:
            client: whose clip it is.
            message: with the notes.

        Raises:
            RequestRefused: ``too_large``, if they are past the end of any clip; or if they are
                past the end of this one.
        """
        end = message.first_index + len(message.notes)
        part = self._get_or_add(client, message.clip_id)
        most = MAX_CLIP_NOTES if part.begin is None else part.begin.note_count
        if end > most:
            raise RequestRefused(
                f"clip {message.clip_id!r} ends with note {most - 1}; note {end - 1} is past it",
                "too_large" if part.begin is None else "bad_request",
                message.clip_id,
            )
        self._resize(client, -part.size_bytes)
        part.put(message.first_index, message.notes)
        self._resize(client, part.size_bytes)
        self._make_room(client, message.clip_id)

    def bend(self, client: str, message: ClipBend) -> None:
        """Add some points of a note's bend, whether or not the clip was begun or the note came.

        Args:
            client: whose clip it is.
            message: with the points.

        Raises:
            RequestRefused: ``too_large``, if they are too many, or past the end of any clip; or
                if they are past the end of this one.
        """
        about, number = message.clip_id, message.note_index
        part = self._get_or_add(client, about)
        most = MAX_CLIP_NOTES if part.begin is None else part.begin.note_count
        if number >= most:
            raise RequestRefused(
                f"clip {about!r} ends with note {most - 1}; the bend is of note {number}",
                "too_large" if part.begin is None else "bad_request",
                about,
            )
        if part.bends.count + len(message.points) > MAX_CLIP_POINTS:
            raise RequestRefused(
                f"the bends of clip {about!r} have more than {MAX_CLIP_POINTS} points; "
                "thin them out, or send the clip in parts",
                "too_large",
                about,
            )
        self._resize(client, -part.size_bytes)
        if part.bends.contradicts(number, message.points):
            part.clear_notes()
        part.bends.put(number, message.points)
        self._resize(client, part.size_bytes)
        self._make_room(client, about)

    def end(self, client: str, message: ClipEnd) -> ClipOk | ClipMissing:
        """Whether the clip is whole, else what to send again.

        Args:
            client: whose clip it is.
            message: which asks.
        """
        part = self._clips.get((client, message.clip_id))
        if part is None or part.begin is None:
            return ClipMissing(message.clip_id, ())
        count = part.begin.note_count
        if part.is_whole:
            return ClipOk(message.clip_id, count)
        points = part.begin.bend_point_count
        if part.has_all_notes(count) and part.bends.count < points:
            # Whose points did not come is not known.
            return ClipMissing(message.clip_id, (NoteRange(0, count),))
        # Notes or points came first, and more than was then begun.
        if max(len(part.present), part.bends.end()) > count or part.bends.count > points > 0:
            self._resize(client, -part.size_bytes)
            part.clear_notes()
            self._resize(client, part.size_bytes)
        return ClipMissing(message.clip_id, part.missing(count))

    def clip(self, client: str, clip_id: str) -> Clip:
        """A whole clip.

        Args:
            client: whose clip it is.
            clip_id: its name for it.

        Raises:
            RequestRefused: ``unknown_clip``, if it has not come, not wholly, or is forgotten.
        """
        part = self._clips.get((client, clip_id))
        if part is None or part.begin is None or not part.is_whole:
            raise RequestRefused(
                f"clip {clip_id!r} is not here as a whole; send it, and wait for clip/ok",
                "unknown_clip",
            )
        self._clips.move_to_end((client, clip_id))
        begin = part.begin
        notes = (
            Note(start_s, pitch, velocity, duration_s, part.bends.of(number))
            for number, (start_s, pitch, velocity, duration_s) in enumerate(
                _NOTE.iter_unpack(part.notes)
            )
        )
        try:
            return Clip.of(begin.name, notes, begin.length_s)
        except MidiError as error:
            raise RequestRefused(str(error), "too_large") from None

    def forget(self, client: str) -> None:
        """Drop all clips of a client."""
        for key in [key for key in self._clips if key[0] == client]:
            self._drop(key)

    def _get_or_add(self, client: str, clip_id: str) -> _PartialClip:
        key = (client, clip_id)
        part = self._clips.get(key)
        if part is None:
            part = self._clips[key] = _PartialClip()
            self._resize(client, part.size_bytes)
        self._clips.move_to_end(key)
        return part

    def _resize(self, client: str, by: int) -> None:
        self.size_bytes += by
        size = self._client_bytes.get(client, 0) + by
        if size:
            self._client_bytes[client] = size
        else:
            self._client_bytes.pop(client, None)

    def _drop(self, key: tuple[str, str]) -> None:
        self._resize(key[0], -self._clips.pop(key).size_bytes)

    def _make_room(self, client: str, clip_id: str) -> None:
        """Forget the oldest clips of whoever keeps too much, but for the one just touched."""
        while self._client_bytes.get(client, 0) > self._max_client_bytes:
            oldest = next(key for key in self._clips if key[0] == client)
            if oldest == (client, clip_id):
                break
            self._drop(oldest)
        while self.size_bytes > self._max_total_bytes:
            greediest = max(self._client_bytes, key=lambda name: self._client_bytes[name])
            oldest = next(key for key in self._clips if key[0] == greediest)
            if oldest == (client, clip_id):
                break
            self._drop(oldest)
