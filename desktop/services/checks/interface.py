"""What pages know of measuring takes: no transcriber, no encoder, no cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.clip import Note
from desktop.tasks import TaskControl


@dataclass(frozen=True)
class TakeCheck:
    """What was measured of one take.

    Attributes:
        asked: notes of its clip.
        missed: notes of the clip that the transcriber did not hear.
        added: notes that it heard beside the clip's.
        note_f: harmonic mean of precision and recall of notes, 0–1; 1 is every note and no other.
        likeness: cosine of the take's embedding and its reference's, −1 to 1; None if there is
            none.
        reference: what it was compared with, or why with nothing, for people.
        judge: whose encoder embedded both, for people.
    """

    asked: int
    missed: tuple[Note, ...]
    added: tuple[Note, ...]
    note_f: float
    likeness: float | None
    reference: str
    judge: str = ""

    @property
    def heard(self) -> int:
        """Notes of the clip that were heard."""
        return self.asked - len(self.missed)


class CheckService(Protocol):
    """Takes measured. All methods are slow."""

    def known(self, file: Path) -> TakeCheck | None:
        """What was measured of a file of ours before; None if nothing was."""
        ...

    def check(self, file: Path, control: TaskControl) -> TakeCheck:
        """Measure a file of ours, unless it is known.

        Args:
            file: a finished take.
            control: of the task that waits.

        Raises:
            Cancelled: if nobody waits any more.
            TimbreError: if it cannot be measured, and what to do.
        """
        ...
