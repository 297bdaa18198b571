"""The notes of a clip as arrays, and which rectangles of them are worth painting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.clip import Clip, Note
from core.types import FloatArray
from desktop.widgets.roll_view import RollView


@dataclass(frozen=True, eq=False)
class NoteRects:
    """Rectangles in pixels of the roll, the y of their upper edge counted downwards.

    Attributes:
        x, y, width: float32 [K].
        velocity: 1–127, int64 [K].
        index: of the note in the clip, int64 [K].
    """

    x: FloatArray
    y: FloatArray
    width: FloatArray
    velocity: npt.NDArray[np.int64]
    index: npt.NDArray[np.int64]


class RollNotes:
    """Notes to be painted quickly, however many.

    Args:
        clip: whose notes they are.
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        notes = clip.notes
        self._start_s = np.array([note.start_s for note in notes], np.float64)
        self._end_s = np.array([note.end_s for note in notes], np.float64)
        self._pitch = np.array([note.pitch for note in notes], np.int64)
        self._velocity = np.array([note.velocity for note in notes], np.int64)
        self.bent = tuple(note for note in notes if note.is_bent)

    def rects(self, view: RollView, width: float, height: float) -> NoteRects:
        """What is to be painted; of notes that fall on the same pixels, one.

        Args:
            view: what is seen.
            width, height: pixels.
        """
        end_s = view.start_s + view.seconds
        seen = np.flatnonzero(
            (self._start_s < end_s)
            & (self._end_s > view.start_s)
            & (self._pitch + 1 > view.low)
            & (self._pitch < view.low + view.keys)
        )
        per_s, per_key = width / view.seconds, height / view.keys
        x = (self._start_s[seen] - view.start_s) * per_s
        wide = np.maximum((self._end_s[seen] - self._start_s[seen]) * per_s, 1.5)
        y = height - (self._pitch[seen] + 1 - view.low) * per_key
        if len(seen) > 2000:  # zoomed far out: what covers the same pixels is painted once
            place = np.stack(
                [np.round(x).astype(np.int64), self._pitch[seen], np.round(wide).astype(np.int64)]
            )
            _, kept = np.unique(place, axis=1, return_index=True)
            seen, x, wide, y = seen[kept], x[kept], wide[kept], y[kept]
        return NoteRects(
            x.astype(np.float32),
            y.astype(np.float32),
            wide.astype(np.float32),
            self._velocity[seen],
            seen,
        )

    def at(self, seconds: float, key: float) -> Note | None:
        """The note under a point; the last that began, if there are several.

        Args:
            seconds: time of the point.
            key: its height, whole numbers being lower edges of keys.
        """
        found = np.flatnonzero(
            (self._start_s <= seconds)
            & (self._end_s >= seconds)
            & (self._pitch == int(np.floor(key)))
        )
        return self._clip.notes[int(found[-1])] if len(found) else None
