"""The Evaluation page: runs on the left; what starts one, and the one that is chosen, right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from desktop.commands import Commands
from desktop.faults import fault_of
from desktop.pages.evaluation.compare_dialog import CompareDialog
from desktop.pages.evaluation.new_run import NewRun
from desktop.pages.evaluation.run_details import RunDetails
from desktop.services.evaluations.interface import (
    EvaluationRequest,
    EvaluationRun,
    EvaluationService,
    FigureTable,
)
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.two_line_list import ListEntry, TwoLineList

_Result = TypeVar("_Result")

_TONES = {"running": "accent", "stopped": "warning", "failed": "bad", "done": "quiet_text"}


class EvaluationPage(QWidget):
    """See the module's first line.

    Args:
        evaluations: the runs.
        tasks: the door to threads.
        parent: as of any widget.

    Attributes:
        status: one line on what is going on; empty when nothing is.
        failed: a :class:`desktop.faults.Fault`.
    """

    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self, evaluations: EvaluationService, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._evaluations, self._tasks = evaluations, tasks
        self._runs: dict[str, EvaluationRun] = {}
        self.list, self.details = TwoLineList(self.tr("Evaluations")), RunDetails()
        self.new_run = NewRun(evaluations, tasks)
        self.add_button = QPushButton(self.tr("Add a folder…"))
        self.add_button.setToolTip(self.tr("Of a run that the command line made"))
        self._lay_out()
        self.list.chosen.connect(lambda _: self._show_chosen())
        self.details.asked.connect(self.ask)
        self.new_run.start_wanted.connect(self.start)
        self.add_button.clicked.connect(self._choose_folder)
        evaluations.events.changed.connect(self._take)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.list, 1)
        below = QHBoxLayout()
        below.setContentsMargins(GRID, 0, GRID, 0)
        below.addWidget(self.add_button, 1)
        column.addLayout(below)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.new_run)
        line = QFrame()
        line.setProperty("role", "status")  # its upper edge
        line.setFixedHeight(1)
        column.addWidget(line)
        column.addWidget(self.details, 1)
        whole = QSplitter()
        whole.addWidget(left)
        scroll = QScrollArea()  # so that a narrow or low window is no narrower or lower for it
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(right)
        whole.addWidget(scroll)
        whole.setStretchFactor(1, 1)
        whole.setSizes([34 * GRID, 86 * GRID])
        whole.setChildrenCollapsible(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(whole)

    # What others ask

    def add_commands(self, commands: Commands) -> None:
        """Offer what can be done by name."""
        section = self.tr("Evaluation")
        commands.add(
            "evaluation.start",
            self.tr("Start an evaluation"),
            lambda: self.start(self.new_run.request),
            section=section,
            why_not=lambda: self.new_run.why_not,
        )
        for name, title in (
            ("report", self.tr("Open the evaluation's report")),
            ("folder", self.tr("Open the evaluation's folder")),
            ("compare", self.tr("Compare evaluations")),
            ("go on", self.tr("Go on with the evaluation")),
            ("cancel", self.tr("Stop the evaluation")),
            ("remove", self.tr("Delete the evaluation")),
        ):
            commands.add(
                f"evaluation.{name.replace(' ', '_')}",
                title,
                partial(self.ask, name),
                section=section,
                why_not=partial(self.details.why_not, name),
            )
        commands.add(
            "evaluation.add",
            self.tr("Add an evaluation's folder"),
            self._choose_folder,
            section=section,
        )

    def refresh(self) -> None:
        """Look again what was run, and what can be."""
        self._run(lambda _: self._evaluations.runs(), self._show_runs, replaces="evaluation: runs")
        self._run(
            lambda _: self._evaluations.choices(),
            self.new_run.show_choices,
            replaces="evaluation: choices",
        )

    def showEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Nothing is looked for before it is seen, and a model may have come since then."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def start(self, request: EvaluationRequest) -> None:
        """Begin a run."""
        self.new_run.show_busy(True)  # a second press would come before the first was seen
        self._run(
            lambda _: self._evaluations.start(request), self._take_new, failed=self._fail_start
        )

    def add_folder(self, folder: Path) -> None:
        """Show a run that was made elsewhere."""
        self._run(lambda _: self._evaluations.add_folder(folder), self._take_new)

    def ask(self, name: str) -> None:
        """Have something done with the run that is chosen.

        Args:
            name: as :attr:`RunDetails.asked` says it.
        """
        run = self.details.run
        if run is None:
            return
        if name == "report":
            self._open_report(run.id)
        elif name == "folder":
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.folder)))
        elif name == "compare":
            done = [each for each in self._runs.values() if each.state == "done"]
            dialog = CompareDialog(self._evaluations, self._tasks, done, run.id, self)
            dialog.report_wanted.connect(self._open_report)
            _open(dialog)
        elif name == "go on":
            self.new_run.show_busy(True)
            self._run(
                lambda _: self._evaluations.go_on(run.id), self._take_new, failed=self._fail_start
            )
        elif name == "cancel":
            # Not behind files that are imported: who presses Stop wants it now.
            self._run(lambda _: self._evaluations.cancel(run.id), lane=Lane.LIBRARY)
        elif name == "remove":
            self._ask_to_remove(run)

    # What comes

    def _show_runs(self, runs: Sequence[EvaluationRun]) -> None:
        self._runs = {run.id: run for run in runs}
        self._show()

    def _take_new(self, run: EvaluationRun) -> None:
        # It may have got further since it was made here.
        run = self._runs.get(run.id, run) if run.state == "running" else run
        self._runs = {run.id: run, **self._runs}
        self._runs[run.id] = run
        self._show()
        self.list.choose(run.id)
        self.refresh()

    def _take(self, run: EvaluationRun) -> None:
        before = self._runs.get(run.id)
        self._runs = self._runs if before is not None else {run.id: run, **self._runs}
        self._runs[run.id] = run
        if run.state == "running":
            self.status.emit(self.tr("evaluating: {words}").format(words=run.stage))
        elif before is None or before.state != run.state:
            words = f"{run.name}: {run.headline or run.stage}"
            self.status.emit(words)
            if run.error:
                self.failed.emit(fault_of(_failure(run)))
        self._show()
        if run.id == self.list.current and run.state == "done":
            self._load_figures(run.id)

    def _show(self) -> None:
        is_busy = any(run.state == "running" for run in self._runs.values())
        self.new_run.show_busy(is_busy)
        entries = [self._entry(run) for run in self._runs.values()]
        is_same = [entry.id for entry in self.list.entries] == [entry.id for entry in entries]
        self.list.show_entries(entries)
        if is_same:
            self.details.show_run(self._runs.get(self.list.current))

    def _entry(self, run: EvaluationRun) -> ListEntry:
        fraction = run.fraction if run.state == "running" else None
        state = run.headline or run.stage
        return ListEntry(run.id, run.name, state, _TONES[run.state], fraction)

    def _show_chosen(self) -> None:
        run = self._runs.get(self.list.current)
        self.details.show_run(run)
        if run is not None and run.state == "done":
            self._load_figures(run.id)

    def _load_figures(self, run_id: str) -> None:
        def show(table: FigureTable) -> None:
            shown = self.details.run
            if shown is not None and shown.id == run_id and shown.state == "done":
                self.details.show_figures(table)

        self._run(lambda _: self._evaluations.figures(run_id), show, replaces="evaluation: figures")

    def _open_report(self, run_id: str) -> None:
        self._run(
            lambda control: self._evaluations.report(run_id, control),
            lambda page: QDesktopServices.openUrl(QUrl.fromLocalFile(str(page))),
        )

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Add a run"))
        if name:
            self.add_folder(Path(name))

    def _ask_to_remove(self, run: EvaluationRun) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(self.tr("Delete an evaluation"))
        if run.is_ours:
            box.setText(self.tr("Delete {name}, its sounds and figures?").format(name=run.name))
        else:
            box.setText(self.tr("Take {name} off the list?").format(name=run.name))
        box.setInformativeText(
            str(run.folder)
            if run.is_ours
            else self.tr("Its folder stays: {folder}").format(folder=run.folder)
        )
        remove = box.addButton(
            self.tr("Delete") if run.is_ours else self.tr("Take off"),
            QMessageBox.ButtonRole.DestructiveRole,
        )
        keep = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)

        def answered(_: int) -> None:
            if box.clickedButton() is remove:
                self._run(
                    lambda _: self._evaluations.remove(run.id), lambda _: self._forget(run.id)
                )

        box.finished.connect(answered)
        _open(box)

    def _forget(self, run_id: str) -> None:
        self._runs.pop(run_id, None)
        self._show()

    def _fail_start(self, error: Exception) -> None:
        self.failed.emit(fault_of(error))
        self._show()

    def _run(
        self,
        work: Callable[[TaskControl], _Result],
        then: Callable[[_Result], object] | None = None,
        *,
        failed: Callable[[Exception], object] | None = None,
        replaces: str = "",
        lane: Lane = Lane.FILES,
    ) -> None:
        self._tasks.run(
            work,
            then,
            failed=failed or (lambda error: self.failed.emit(fault_of(error))),
            lane=lane,
            owner=self,
            replaces=replaces,
        )


def _failure(run: EvaluationRun) -> Exception:
    from core.errors import TimbreError

    return TimbreError(f"{run.name}: {run.error}")


def _open(dialog: QDialog) -> None:
    """Show a dialog that is gone when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
