"""Two systems side by side: which figures got better, which worse, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from desktop.services.evaluations.interface import EvaluationRun, EvaluationService, FigureTable
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.figure_table import FigureView


class CompareDialog(QDialog):
    """See the module's first line.

    Args:
        evaluations: compares.
        tasks: the door to threads.
        runs: finished ones, the newest first.
        after: id of the run that is compared with an earlier one.
        parent: over which it opens.

    Attributes:
        report_wanted: id of the run whose page is to be opened.
    """

    report_wanted = pyqtSignal(str)

    def __init__(
        self,
        evaluations: EvaluationService,
        tasks: Tasks,
        runs: Sequence[EvaluationRun],
        after: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare"))
        self.resize(124 * GRID, 60 * GRID)
        self._evaluations, self._tasks = evaluations, tasks
        self._runs = {run.id: run for run in runs}
        others = [run.id for run in runs if run.id != after]
        before = others[0] if others else after
        self.fields = [(QComboBox(), QComboBox()) for _ in range(2)]
        self.table = FigureView(self.tr("Differences"))
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._lay_out()
        for (run_field, system_field), chosen in zip(self.fields, (before, after), strict=True):
            for run in runs:
                run_field.addItem(run.name, run.id)
            run_field.setCurrentIndex(run_field.findData(chosen))
            self._fill_systems(run_field, system_field)
        if before == after and self.fields[0][1].count() > 1:
            self.fields[0][1].setCurrentIndex(1)  # a run with itself says nothing
        for run_field, system_field in self.fields:
            run_field.currentIndexChanged.connect(self._run_changed)
            system_field.currentIndexChanged.connect(self.compare)
        self.compare()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        titles = (self.tr("Before"), self.tr("After"))
        for row, (title, (run_field, system_field)) in enumerate(
            zip(titles, self.fields, strict=True)
        ):
            run_field.setAccessibleName(self.tr("{title}: run").format(title=title))
            system_field.setAccessibleName(self.tr("{title}: system").format(title=title))
            system_field.setMinimumContentsLength(20)
            for column, widget in enumerate((QLabel(title), run_field, system_field)):
                grid.addWidget(widget, row, column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for number, text in enumerate(
            (self.tr("Open the report before"), self.tr("Open the report after"))
        ):
            button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            assert button is not None
            run_field = self.fields[number][0]
            button.clicked.connect(
                lambda _=False, field=run_field: self.report_wanted.emit(field.currentData())
            )
        buttons.rejected.connect(self.reject)
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column_box.setSpacing(GRID)
        column_box.addLayout(grid)
        column_box.addWidget(self.table, 1)
        column_box.addWidget(self._words)
        column_box.addWidget(buttons)

    @property
    def words(self) -> str:
        """What is said under the table."""
        return self._words.text()

    def compare(self) -> None:
        """Compare what is chosen."""
        before, after = (
            (str(run_field.currentData()), str(system_field.currentData()))
            for run_field, system_field in self.fields
        )
        self._say(self.tr("comparing …"), "quiet")
        self._tasks.run(
            lambda control: self._evaluations.compare(before, after, control),
            self._show_table,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
            replaces="evaluation: compare",
        )

    def _show_table(self, table: FigureTable) -> None:
        self.table.show_table(table)
        self.table.show()
        advice = self.tr("↑ more is better, ↓ less is better; of equal items, paired.")
        self._say("\n".join((*table.notes, advice)), "bad" if table.notes else "quiet")

    def _fail(self, error: Exception) -> None:
        self.table.setRowCount(0)
        self._say(str(error), "bad")

    def _say(self, words: str, role: str) -> None:
        self._words.setText(words)
        self._words.setProperty("role", role)
        style = self._words.style()
        if style is not None:  # Qt reads a property again only when told to
            style.unpolish(self._words)
            style.polish(self._words)

    def _run_changed(self) -> None:
        for run_field, system_field in self.fields:
            if run_field is self.sender():
                self._fill_systems(run_field, system_field)
        self.compare()

    def _fill_systems(self, run_field: QComboBox, system_field: QComboBox) -> None:
        kept = system_field.currentData()
        system_field.blockSignals(True)
        system_field.clear()
        for name in self._runs[run_field.currentData()].systems:
            system_field.addItem(name, name)
        system_field.setCurrentIndex(max(0, system_field.findData(kept)))
        system_field.blockSignals(False)
