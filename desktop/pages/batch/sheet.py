"""What is shown before a batch begins: its cost, and what the model cannot play."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.batch.pace import RenderPace
from desktop.pages.batch.plan import (
    BatchForecast,
    BatchPlan,
    cost_words,
    forecast,
    limits_of,
    size_words,
)
from desktop.services.jobs_interface import JobService
from desktop.tasks import Lane, LaneTask, Tasks
from desktop.theme.style_sheet import GRID


class BatchSheet(QDialog):
    """See the module's first line. What it looks up may come later than the answer.

    Args:
        plan: what is to be rendered.
        jobs: knows limits and sizes.
        pace: how fast this machine renders.
        tasks: the door to threads.
        parent: the window.

    Attributes:
        go_wanted: the batch may begin.
    """

    go_wanted = pyqtSignal()

    def __init__(
        self,
        plan: BatchPlan,
        jobs: JobService,
        pace: RenderPace,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._plan = plan
        self.setWindowTitle(self.tr("Render a batch"))
        heading = _label(self.tr("Render {}").format(plan.title), "heading")
        cost = cost_words(plan, pace.seconds_per_s)
        if jobs.under_way:
            cost += self.tr("; {} renders are before it").format(jobs.under_way)
        self._cost = _label(cost, "")
        self._size = _label(self.tr("looking how large it is"), "quiet")
        self._state = _label(self.tr("looking what the model cannot play"), "quiet")
        self._limits = QPlainTextEdit()
        self._limits.setReadOnly(True)
        self._limits.setTabChangesFocus(True)
        self._limits.setAccessibleName(self.tr("What the model cannot play of each clip"))
        self._limits.hide()
        self.go = QPushButton(self.tr("Render {}").format(f"{plan.count:,}"))
        self.go.setProperty("role", "primary")
        self.go.setDefault(True)
        self.go.clicked.connect(self._go)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for widget in (heading, self._cost, self._size, self._state):
            column.addWidget(widget)
        column.addWidget(self._limits, 1)
        column.addStretch(0)
        column.addLayout(row)
        self.resize(64 * GRID, 40 * GRID)
        self.go.setFocus()
        tasks.run(lambda _: forecast(plan, jobs), self._show_size, failed=self._fail, owner=self)
        self._looking: LaneTask[list[str]] = tasks.run(
            lambda control: limits_of(plan, jobs, control),
            self._show_limits,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
        )
        self.finished.connect(lambda _code: self._looking.cancel())

    @property
    def words(self) -> str:
        """Everything it says, a line each."""
        texts = [self._cost.text(), self._size.text(), self._state.text()]
        return "\n".join([*texts, self._limits.toPlainText()])

    def _go(self) -> None:
        self.go_wanted.emit()
        self.accept()

    def _show_size(self, found: BatchForecast) -> None:
        words = self.tr("about {} of files").format(size_words(found.size_bytes))
        if found.free_bytes is not None:
            words += self.tr(", {} free").format(size_words(found.free_bytes))
        if not found.fits:
            words += self.tr(": there is no room for it; free some space, or choose fewer")
        self._size.setText(words)
        _give_role(self._size, "quiet" if found.fits else "bad")

    def _show_limits(self, limits: Sequence[str]) -> None:
        if not limits:
            one = len(self._plan.clips) == 1
            self._state.setText(
                self.tr("The model plays everything in this clip.")
                if one
                else self.tr("The model plays everything in these clips.")
            )
            return
        self._state.setText(self.tr("Before you render:"))
        _give_role(self._state, "warning")
        self._limits.setPlainText("\n".join(limits))
        self._limits.show()

    def _fail(self, error: Exception) -> None:
        self._state.setText(" ".join(str(error).split()))
        _give_role(self._state, "bad")


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    return label


def _give_role(label: QLabel, role: str) -> None:
    label.setProperty("role", role)
    style = label.style()
    if style is not None:
        style.polish(label)
