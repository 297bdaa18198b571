"""Runs of evaluations that go on when they are told to, for tests, pictures and the gallery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import TimbreError, UserInputError
from desktop.services.evaluations.interface import (
    EvaluationChoices,
    EvaluationEvents,
    EvaluationPlan,
    EvaluationRequest,
    EvaluationRun,
    FigureColumn,
    FigureTable,
)
from desktop.tasks import TaskControl

_HOME = Path("/home/me/evaluations")
_SYSTEMS = ("embedded", "ground-truth", "other-performance", "embedded/wrong-timbre", "sine")
_FIGURES = FigureTable(
    (
        FigureColumn("system"),
        FigureColumn("items", "Sounds that were scored"),
        FigureColumn("Onset F ↑", "F of notes found; higher is better"),
        FigureColumn("MSS ↓", "Multi-scale spectral loss; lower is better"),
        FigureColumn("Timbre target ↑", "Cosine to the target recording; higher is better"),
        FigureColumn("× real time ↓", "Lower is better"),
    ),
    (
        ("embedded", "24", "0.953 ±0.028", "16.912 ±1.310", "0.941 ±0.018", "0.006"),
        ("ground-truth", "24", "0.968 ±0.022", "0.000 ±0.000", "1.000 ±0.000", "–"),
        ("other-performance", "24", "0.041 ±0.031", "17.701 ±0.922", "0.952 ±0.014", "–"),
        ("embedded/wrong-timbre", "24", "0.944 ±0.030", "25.110 ±2.004", "0.611 ±0.061", "0.006"),
        ("sine", "24", "0.971 ±0.024", "27.380 ±2.511", "0.502 ±0.078", "–"),
    ),
    ("± is half the width of the 95 % interval over the items.",),
)


class FakeEvaluations:
    """An :class:`~desktop.services.evaluations.interface.EvaluationService`.

    Attributes:
        asked: what was asked for, in order.
        problem: raised by whatever is asked next and may fail.
    """

    def __init__(self) -> None:
        self._events = EvaluationEvents()
        self.asked: list[tuple[object, ...]] = []
        self.problem: TimbreError | None = None
        done = EvaluationRun(
            "b",
            _HOME / "2026-11-26 18.02 embedded",
            "2026-11-26 18.02 embedded",
            "done",
            "done",
            1.0,
            _SYSTEMS,
            "Onset F 0.953 · Timbre target 0.941",
        )
        self._runs = {
            "c": replace(
                done,
                id="c",
                name="2026-11-27 09.40 embedded",
                state="stopped",
                stage="stopped after 31 sounds",
                headline="",
                can_go_on=True,
            ),
            "b": done,
            "a": replace(
                done,
                id="a",
                name="before-the-change",
                headline="Onset F 0.949 · Timbre target 0.930",
                is_ours=False,
            ),
            "0": replace(
                done,
                id="0",
                name="2026-11-20 11.15 tokensynth",
                state="failed",
                stage="failed",
                headline="",
                error="model bundle tokensynth is not on this machine; pull it",
                can_go_on=True,
            ),
        }

    @property
    def events(self) -> EvaluationEvents:
        """See :class:`EvaluationService`."""
        return self._events

    @property
    def under_way(self) -> int:
        """See :class:`EvaluationService`."""
        return sum(run.state == "running" for run in self._runs.values())

    def get_further(self, run_id: str, done: int, total: int = 120) -> None:
        """A run has scored so many sounds.

        Args:
            run_id: which.
            done, total: sounds; all of them end it.
        """
        run = replace(
            self._runs[run_id],
            stage=f"{done} of {total} sounds, 2 min 05 s left",
            fraction=done / total,
            systems=_SYSTEMS,
        )
        if done == total:
            run = replace(
                run, state="done", stage="done", headline="Onset F 0.953 · Timbre target 0.941"
            )
        self._put(run)

    def choices(self) -> EvaluationChoices:
        """One set and two models."""
        return EvaluationChoices(("embedded-v1",), ("embedded", "tokensynth"))

    def plan(self, request: EvaluationRequest) -> EvaluationPlan:
        """See :class:`EvaluationService`."""
        self._fail_once()
        if not request.models:
            raise UserInputError("choose a model to evaluate")
        items = min(24, request.limit or 24)
        systems = len(request.models) * (1 + request.baselines) + 3 * request.baselines
        known = request.models == ("embedded",)
        return EvaluationPlan(items, items * systems, 0.9 * items * systems if known else None)

    def start(self, request: EvaluationRequest) -> EvaluationRun:
        """See :class:`EvaluationService`."""
        self.asked.append(("start", request))
        self._fail_once()
        name = f"2026-11-27 12.00 {'+'.join(request.models)}"
        run = EvaluationRun(f"new {len(self.asked)}", _HOME / name, name, "running", "starting")
        self._runs = {run.id: run, **self._runs}
        return run

    def go_on(self, run_id: str) -> EvaluationRun:
        """See :class:`EvaluationService`."""
        self.asked.append(("go on", run_id))
        self._fail_once()
        return self._put(replace(self._runs[run_id], state="running", stage="starting", error=""))

    def cancel(self, run_id: str) -> None:
        """See :class:`EvaluationService`."""
        self.asked.append(("cancel", run_id))
        self._put(
            replace(
                self._runs[run_id], state="stopped", stage="stopped after 34 sounds", can_go_on=True
            )
        )

    def runs(self) -> Sequence[EvaluationRun]:
        """As they are now."""
        return list(self._runs.values())

    def add_folder(self, folder: Path) -> EvaluationRun:
        """See :class:`EvaluationService`."""
        self.asked.append(("add", folder))
        self._fail_once()
        run = replace(
            self._runs["b"], id=str(folder), folder=folder, name=folder.name, is_ours=False
        )
        self._runs[run.id] = run
        return run

    def remove(self, run_id: str) -> None:
        """See :class:`EvaluationService`."""
        self.asked.append(("remove", run_id))
        self._fail_once()
        del self._runs[run_id]

    def figures(self, run_id: str) -> FigureTable:
        """The same for all."""
        return _FIGURES

    def report(self, run_id: str, control: TaskControl) -> Path:
        """See :class:`EvaluationService`."""
        self.asked.append(("report", run_id))
        self._fail_once()
        return self._runs[run_id].folder / "report.html"

    def compare(
        self, before: tuple[str, str], after: tuple[str, str], control: TaskControl
    ) -> FigureTable:
        """See :class:`EvaluationService`."""
        self.asked.append(("compare", before, after))
        self._fail_once()
        columns = ("figure", f"before: {before[1]}", f"after: {after[1]}", "difference")
        return FigureTable(
            (*map(FigureColumn, (*columns, "95 % interval", "verdict", "worse items")),),
            (
                ("Onset F ↑", "0.949", "0.953", "+0.004", "-0.006 … +0.014", "no clear difference",
                 "9 of 24, oboe, tuba"),
                ("MSS ↓", "17.803", "16.912", "-0.891", "-1.310 … -0.402", "better",
                 "3 of 24, harp, choir"),
                ("Timbre target ↑", "0.930", "0.941", "+0.011", "+0.004 … +0.019", "better",
                 "6 of 24, marimba"),
            ),
        )  # fmt: skip

    def _put(self, run: EvaluationRun) -> EvaluationRun:
        self._runs[run.id] = run
        self._events.changed.emit(run)
        return run

    def _fail_once(self) -> None:
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem
