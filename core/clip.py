"""Notes and clips: what is to be played, with no word about how.

All times are seconds from the clip's start. Both classes are frozen and check
themselves, so a clip that exists can be rendered.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

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

    Raises:
        MidiError: if a value is outside its range.
    """

    start_s: float
    pitch: int
    velocity: int
    duration_s: float
    bend: Bend = ()

    def __post_init__(self) -> None:
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
    """

    name: str
    notes: tuple[Note, ...]
    length_s: float = field(default=0.0)

    def __post_init__(self) -> None:
        notes = tuple(sorted(self.notes))
        end_s = max((note.end_s for note in notes), default=0.0)
        length_s = max(float(self.length_s), end_s)
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
        return cls(name, tuple(notes), length_s)


_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch_name(pitch: int) -> str:
    """Scientific pitch name of a MIDI key: ``60 → "C4"``."""
    return f"{_PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def pitch_hz(pitch: float) -> float:
    """Frequency of a MIDI key in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
