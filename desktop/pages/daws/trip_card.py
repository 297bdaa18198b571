"""A button that goes the way of a DAW, and what it met."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.services.bridge_interface import BridgeControl, TripStep
from desktop.tasks import Lane, LaneTask, Tasks
from desktop.theme.style_sheet import GRID


class TripCard(QFrame):
    """See the module's first line.

    Args:
        bridge: to try.
        tasks: the door to threads.
        parent: its widget.

    Attributes:
        failed: an error, an :class:`Exception`.
    """

    failed = pyqtSignal(object)

    def __init__(self, bridge: BridgeControl, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._bridge, self._tasks = bridge, tasks
        self._task: LaneTask[Sequence[TripStep]] | None = None
        heading = QLabel(self.tr("Test trip"))
        heading.setProperty("role", "heading")
        self.button = QPushButton()
        self.button.clicked.connect(self.toggle)
        self.words = QLabel()
        self.words.setProperty("role", "quiet")
        self.words.setWordWrap(True)
        self._steps = QGridLayout()
        self._steps.setHorizontalSpacing(GRID)
        self._steps.setColumnStretch(1, 1)
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addLayout(self._steps)
        self._show_state("")
        bridge.events.changed.connect(lambda _state: self._show_state(self._told))

    def toggle(self) -> None:
        """Begin the trip, or give it up."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._show_state(self.tr("given up"))
            return
        self._show_steps(())
        self._task = self._tasks.run(
            self._bridge.test_trip,
            self._gone,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
            staged=self._staged,
        )
        self._show_state(self.tr("starting"))

    def _staged(self, words: str) -> None:
        if self.sender() is self._task:
            self._show_state(words)

    def _gone(self, steps: Sequence[TripStep]) -> None:
        self._task = None
        self._show_steps(steps)
        last = steps[-1]
        self._show_state(
            self.tr("A DAW gets its audio back.") if last.is_ok else self.tr("It ended early.")
        )

    def _fail(self, error: Exception) -> None:
        self._task = None
        self._show_state("")
        self.failed.emit(error)

    def _show_state(self, words: str) -> None:
        self._told = words
        is_on = self._bridge.state.is_on
        self.button.setText(self.tr("Try it") if self._task is None else self.tr("Give up"))
        self.button.setEnabled(is_on or self._task is not None)
        if not words:
            words = (
                self.tr("Sends a small clip as a DAW would, and looks at what comes back.")
                if is_on
                else self.tr("Turn the bridge on to try the way from a DAW and back.")
            )
        self.words.setText(words)

    def _show_steps(self, steps: Sequence[TripStep]) -> None:
        while (item := self._steps.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for line, step in enumerate(steps):
            sign = QLabel("✓" if step.is_ok else "✕")
            sign.setProperty("role", "good" if step.is_ok else "bad")
            sign.setAccessibleName(self.tr("went well") if step.is_ok else self.tr("failed"))
            words = QLabel(f"{step.words}; {step.advice}" if step.advice else step.words)
            words.setWordWrap(True)
            self._steps.addWidget(sign, line, 0)
            self._steps.addWidget(words, line, 1)
