"""Clips of any length, cut into windows that one sequence of the network holds.

A sequence spans 5 s and a fixed number of positions, which notes and audio share. A window
begins with about a second of audio from the one before, as if the network had just made it,
and adds new frames; where notes are dense it is shorter. A note that sounds on from earlier
is stated again from the window's start, one that sounds on past the end is held to it.

Everything here is arithmetic on notes and frame counts; no network, no audio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.clip import Clip, Note
from core.engines.tokensynth.generate import positions_needed
from core.engines.tokensynth.tokens import STEPS_PER_S, WINDOW_S

FloatTimes = npt.NDArray[np.float64]

_LAST_TIME_S = WINDOW_S - 0.5 / STEPS_PER_S  # the middle of the last step


@dataclass(frozen=True, slots=True)
class Window:
    """One sequence.

    Attributes:
        start_frame: frame of the clip at which the window's time is 0.
        context_frames: frames at its start that were made before.
        frames: all its frames.
        notes: times within the window, all below 5 s. Empty: nothing sounds, and the
            network need not be asked.
    """

    start_frame: int
    context_frames: int
    frames: int
    notes: tuple[Note, ...]

    @property
    def new_frames(self) -> int:
        return self.frames - self.context_frames


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How a clip is cut.

    Attributes:
        windows: in order; their new frames, laid end to end, are the whole clip.
        left_out: notes that some window had no room for. Only more notes at once than a
            sequence can hold (about 240) lead here.
    """

    windows: tuple[Window, ...]
    left_out: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class WindowRules:
    """What bounds a window.

    Attributes:
        frame_s: duration of a codec frame, seconds.
        positions: length of a sequence.
        context_s: audio carried over where there is room, seconds.
        least_s: a window adds at least this much; context and then notes give way.
    """

    frame_s: float
    positions: int
    context_s: float = 1.0
    least_s: float = 0.25

    @property
    def most_frames(self) -> int:
        """Frames of a window without notes, at most 5 s."""
        return min(int(WINDOW_S / self.frame_s), self.room(0))

    def room(self, notes: int) -> int:
        """Frames that a sequence with this many notes has positions for."""
        return self.positions - positions_needed(notes, 1) + 1


def plan_windows(clip: Clip, total_frames: int, rules: WindowRules) -> WindowPlan:
    """Cut a clip into windows that together make ``total_frames`` frames.

    Args:
        clip: what to play.
        total_frames: codec frames to make, ≥ 0.
        rules: what bounds a window.
    """
    starts = np.array([note.start_s for note in clip.notes])
    ends = np.array([note.end_s for note in clip.notes])
    windows: list[Window] = []
    left_out: set[int] = set()
    least = max(1, round(rules.least_s / rules.frame_s))
    done = 0
    while done < total_frames:
        wanted = min(least, total_frames - done)
        # Where notes are dense, the context gives way first: half, a quarter, none of it.
        context = min(done, round(rules.context_s / rules.frame_s), rules.most_frames - wanted)
        for carried in (context, context // 2, context // 4, 0):
            sounding = _SoundingNotes(starts, ends, (done - carried) * rules.frame_s, rules)
            frames = sounding.longest(min(rules.most_frames, total_frames - done + carried))
            if frames >= carried + wanted:
                break
        else:
            carried, frames = 0, wanted
        chosen = sounding.notes_in(frames)
        # Four tokens a note. Where even that is too little, the softest notes are left out.
        room = (rules.positions - positions_needed(0, frames)) // 4
        if len(chosen) > room:
            ranked = sorted(chosen, key=lambda n: -clip.notes[n].velocity)
            left_out.update(ranked[room:])
            chosen = sorted(ranked[:room])
        start_s = (done - carried) * rules.frame_s
        notes = tuple(_in_window(clip.notes[n], start_s) for n in chosen)
        windows.append(Window(done - carried, carried, frames, notes))
        done += frames - carried
    return WindowPlan(tuple(windows), tuple(clip.notes[n] for n in sorted(left_out)))


class _SoundingNotes:
    """The notes that sound from one time on."""

    def __init__(
        self, starts: FloatTimes, ends: FloatTimes, from_s: float, rules: WindowRules
    ) -> None:
        self.rules = rules
        self.from_s = from_s
        self.indices = np.flatnonzero(ends > from_s)
        self.starts = starts[self.indices]

    def count(self, frames: int) -> int:
        return int(np.searchsorted(self.starts, self.from_s + frames * self.rules.frame_s))

    def notes_in(self, frames: int) -> list[int]:
        return [int(n) for n in self.indices[: self.count(frames)]]

    def longest(self, most: int) -> int:
        """The most frames, up to ``most``, whose notes leave room for them; 0 if none."""
        fits, too_long = 0, most + 1
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            if middle <= self.rules.room(self.count(middle)):
                fits = middle
            else:
                too_long = middle
        return fits


def _in_window(note: Note, start_s: float) -> Note:
    """The part of a note that falls into a window at ``start_s``, in the window's time."""
    onset_s = max(0.0, note.start_s - start_s)
    end_s = min(note.end_s - start_s, _LAST_TIME_S)
    # A note needs a duration above 0, also where it is cut to nothing.
    return Note(onset_s, note.pitch, note.velocity, max(end_s - onset_s, 1e-6))


def frames_for(length_s: float, frame_s: float) -> int:
    """Frames that cover a length.

    Args:
        length_s: seconds, ≥ 0.
        frame_s: duration of a frame, seconds.
    """
    # A length of whole frames must not get one more through rounding.
    return math.ceil(length_s / frame_s - 1e-9)
