"""Notes and clips: what is to be played, with no word about how.

All times are seconds from the clip's start. Both classes are frozen and check
themselves, so a clip that exists can be rendered.
"""

from __future__ import annotations

import hashlib
import math
import numbers
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.coercion.type_errors import check_type, real_number, whole_number, wrong_type
from core.errors import MidiError

MAX_CLIP_S = 4 * 3600.0
"""Longest clip accepted, in seconds. Longer input is nearly always a damaged file."""


MAX_BEND_SEMITONES = 96.0
"""Largest bend accepted, up or down: what MPE allows."""

Bend = tuple[tuple[float, float], ...]
"""A pitch curve: seconds from the note's onset, and semitones from its key."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note.

    Attributes:
        start_s: onset, seconds from the clip's start, ≥ 0.
        pitch: MIDI key number, 0–127 (60 is middle C).
        velocity: MIDI velocity, 1–127.
        duration_s: time the key is held, seconds, > 0.
        bend: how far the sound is from its key, at points in time that increase from 0 on;
            straight lines between them, the first value before them, and the last from there
            on. Empty is no bend.

    Numbers of any library are taken, whole ones for pitch and velocity, and kept as Python's.

    Raises:
        MidiError: if a value is outside its range.
        TypeError: if a value is no number.
    """

    start_s: float
    pitch: int
    velocity: int
    duration_s: float
    bend: Bend = ()

    def __post_init__(self) -> None:
        self._take_numbers()
        if not 0 <= self.pitch <= 127:
            raise MidiError(f"pitch {self.pitch} is outside 0–127")
        if not 1 <= self.velocity <= 127:
            raise MidiError(f"velocity {self.velocity} is outside 1–127")
        if not (math.isfinite(self.start_s) and self.start_s >= 0):
            raise MidiError(f"note start {self.start_s} s is not a time from 0 up")
        if not (math.isfinite(self.duration_s) and self.duration_s > 0):
            raise MidiError(f"note duration {self.duration_s} s is not above 0")
        before_s = -1.0
        for at_s, semitones in self.bend:
            if not (math.isfinite(at_s) and at_s > before_s and at_s >= 0):
                raise MidiError(f"the times of a bend must increase from 0 on, got {at_s} s")
            if not abs(semitones) <= MAX_BEND_SEMITONES:
                raise MidiError(
                    f"a bend of {semitones} semitones is outside ±{MAX_BEND_SEMITONES:g}"
                )
            before_s = at_s

    def _take_numbers(self) -> None:
        # Compared by type first: clips have many thousands of notes, nearly all of them right.
        for name in ("pitch", "velocity"):
            value = getattr(self, name)
            if type(value) is not int:
                object.__setattr__(self, name, _whole(name, value))
        for name in ("start_s", "duration_s"):
            value = getattr(self, name)
            if type(value) is not float and type(value) is not int:
                taken = f"seconds; {_ORDER}"
                object.__setattr__(self, name, real_number(f"a note's {name}", value, taken))
        if self.bend is not _NO_BEND:
            object.__setattr__(self, "bend", _curve(self.bend))

    @property
    def end_s(self) -> float:
        """Time the key is released, seconds."""
        return self.start_s + self.duration_s

    @property
    def is_bent(self) -> bool:
        """Whether it ever sounds away from its key."""
        return any(semitones for _, semitones in self.bend)

    def describe(self) -> str:
        """A short name for messages, such as ``C4 at 1.250 s``."""
        return f"{pitch_name(self.pitch)} at {self.start_s:.3f} s"


_NO_BEND: Bend = ()
_ORDER = "a note is Note(start_s, pitch, velocity, duration_s)"


def _whole(name: str, value: object) -> int:
    taken = f"a whole number; {_ORDER}"
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        number = float(value)
        if not number.is_integer():
            advice = "; what lies between keys is a note's bend" if name == "pitch" else ""
            raise MidiError(f"{name} {number:g} is not a whole number{advice}")
        return int(number)
    return whole_number(f"a note's {name}", value, taken)


def _curve(bend: object) -> Bend:
    if isinstance(bend, tuple) and all(type(point) is tuple for point in bend):
        return bend  # as every reader of files gives it: nothing to copy
    try:
        return tuple((float(at_s), float(semitones)) for at_s, semitones in bend)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise wrong_type("a note's bend", bend, "pairs of seconds and semitones") from None


@dataclass(frozen=True)
class Clip:
    """A named list of notes and a length.

    Attributes:
        name: for people and file names; does not change the sound.
        notes: sorted by (start, pitch, velocity, duration), whatever order was given.
        length_s: length in seconds. Notes may ring on past it, none starts after it;
            a shorter value than the last note's end is raised to that end.

    Raises:
        MidiError: if the length is not a finite time of at most :data:`MAX_CLIP_S`.
        TypeError: if the name is no text, or something among the notes is no note.
    """

    name: str
    notes: tuple[Note, ...]
    length_s: float = field(default=0.0)

    def __post_init__(self) -> None:
        check_type("the name of a clip", self.name, str, "text; then come the notes")
        notes = tuple(sorted(_notes(self.notes)))
        end_s = max((note.end_s for note in notes), default=0.0)
        length_s = max(real_number("the length of a clip", self.length_s, "seconds"), end_s)
        if not (math.isfinite(length_s) and length_s <= MAX_CLIP_S):
            raise MidiError(
                f"clip {self.name!r} is {length_s / 3600:.1f} h long; the limit is "
                f"{MAX_CLIP_S / 3600:.0f} h. Render it in parts"
            )
        object.__setattr__(self, "notes", notes)
        object.__setattr__(self, "length_s", length_s)

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the notes and the length; the name is left out."""
        digest = hashlib.sha256(struct.pack("<d", self.length_s))
        for note in self.notes:
            digest.update(
                struct.pack("<dBBd", note.start_s, note.pitch, note.velocity, note.duration_s)
            )
            # Notes without a bend hash as they did before there were bends.
            for at_s, semitones in note.bend:
                digest.update(struct.pack("<sdd", b"b", at_s, semitones))
        return digest.hexdigest()

    @classmethod
    def of(cls, name: str, notes: Iterable[Note], length_s: float = 0.0) -> Clip:
        """Build a clip from any iterable of notes.

        Args:
            name: for people and file names.
            notes: in any order.
            length_s: seconds; a value below the last note's end is raised to that end.

        Raises:
            MidiError: if the clip would be longer than :data:`MAX_CLIP_S`.
        """
        return cls(name, _notes(notes), length_s)


def _notes(notes: object) -> tuple[Note, ...]:
    taken = "notes; core.as_clip reads files, arrays and other libraries' scores"
    if isinstance(notes, str) or not isinstance(notes, Iterable):
        raise wrong_type("the list of notes", notes, taken)
    listed = tuple(notes)
    for index, note in enumerate(listed):
        if not isinstance(note, Note):
            raise wrong_type(f"item {index} of the notes", note, taken)
    return listed


_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch_name(pitch: int) -> str:
    """Scientific pitch name of a MIDI key: ``60 → "C4"``."""
    return f"{_PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def pitch_hz(pitch: float) -> float:
    """Frequency of a MIDI key in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
