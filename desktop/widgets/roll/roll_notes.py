"""The notes of a clip as arrays, and what of them is worth painting: quick, however many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.clip import Clip, Note, pitch_name
from core.types import FloatArray
from desktop.translations.words import translate
from desktop.widgets.roll.roll_view import ALL_KEYS, RollView

DENSE = 2000
"""With more notes in sight single ones cannot be told apart."""


@dataclass(frozen=True, eq=False)
class NoteRects:
    """Rectangles in pixels of the roll, the y of their upper edge counted downwards.

    Attributes:
        x, y, width: float32 [K].
        velocity: 1–127, int64 [K].
    """

    x: FloatArray
    y: FloatArray
    width: FloatArray
    velocity: npt.NDArray[np.int64]


class RollNotes:
    """A clip, ready to be painted. Making it takes 100 ms for 100,000 notes; any thread may.

    Args:
        clip: whose notes they are.

    Attributes:
        clip: the same.
        whole: the view that shows everything, bends included.
        description: in words, for who cannot see it.
    """

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        notes = clip.notes
        self._start_s = np.array([note.start_s for note in notes], np.float64)
        self._end_s = self._start_s + np.array([note.duration_s for note in notes], np.float64)
        self._pitch = np.array([note.pitch for note in notes], np.int64)
        self._velocity = np.array([note.velocity for note in notes], np.int64)
        self._bent = np.array([i for i, n in enumerate(notes) if n.bend and n.is_bent], np.int64)
        self.whole, self.description = (
            RollView(),
            translate("Widgets", "{name}: no notes").format(name=clip.name),
        )
        if notes:
            low, high = int(self._pitch.min()), int(self._pitch.max())
            bent = [notes[i] for i in self._bent]
            lowest = min([low, *(n.pitch + min(st for _, st in n.bend) for n in bent)])
            highest = max([high, *(n.pitch + max(st for _, st in n.bend) for n in bent)])
            self.whole = RollView.around(clip.length_s, lowest, highest)
            self.description = translate(
                "Widgets", "{name}: {notes} notes from {low} to {high}, {length_s:.1f} seconds"
            ).format(
                name=clip.name,
                notes=len(notes),
                low=pitch_name(low),
                high=pitch_name(high),
                length_s=clip.length_s,
            )

    def _seen(self, view: RollView) -> npt.NDArray[np.int64]:
        end_s = view.start_s + view.seconds
        return np.flatnonzero(
            (self._start_s < end_s)
            & (self._end_s > view.start_s)
            & (self._pitch + 1 > view.low)
            & (self._pitch < view.low + view.keys)
        )

    def rects(self, view: RollView, width: float, height: float) -> NoteRects | None:
        """The notes in sight one by one; None if they are so many that :meth:`density` is due.

        Args:
            view: what is seen.
            width, height: pixels.
        """
        seen = self._seen(view)
        if len(seen) > DENSE:
            return None
        per_s, per_key = width / view.seconds, height / view.keys
        x = (self._start_s[seen] - view.start_s) * per_s
        wide = np.maximum((self._end_s[seen] - self._start_s[seen]) * per_s, 1.5)
        y = height - (self._pitch[seen] + 1 - view.low) * per_key
        return NoteRects(
            x.astype(np.float32),
            y.astype(np.float32),
            wide.astype(np.float32),
            self._velocity[seen],
        )

    def density(self, view: RollView, columns: int) -> npt.NDArray[np.uint8]:
        """What sounds in each column of pixels on each key.

        Args:
            view: what is seen in time; all keys are given.
            columns: pixels from left to right.

        Returns:
            Mean velocity, 0 where nothing sounds, uint8 [128, columns]; key 127 comes first.
        """
        seen = self._seen(view)
        per_s = columns / view.seconds
        first = np.clip((self._start_s[seen] - view.start_s) * per_s, 0, columns - 1).astype(int)
        last = np.clip((self._end_s[seen] - view.start_s) * per_s, 0, columns).astype(int)
        last = np.maximum(last, first + 1)
        row, size = (127 - self._pitch[seen]) * (columns + 1), 128 * (columns + 1)

        def sounding(weight: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
            begun = np.bincount(row + first, weight, size) - np.bincount(row + last, weight, size)
            return np.cumsum(begun.reshape(128, -1), axis=1)[:, :-1]

        notes, total = sounding(np.ones_like(row)), sounding(self._velocity[seen])
        return np.where(notes > 0.5, total / np.maximum(notes, 1), 0).astype(np.uint8)

    def onsets(self, view: RollView, columns: int) -> list[tuple[int, int]]:
        """The loudest note that begins in each column of pixels.

        Args:
            view: what is seen.
            columns: pixels from left to right.

        Returns:
            Columns and velocities, 1–127.
        """
        seen = self._seen(view)
        column = np.floor((self._start_s[seen] - view.start_s) * columns / view.seconds).astype(int)
        inside = (column >= 0) & (column < columns)
        loudest = np.zeros(columns, np.int64)
        np.maximum.at(loudest, column[inside], self._velocity[seen][inside])
        return [(int(at), int(loudest[at])) for at in np.flatnonzero(loudest)]

    def bent(self, view: RollView) -> list[Note]:
        """The notes in sight that bend; none if they are too many to be told apart."""
        seen = np.intersect1d(self._seen(view), self._bent, assume_unique=True)
        return [self.clip.notes[i] for i in seen] if len(seen) <= DENSE else []

    def at(self, seconds: float, key: float) -> Note | None:
        """The note under a point; the last that began, if there are several.

        Args:
            seconds: time of the point.
            key: its height, whole numbers being lower edges of keys.
        """
        if not 0 <= key < ALL_KEYS:
            return None
        found = np.flatnonzero(
            (self._start_s <= seconds)
            & (self._end_s >= seconds)
            & (self._pitch == int(np.floor(key)))
        )
        return self.clip.notes[int(found[-1])] if len(found) else None
