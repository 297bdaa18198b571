"""What the training data is made of: instruments that play one note at a time.

An :class:`Instrument` is a name, a family, a split and a way to play a note. Where the
notes come from (a soundfont, a procedural voice, a folder of recordings) is its own matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from core.types import FloatArray

Split = Literal["train", "valid", "heldout"]

SAMPLE_RATE = 44_100
"""All training audio, Hz."""


class NotePlayer(Protocol):
    """Plays single notes."""

    def play(self, pitch: int, velocity: int, held_s: float, tail_s: float) -> FloatArray:
        """One note from its onset.

        Args:
            pitch: MIDI key.
            velocity: 1–127.
            held_s: time from key down to key up, seconds.
            tail_s: time recorded after key up, seconds.

        Returns:
            float32 [frames] at :data:`SAMPLE_RATE`, mono.
        """


@dataclass(frozen=True)
class PlayedNote:
    """A recorded note.

    Attributes:
        pitch: MIDI key.
        velocity: 1–127.
        held_s: from key down to key up, seconds.
        audio: float32 [frames] at :data:`SAMPLE_RATE`, from the onset.
    """

    pitch: int
    velocity: int
    held_s: float
    audio: FloatArray


@dataclass(frozen=True)
class Instrument:
    """One timbre of the training data.

    Attributes:
        id: unique, such as ``fluid:0:40``.
        name: what its maker calls it.
        family: one of :data:`FAMILIES`.
        program: General MIDI program it stands for, or None.
        traits: words a caption may use (``bright``, ``slow attack``, …).
        split: ``heldout`` instruments never meet the training code.
        low, high: range of MIDI keys worth training on.
    """

    id: str
    name: str
    family: str
    program: int | None
    traits: tuple[str, ...]
    split: Split
    low: int = 30
    high: int = 96


FAMILIES = (
    "piano",
    "chromatic percussion",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reed",
    "pipe",
    "synth lead",
    "synth pad",
    "synth effects",
    "ethnic",
    "percussive",
)
"""General MIDI's groups of eight programs, in order, without sound effects."""

HELD_OUT_PROGRAMS = (
    1, 4, 6, 11, 12, 19, 21, 24, 30, 33, 40, 42, 46, 48, 52, 56, 58, 60, 65, 68, 73, 75, 81, 89,
)  # fmt: skip
"""General MIDI programs whose FluidR3-derived recordings are kept out of training.

FluidR3_GM and MuseScore_General share samples, so a program is held out from both at once.
Other fonts' versions of a program stay in training: a held-out instrument is unseen, its kind
is not."""
