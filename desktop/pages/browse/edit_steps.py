"""One change to presets, as it is made, undone and done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PyQt6.QtGui import QUndoCommand

from core.library.presets import Preset

_Left = TypeVar("_Left")


@dataclass(frozen=True)
class EditOutcome:
    """What a change left behind.

    Attributes:
        presets: those changed or added, as they are now.
        is_list_changed: presets came or went, so that lists are to be fetched anew.
        words: what was done, for the status line.
    """

    presets: tuple[Preset, ...]
    is_list_changed: bool
    words: str


EditWork = Callable[[], EditOutcome]
"""A change, or what takes it back; slow."""


@dataclass(frozen=True)
class EditStep:
    """A change that was made. ``undo`` and ``redo`` are slow."""

    outcome: EditOutcome
    undo: EditWork
    redo: EditWork


class EditCommand(QUndoCommand):
    """A step on the stack; it was made already when it is pushed."""

    def __init__(self, text: str, step: EditStep, again: Callable[[EditWork], None]) -> None:
        super().__init__(text)
        self._step, self._again, self._is_new = step, again, True

    def undo(self) -> None:
        self._again(self._step.undo)

    def redo(self) -> None:
        if self._is_new:
            self._is_new = False
        else:
            self._again(self._step.redo)


def change_each(
    presets: Sequence[Preset],
    change: Callable[[Preset], _Left],
    revert: Callable[[Preset, _Left], object],
) -> list[_Left]:
    """Change all presets or none.

    Args:
        presets: which.
        change: one of them; gives what it left.
        revert: takes it back, if a later one fails.
    """
    done: list[tuple[Preset, _Left]] = []
    try:
        for preset in presets:
            done.append((preset, change(preset)))
    except BaseException:
        for preset, left in reversed(done):
            revert(preset, left)
        raise
    return [left for _, left in done]
