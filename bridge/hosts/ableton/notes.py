"""All notes of a clip in Live, read in pages that fit a datagram.

AbletonOSC answers ``/live/clip/get/notes`` in one datagram or not at all: macOS sends no more
than 9,216 bytes (430 notes), other systems 65,507. A page whose answer is too long is halved,
in time, then in pitch. Answers do not say which page they are of, so one page is asked at a
time, and whatever may be a late answer to an earlier question is not believed.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.clip_assembly import MAX_CLIP_NOTES
from bridge.hosts.ableton.live import (
    ASK_AGAIN_S,
    ERROR,
    MAX_REFUSALS,
    Live,
    LiveRefused,
    Question,
    error_text,
)
from core.errors import Cancelled

FIRST_BEAT, LAST_BEAT = -8192, 8192
"""All of a clip that Live lets one edit."""

_GRID = 256
"""Pages begin and end at whole 256ths of a beat, which 32-bit floats hold exactly."""

_NOTE_ARGUMENTS = 5
_TRIES = 4
_MAX_SILENT = 5


@dataclass(frozen=True)
class LiveNote:
    """A note as Live has it.

    Attributes:
        pitch: 0–127.
        start, duration: beats, from the clip's own zero.
        velocity: 0–127, with fractions.
        mute: deactivated.
    """

    pitch: int
    start: float
    duration: float
    velocity: float
    mute: bool


@dataclass(frozen=True)
class NotePage:
    """Pitches and times to ask for; the ends are outside. Times are in 256ths of a beat."""

    from_time: int
    to_time: int
    from_pitch: int = 0
    to_pitch: int = 128

    @property
    def arguments(self) -> tuple[int | float, ...]:
        """As AbletonOSC takes them: pitch, span, time, span."""
        pitches = self.to_pitch - self.from_pitch
        times = (self.from_time / _GRID, (self.to_time - self.from_time) / _GRID)
        return (self.from_pitch, pitches, *times)

    def holds(self, note: LiveNote) -> bool:
        """Whether a note may be in its answer; what comes as a 32-bit float is rounded."""
        in_time = self.from_time <= note.start * _GRID <= self.to_time
        return in_time and self.from_pitch <= note.pitch < self.to_pitch

    def halves(self) -> tuple[NotePage, NotePage] | None:
        """Two pages that are this one together; None if it is one pitch at one time."""
        if self.to_time - self.from_time > 1:
            middle = (self.from_time + self.to_time) // 2
            first = NotePage(self.from_time, middle, self.from_pitch, self.to_pitch)
            return first, NotePage(middle, self.to_time, self.from_pitch, self.to_pitch)
        if self.to_pitch - self.from_pitch > 1:
            middle = (self.from_pitch + self.to_pitch) // 2
            first = NotePage(self.from_time, self.to_time, self.from_pitch, middle)
            return first, NotePage(self.from_time, self.to_time, middle, self.to_pitch)
        return None


class _AnswerTooLong(Exception):
    """The answer does not fit a datagram."""


class NotesReader:
    """Reads one clip.

    Args:
        live: who is asked.
        track, scene: where the clip is.
        is_cancelled: asked before every page.
    """

    def __init__(
        self, live: Live, track: int, scene: int, is_cancelled: Callable[[], bool]
    ) -> None:
        self._live, self._ids, self._is_cancelled = live, (track, scene), is_cancelled
        self._is_repeating = False  # something was asked twice: answers may still come
        self._was_repeating = False
        self._silent = 0  # pages that were neither answered nor refused

    def read(self, cuts: Iterable[float]) -> list[LiveNote]:
        """All notes, whichever part of the clip they are in.

        Args:
            cuts: beats at which pages part; what is expected to be long goes on its own.

        Raises:
            LiveRefused: if Live does not tell, or the clip has too many notes.
            LiveUnreachable: if it does not answer any more.
            Cancelled: if ``is_cancelled`` says so.
        """
        ends = {FIRST_BEAT * _GRID, LAST_BEAT * _GRID}
        for cut in cuts:
            inside = min(max(cut, FIRST_BEAT), LAST_BEAT)
            ends |= {math.floor(inside * _GRID), math.ceil(inside * _GRID)}
        ordered = sorted(ends)
        pages = [NotePage(*pair) for pair in itertools.pairwise(ordered)]
        notes: list[LiveNote] = []
        pages.reverse()
        while pages:
            if self._is_cancelled():
                raise Cancelled("cancelled while the clip was read")
            page = pages.pop()
            try:
                notes += self._read_page(page)
            except _AnswerTooLong:
                halves = page.halves()
                if halves is None:
                    raise LiveRefused("Live does not tell the notes of this clip") from None
                pages += reversed(halves)
            if len(notes) > MAX_CLIP_NOTES:
                raise LiveRefused(f"the clip has more than {MAX_CLIP_NOTES} notes; split it")
        return notes

    def _read_page(self, page: NotePage) -> list[LiveNote]:
        notes = self._request(page)
        if not notes and self._was_repeating:
            # Nothing looks like a late answer to another page; believed when it comes twice.
            self._is_repeating = True
            notes = self._request(page)
        return notes

    def _request(self, page: NotePage) -> list[LiveNote]:
        question = Question("/live/clip/get/notes", self._ids, page.arguments)
        if self._is_repeating:
            self._live.drain(question)
            self._is_repeating = False
        refusals = 0
        for tried in range(_TRIES):
            if tried:
                self._is_repeating = self._was_repeating = True
            self._live.send(question)
            again = time.monotonic() + ASK_AGAIN_S * (tried + 1)
            errors: list[str] = []
            while (received := self._live.receive(again)) is not None:
                address, arguments = received
                if address == ERROR:
                    errors.append(error_text(arguments))
                    if _says_too_long(errors[-1]):
                        raise _AnswerTooLong
                if question.is_answered_by(address, arguments):
                    notes = _notes(arguments[len(self._ids) :])
                    if all(page.holds(note) for note in notes):
                        return notes
            refusals += len(errors) == 1  # more are about what another program asked
            if refusals == MAX_REFUSALS:
                raise LiveRefused(f"the notes cannot be read; AbletonOSC says: {errors[-1]}")
        self._live.ask(Question("/live/song/get/tempo"))
        self._silent += 1  # Live answers other things: is it the length of this answer?
        if self._silent > _MAX_SILENT:
            raise LiveRefused("AbletonOSC does not tell the notes of a clip; update it")
        raise _AnswerTooLong


def _says_too_long(error: str) -> bool:
    """Errno 90 of Linux, 40 of macOS, 10040 of Windows."""
    return "too long" in error or "10040" in error


def _notes(values: list[object]) -> list[LiveNote]:
    notes = []
    for at in range(0, len(values), _NOTE_ARGUMENTS):
        numbers = [value for value in values[at : at + 5] if isinstance(value, int | float)]
        if len(numbers) != _NOTE_ARGUMENTS:
            raise LiveRefused("AbletonOSC's notes are not as documented; update AbletonOSC")
        pitch, start, duration, velocity, mute = numbers
        notes.append(LiveNote(int(pitch), float(start), float(duration), velocity, bool(mute)))
    return notes
