"""What is done with a timbre that is no preset yet: hear it, name it, keep it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.library.presets import MAX_NAME_CHARACTERS, Preset
from core.timbre import Timbre
from desktop.faults import fault_of
from desktop.pages.naming import with_free_name
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from desktop.theme.style_sheet import GRID

MakeTimbre = Callable[[TaskControl], Timbre]
"""Gives the timbre; slow."""


class KeepBar(QWidget):
    """See the module's first line.

    Args:
        presets: where it is kept.
        tasks: the one door.
        parent: as of any widget.

    Attributes:
        made: id and name of a preset that wants to be heard.
        hear_wanted: a timbre to hear before it is kept, and its name.
        status: what is being done, in words; empty when it is over.
        failed: a :class:`desktop.faults.Fault`.
    """

    made = pyqtSignal(str, str)
    hear_wanted = pyqtSignal(object, str)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(self, presets: PresetService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets, self._tasks = presets, tasks
        self._make: MakeTimbre | None = None
        self._task: LaneTask[Preset] | None = None
        self.hear_button = QPushButton(self.tr("Hear it"))
        self.hear_button.setToolTip(self.tr("Hear it with the clip below, before it is kept"))
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the preset"))
        self.name.setPlaceholderText(self.tr("Name of the preset"))
        self.name.setMaxLength(MAX_NAME_CHARACTERS)
        self.keep_button = QPushButton(self.tr("Keep as preset"))
        self.keep_button.setProperty("role", "primary")
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAccessibleName(self.tr("How keeping it stands"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(12 * GRID, GRID // 2)
        self.bar.setAccessibleName(self.tr("How far it is"))
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.hear_button)
        row.addWidget(self.name, 1)
        row.addWidget(self.keep_button)
        below = QHBoxLayout()
        below.setSpacing(GRID)
        below.addWidget(self.words, 1)
        below.addWidget(self.bar)
        below.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addLayout(below)
        self.hear_button.clicked.connect(self.hear)
        self.keep_button.clicked.connect(self.keep)
        self.name.returnPressed.connect(self.keep)
        self.name.textChanged.connect(self._show_state)
        self.cancel_button.clicked.connect(self.stop)
        self._tell("")
        self._show_state()

    @property
    def is_busy(self) -> bool:
        """Whether a preset is being made."""
        return self._task is not None

    def set_source(self, make: MakeTimbre | None, name: str) -> None:
        """Say what is to be heard and kept.

        Args:
            make: gives the timbre; None for nothing.
            name: that is proposed; one that the user wrote stays.
        """
        self._make = make
        if not self.name.isModified() or not self.name.text().strip():
            self.name.setText(name)
        if self._task is None:
            self._tell("")
        self._show_state()

    def move_source(self, make: MakeTimbre) -> None:
        """The same sound comes from elsewhere now; what is said of it stays.

        Args:
            make: gives the timbre.
        """
        self._make = make

    def rename(self, name: str) -> None:
        """Propose a name for something else, whatever the user wrote for what was before."""
        self.name.setText(name)  # Qt forgets by this that it was modified

    def hear(self) -> None:
        """Have it heard as it is now."""
        make = self._make
        if make is None:
            return
        name = self.name.text().strip()
        self._tasks.run(
            make,
            lambda timbre: self.hear_wanted.emit(timbre, name),
            failed=self._fail,
            lane=Lane.AUDITION,
            owner=self,
            replaces="make: hear",
        )

    def keep(self) -> None:
        """Keep it under its name, or the name with a number if that is taken."""
        make, name = self._make, " ".join(self.name.text().split())
        if make is None or not name or self._task is not None:
            return

        def work(control: TaskControl) -> Preset:
            timbre = make(control)
            return with_free_name(name, lambda free: self._presets.add(free, timbre, control))

        self._task = self._tasks.run(
            work,
            self._done,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
            staged=self._say,
            progressed=self._progress,
        )
        self._task.finished.connect(self._over)
        self.bar.setRange(0, 0)  # moves until the first progress is told
        self._say(self.tr("making “{name}”").format(name=name))
        self._show_state()

    def stop(self) -> None:
        """Do not keep it after all."""
        if self._task is not None:
            self._task.cancel()

    def _done(self, preset: Preset) -> None:
        self._tell(self.tr("“{name}” is kept among your presets.").format(name=preset.name))
        self.made.emit(preset.id, preset.name)

    def _fail(self, error: Exception) -> None:
        self._tell("")
        self.failed.emit(fault_of(error))

    def _over(self) -> None:
        was_cancelled = self._task is not None and self._task.is_cancelled
        self._task = None
        self.status.emit("")
        if was_cancelled:
            self._tell(self.tr("Cancelled."))
        self._show_state()

    def _say(self, words: str) -> None:
        self._tell(words)
        self.status.emit(words)

    def _tell(self, words: str) -> None:
        self.words.setText(words)

    def _progress(self, fraction: float) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * fraction))

    def _show_state(self) -> None:
        is_busy, can = self.is_busy, self._make is not None
        # Rooms that stay: what is below does not jump when something begins.
        for widget in (self.bar, self.cancel_button):
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.setVisible(is_busy)
        self.hear_button.setEnabled(can)
        self.name.setEnabled(can)
        can_keep = can and not is_busy and bool(self.name.text().strip())
        if not can_keep and self.keep_button.hasFocus():
            self.name.setFocus()  # Qt would pass it on to whatever comes next in the window
        self.keep_button.setEnabled(can_keep)
