"""What the Evaluation page knows of runs: no metric, no model, no process.

Methods that may take time are marked *slow*: call them in :meth:`desktop.tasks.Tasks.run` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from desktop.tasks import TaskControl

EvaluationState = Literal["running", "stopped", "failed", "done"]


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be evaluated.

    Attributes:
        dataset: a built-in set's name, or the path of a manifest or its folder.
        models: ids of bundles.
        baselines: ground truth, sines and the others are run too.
        limit: first items only; None for all.
        seed: of renders, choices and resampling.
    """

    dataset: str
    models: tuple[str, ...]
    baselines: bool = True
    limit: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class EvaluationPlan:
    """What a run will take.

    Attributes:
        items: of the set.
        sounds: to render and score, about.
        seconds: about; None if nothing like it was run here yet.
    """

    items: int
    sounds: int
    seconds: float | None


@dataclass(frozen=True)
class EvaluationChoices:
    """What can be evaluated.

    Attributes:
        sets: names of the built-in ones.
        models: ids of the bundles that are here.
    """

    sets: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True)
class EvaluationRun:
    """A run, from its start to its figures.

    Attributes:
        id: unique; it stays.
        folder: of the run.
        name: for people.
        state: where it stands.
        stage: the same in words.
        fraction: how far it is, 0…1.
        systems: names, in the order of the tables; empty before they are known.
        headline: a few figures of the first system, for people; empty before it is done.
        error: why it failed, or which sounds did; else empty.
        can_go_on: it was stopped and can be gone on with from here.
        is_ours: it is in the user's own folder; else it was added, and stays when it is deleted
            from the list.
    """

    id: str
    folder: Path
    name: str
    state: EvaluationState
    stage: str
    fraction: float = 0.0
    systems: tuple[str, ...] = ()
    headline: str = ""
    error: str = ""
    can_go_on: bool = False
    is_ours: bool = True


@dataclass(frozen=True)
class FigureColumn:
    """A column of figures.

    Attributes:
        label: heading; an arrow says which way is better.
        about: one line for who has not seen it before.
    """

    label: str
    about: str = ""


@dataclass(frozen=True)
class FigureTable:
    """Figures to show.

    Attributes:
        columns: the first is of names.
        rows: as many cells as columns.
        notes: what else is to be said, a line each.
    """

    columns: tuple[FigureColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


class EvaluationEvents(QObject):
    """What happens, said on the thread of the window.

    Attributes:
        changed: an :class:`EvaluationRun` that is new or got further.
    """

    changed = pyqtSignal(object)


class EvaluationService(Protocol):
    """Runs of evaluations."""

    @property
    def events(self) -> EvaluationEvents:
        """Quick."""
        ...

    @property
    def under_way(self) -> int:
        """How many runs go on now; quick."""
        ...

    def choices(self) -> EvaluationChoices:
        """What can be evaluated here; slow."""
        ...

    def plan(self, request: EvaluationRequest) -> EvaluationPlan:
        """What a run will take; slow.

        Raises:
            UserInputError: if the set cannot be read, or nothing is asked for.
        """
        ...

    def start(self, request: EvaluationRequest) -> EvaluationRun:
        """Begin a run; slow.

        Raises:
            UserInputError: if the set cannot be read, one goes on already, or nothing is asked.
            OutputError: if its folder cannot be made.
        """
        ...

    def go_on(self, run_id: str) -> EvaluationRun:
        """Go on with a run that was stopped or failed; slow.

        Raises:
            UserInputError: if one goes on already, or it was begun elsewhere.
        """
        ...

    def cancel(self, run_id: str) -> None:
        """Stop a run; what it has done is kept; slow."""
        ...

    def runs(self) -> Sequence[EvaluationRun]:
        """All that are known, the newest first; slow."""
        ...

    def add_folder(self, folder: Path) -> EvaluationRun:
        """Show a run of the command line, too; slow.

        Raises:
            UserInputError: if the folder holds none.
        """
        ...

    def remove(self, run_id: str) -> None:
        """Delete a run's folder; of one that was added, forget it only; slow.

        Raises:
            UserInputError: if it goes on.
            OutputError: if it cannot be deleted.
        """
        ...

    def figures(self, run_id: str) -> FigureTable:
        """The headline figures of each system of a finished run; slow.

        Raises:
            UserInputError: if its results cannot be read.
        """
        ...

    def report(self, run_id: str, control: TaskControl) -> Path:
        """The page of a finished run, written if it is not there; slow.

        Raises:
            UserInputError: if its results cannot be read.
            OutputError: if the page cannot be written.
        """
        ...

    def compare(
        self, before: tuple[str, str], after: tuple[str, str], control: TaskControl
    ) -> FigureTable:
        """Two systems side by side, with the paired differences; slow.

        Args:
            before: a run's id and a system's name.
            after: likewise.
            control: of the task that waits.

        Raises:
            UserInputError: if they are of different sets, or share nothing.
        """
        ...
