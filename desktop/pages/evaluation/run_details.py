"""One run: how it stands, its figures, and what can be done with it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop.services.evaluations.interface import EvaluationRun, FigureTable
from desktop.theme.style_sheet import GRID
from desktop.widgets.figure_table import FigureView

_ACTS = ("report", "folder", "compare", "go on", "cancel", "remove")


class RunDetails(QWidget):
    """See the module's first line.

    Attributes:
        asked: ``report``, ``folder``, ``compare``, ``go on``, ``cancel`` or ``remove``.
    """

    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: EvaluationRun | None = None
        self._title, self._state, self._error = QLabel(), QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._state.setProperty("role", "quiet")
        self._state.setAccessibleName(self.tr("How it stands"))
        self._error.setProperty("role", "bad")
        self._error.setAccessibleName(self.tr("What went wrong"))
        self._notes = QLabel()
        self._notes.setProperty("role", "quiet")
        for label in (self._title, self._state, self._error, self._notes):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        self._bar.setAccessibleName(self.tr("How far it is"))
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing below moves when it comes and goes
        self._bar.setSizePolicy(policy)
        self.table = FigureView(self.tr("Headline figures"))
        self.table.setMinimumHeight(16 * GRID)
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self.show_run(None)

    def _lay_out(self) -> None:
        acts = QHBoxLayout()
        acts.setSpacing(GRID)
        for name, text, tip in (
            ("report", self.tr("Open report"), self.tr("Tables, sounds and piano rolls")),
            ("folder", self.tr("Open folder"), self.tr("Show the files")),
            ("compare", self.tr("Compare…"), self.tr("With another run, or another system of it")),
            ("go on", self.tr("Go on"), self.tr("Do what is missing")),
            ("cancel", self.tr("Stop"), self.tr("What is done is kept")),
            ("remove", self.tr("Delete…"), self.tr("Its sounds and figures")),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            self.buttons[name] = button
            acts.addWidget(button)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._title)
        column.addWidget(self._state)
        column.addWidget(self._bar)
        column.addLayout(acts)
        column.addWidget(self._error)
        column.addWidget(self.table, 1)
        column.addWidget(self._notes)
        column.addStretch(0)

    @property
    def run(self) -> EvaluationRun | None:
        """The run that is shown."""
        return self._run

    @property
    def words(self) -> str:
        """What is said of it."""
        labels = (self._title, self._state, self._error)
        return "\n".join(label.text() for label in labels if label.text())

    def show_run(self, run: EvaluationRun | None) -> None:
        """Show a run as it stands; None says that there is none."""
        self._run = run
        if run is None:
            self._title.setText(self.tr("No evaluation yet"))
            self._state.setText(
                self.tr(
                    "Start one above, or add the folder of one that the command line made. It "
                    "says how well a model plays: notes, timbre, pitch, speed."
                )
            )
        else:
            self._title.setText(run.name)
            self._state.setText(run.stage if run.state != "done" else run.headline)
        is_running = run is not None and run.state == "running"
        is_done = run is not None and run.state == "done"
        self._error.setText("" if run is None else run.error)
        self._error.setVisible(bool(self._error.text()))
        self._bar.setVisible(is_running)
        self._bar.setValue(0 if run is None else round(1000 * run.fraction))
        able = {
            "report": is_done,
            "folder": run is not None,
            "compare": is_done,
            "go on": run is not None and run.can_go_on and not is_running,
            "cancel": is_running,
            "remove": run is not None and not is_running,
        }
        for name in _ACTS:
            self.buttons[name].setEnabled(able[name])
            self.buttons[name].setVisible(run is not None)
        remove = self.tr("Delete…") if run is None or run.is_ours else self.tr("Take off the list")
        self.buttons["remove"].setText(remove)
        if not is_done:
            self.show_figures(None)

    def show_figures(self, table: FigureTable | None) -> None:
        """Show the figures; None while there are none."""
        self.table.setVisible(table is not None)
        self._notes.setVisible(table is not None)
        if table is not None:
            self.table.show_table(table)
            self._notes.setText("\n".join(table.notes))

    def why_not(self, name: str) -> str:
        """Why something cannot be done with the run; empty if it can.

        Args:
            name: as :attr:`asked` says it.
        """
        if self._run is None:
            return self.tr("there is no evaluation yet")
        if self.buttons[name].isEnabled():
            return ""
        return self.tr("it is {state}").format(state=self._run.stage)
