"""Evaluations on this machine: one at a time, in a process of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from core.errors import ModelError, TimbreError, UserInputError
from core.paths import data_dir
from desktop.services.evaluations.child import COMMAND
from desktop.services.evaluations.folders import RunFolders, read_config, read_request
from desktop.services.evaluations.interface import (
    EvaluationChoices,
    EvaluationEvents,
    EvaluationPlan,
    EvaluationRequest,
    EvaluationRun,
    FigureTable,
)
from desktop.services.evaluations.running import RunningEvaluation

if TYPE_CHECKING:
    from desktop.tasks import TaskControl

_BASELINES = 3
"""Ground truth, another performance, and sines."""


class LocalEvaluations(QObject):
    """An :class:`~desktop.services.evaluations.interface.EvaluationService`.

    Make it on the window's thread.

    Args:
        base: folder of the runs; None is the user's own.
        command: starts a run's process; for tests.
    """

    _got_further = pyqtSignal(object)

    def __init__(self, base: Path | None = None, command: Sequence[str] = COMMAND) -> None:
        super().__init__()
        self._base, self._command = base, command
        self._events = EvaluationEvents()
        self._lock = threading.RLock()  # over what follows
        self._now: RunningEvaluation | None = None
        self._errors: dict[Path, str] = {}
        self._headlines: dict[Path, tuple[int, str, str]] = {}
        self._is_closed = False
        # From the thread that listens to the process, by the window's queue of events.
        self._got_further.connect(self._events.changed, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    @property
    def events(self) -> EvaluationEvents:
        """See :class:`~desktop.services.evaluations.interface.EvaluationService`, as all below."""
        return self._events

    @property
    def under_way(self) -> int:
        """See :class:`EvaluationService`."""
        return int(self._now is not None)

    def close(self) -> None:
        """End what runs; it can be gone on with at the next start."""
        with self._lock:
            self._is_closed = True
            running = self._now
        if running is not None:
            running.stop()

    # What can be run

    def choices(self) -> EvaluationChoices:
        """See :class:`EvaluationService`."""
        from core.models.registry import Registry
        from evaluation import datasets

        models = [each.id for each in Registry().listings() if each.state == "ready"]
        return EvaluationChoices(tuple(datasets.built_in()), tuple(models))

    def plan(self, request: EvaluationRequest) -> EvaluationPlan:
        """See :class:`EvaluationService`."""
        from evaluation import datasets

        if not request.models:
            raise UserInputError("choose a model to evaluate")
        items = len(datasets.load(request.dataset).items[: request.limit])
        systems = len(request.models)
        if request.baselines:
            # Of each model: in a wrong timbre, and, where it has one, through its codec.
            systems += _BASELINES + len(request.models) + self._codecs(request.models)
        sounds = items * systems
        pace = self._pace(request.models)
        return EvaluationPlan(items, sounds, None if pace is None else sounds * pace)

    def start(self, request: EvaluationRequest) -> EvaluationRun:
        """See :class:`EvaluationService`."""
        self.plan(request)  # says what is wrong before a folder is made
        with self._lock:
            self._check_free()
            return self._begin(self._folders.make(request), request)

    def go_on(self, run_id: str) -> EvaluationRun:
        """See :class:`EvaluationService`."""
        folder = Path(run_id)
        kept = read_request(folder)
        if kept is None:
            raise UserInputError(
                f"{folder.name} was begun elsewhere; give the command that began it again"
            )
        with self._lock:
            self._check_free()
            return self._begin(folder, kept[0])

    def cancel(self, run_id: str) -> None:
        """See :class:`EvaluationService`."""
        with self._lock:
            running = self._now
        if running is not None and str(running.folder) == run_id:
            running.stop()

    # What was run

    def runs(self) -> Sequence[EvaluationRun]:
        """See :class:`EvaluationService`."""
        return [self._look(folder) for folder in self._folders.all()]

    def add_folder(self, folder: Path) -> EvaluationRun:
        """See :class:`EvaluationService`."""
        self._folders.add(folder)
        return self._look(folder)

    def remove(self, run_id: str) -> None:
        """See :class:`EvaluationService`."""
        folder = Path(run_id)
        with self._lock:
            if self._now is not None and self._now.folder == folder:
                raise UserInputError(f"{folder.name} goes on; cancel it first")
        self._folders.forget(folder)

    def figures(self, run_id: str) -> FigureTable:
        """See :class:`EvaluationService`."""
        from desktop.services.evaluations.tables import summary
        from evaluation import results

        folder = Path(run_id)
        return summary(results.read(folder), results.read_timings(folder))

    def report(self, run_id: str, control: TaskControl) -> Path:
        """See :class:`EvaluationService`."""
        page = Path(run_id) / "report.html"
        if not page.is_file():
            from evaluation import report

            control.stage("writing the page")
            page = report.write(Path(run_id))
        return page

    def compare(
        self, before: tuple[str, str], after: tuple[str, str], control: TaskControl
    ) -> FigureTable:
        """See :class:`EvaluationService`."""
        from desktop.services.evaluations.tables import comparison
        from evaluation import results
        from evaluation.compare import compare

        control.stage("comparing")
        (run_a, system_a), (run_b, system_b) = before, after
        return comparison(
            compare(results.read(Path(run_a)), results.read(Path(run_b)), system_a, system_b)
        )

    # Inside

    @property
    def _folders(self) -> RunFolders:
        return RunFolders(self._base or data_dir() / "evaluations")

    def _check_free(self) -> None:
        if self._is_closed:
            raise TimbreError("the window is closing; start it again")
        if self._now is not None:
            raise UserInputError(
                f"{self._now.folder.name} goes on; wait for its end, or cancel it first"
            )

    def _begin(self, folder: Path, request: EvaluationRequest) -> EvaluationRun:
        self._errors.pop(folder, None)
        try:
            self._now = RunningEvaluation(folder, request, self._say, self._ended, self._command)
        except OSError as error:
            raise TimbreError(f"the evaluation could not be started: {error.strerror}") from error
        return self._look(folder)

    def _codecs(self, models: Sequence[str]) -> int:
        from core.models.registry import Registry

        registry, count = Registry(), 0
        for model in models:
            with contextlib.suppress(ModelError):  # the run says what is wrong with it
                count += any(file.role == "codec" for file in registry.manifest(model).files)
        return count

    def _pace(self, models: Sequence[str]) -> float | None:
        """Seconds a sound took in the last run of these models; None if there was none."""
        for folder in self._folders.all():
            kept = read_request(folder)
            if kept is not None and set(kept[0].models) == set(models) and kept[2]:
                return kept[1] / kept[2]
        return None

    def _look(self, folder: Path) -> EvaluationRun:
        with self._lock:
            running = self._now
        config = read_config(folder)
        given: dict[str, Any] = {
            "id": str(folder),
            "folder": folder,
            "name": folder.name,
            "systems": tuple(config.get("systems", ())),
            "is_ours": self._folders.is_own(folder),
        }
        if running is not None and running.folder == folder:
            return EvaluationRun(
                **given, state="running", stage=running.words, fraction=running.fraction
            )
        if (folder / "results.json").is_file():
            headline, failed = self._headline(folder)
            return EvaluationRun(
                **given, state="done", stage="done", fraction=1.0, headline=headline, error=failed
            )
        can_go_on = read_request(folder) is not None
        error = self._errors.get(folder, "")
        if error:
            return EvaluationRun(
                **given, state="failed", stage="failed", error=error, can_go_on=can_go_on
            )
        done = sum(1 for _ in (folder / "records").rglob("*.json"))
        words = f"stopped after {done} sounds"
        return EvaluationRun(**given, state="stopped", stage=words, can_go_on=can_go_on)

    def _headline(self, folder: Path) -> tuple[str, str]:
        """A few figures, and what failed; kept as long as the file is the same."""
        from desktop.services.evaluations.tables import headline
        from evaluation import results

        changed = (folder / "results.json").stat().st_mtime_ns
        kept = self._headlines.get(folder)
        if kept is None or kept[0] != changed:
            try:
                found = results.read(folder)
                failed = [row for row in found["rows"] if row["error"] is not None]
                words = (
                    f"{len(failed)} of {len(found['rows'])} sounds failed; the first: "
                    f"{failed[0]['system']}, {failed[0]['item']}: {failed[0]['error']}"
                    if failed
                    else ""
                )
                kept = (changed, headline(found), words)
            except (UserInputError, KeyError, TypeError, IndexError) as error:
                kept = (changed, "", f"its results cannot be read: {error}")
            self._headlines[folder] = kept
        return kept[1], kept[2]

    def _say(self, folder: Path) -> None:
        """A run got further; from any thread."""
        self._got_further.emit(self._look(folder))

    def _ended(self, running: RunningEvaluation, error: str) -> None:
        """A run's process is gone; from any thread.

        Args:
            running: it.
            error: why it failed; empty if it did not, or was stopped.
        """
        with self._lock:
            if self._now is running:
                self._now = None
            if error:
                self._errors[running.folder] = error
        if not self._is_closed:
            self._say(running.folder)
