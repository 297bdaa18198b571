"""The first page: describe a sound or show one, hear it at once, connect the DAW."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.library.presets import Preset
from core.timbre import AudioTimbre, TextTimbre, Timbre
from desktop.faults import Fault, fault_of
from desktop.pages.naming import name_for_file, name_for_words, with_free_name
from desktop.services.interfaces import DawService, PresetService
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.daw_list import DawList
from desktop.widgets.drop_zone import DropZone

_WIDTH = 84 * GRID
_SOUNDS = "*.wav *.flac *.ogg *.mp3 *.aif *.aiff *.w64 *.rf64 *.caf *.au"


class FirstPage(QScrollArea):
    """See the module's first line.

    Args:
        presets: where what is made goes.
        daws: that may be connected.
        tasks: the one door.
        parent: as of any widget.

    Attributes:
        made: id and name of a preset that wants to be heard.
        status: what is being done, in words; empty when it is over.
        failed: a :class:`Fault`.
        left: the user wants to see the presets.
    """

    made = pyqtSignal(str, str)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)
    left = pyqtSignal()

    def __init__(
        self,
        presets: PresetService,
        daws: DawService,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._presets, self._tasks = presets, tasks
        self._task: LaneTask[Preset] | None = None
        self.field = QLineEdit()
        self.field.setProperty("role", "large")
        self.field.setPlaceholderText(self.tr("warm plucked bass, glassy bell, breathy choir…"))
        self.field.setAccessibleName(self.tr("Describe a sound"))
        self.make = QPushButton(self.tr("Make it"))
        self.make.setProperty("role", "primary")
        self.make.setEnabled(False)
        # As high as the field beside it.
        self.make.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.drop = DropZone(
            self.tr("or show one: drop a recording here, a second or more of it"),
            self.tr("Recordings ({endings});;All files (*)").format(endings=_SOUNDS),
        )
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        self._bar.setAccessibleName(self.tr("How far it is"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.browse = QPushButton(self.tr("See all presets"))
        self.daw_list = DawList(daws, tasks)
        self._lay_out()
        self._show_busy(False)
        self._tell("")
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.make_from_words)
        self.make.clicked.connect(self.make_from_words)
        self.drop.dropped.connect(self.make_from_files)
        self.drop.refused.connect(lambda words: self.failed.emit(Fault(words)))
        self.cancel.clicked.connect(self.stop)
        self.browse.clicked.connect(self.left)
        self.daw_list.failed.connect(self.failed)
        self.setFocusProxy(self.field)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("What should it sound like?"))
        title.setProperty("role", "title")
        title.setWordWrap(True)
        hint = QLabel(
            self.tr("It is played with the phrase at the bottom; drop a .mid there to hear yours.")
        )
        hint.setProperty("role", "quiet")
        hint.setWordWrap(True)
        described = QHBoxLayout()
        described.setSpacing(GRID)
        described.addWidget(self.field, 1)
        described.addWidget(self.make)
        busy = QHBoxLayout()
        busy.setSpacing(GRID)
        busy.addWidget(self._words, 1)
        busy.addWidget(self.cancel)
        connect = QLabel(self.tr("Connect your DAW"))
        connect.setProperty("role", "heading")
        leave = QHBoxLayout()
        leave.addWidget(self.browse)
        leave.addStretch(1)
        inner = QFrame()
        inner.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(GRID)
        column.addWidget(title)
        column.addSpacing(GRID)
        column.addLayout(described)
        column.addWidget(self.drop)
        column.addWidget(hint)
        column.addLayout(busy)
        column.addWidget(self._bar)
        column.addLayout(leave)
        column.addSpacing(2 * GRID)
        column.addWidget(connect)
        column.addWidget(self.daw_list)
        column.addStretch(1)
        outer = QWidget()
        row = QHBoxLayout(outer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inner, 20)
        row.addStretch(1)
        self.setWidget(outer)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    # Making

    def make_from_words(self) -> None:
        """A preset of what was typed."""
        words = self.field.text().strip()
        if words:
            self._make(name_for_words(words), lambda: TextTimbre(words))

    def make_from_files(self, files: Sequence[Path]) -> None:
        """A preset of the first recording; of the others it is said that they were left."""
        first, *others = files
        if others:
            words = self.tr("One recording at a time here: {name} is taken, {count} left out.")
            self.failed.emit(Fault(words.format(name=first.name, count=len(others))))
        self._make(name_for_file(first), lambda: AudioTimbre(first))

    def stop(self) -> None:
        """Do not make it after all."""
        if self._task is not None:
            self._task.cancel()

    def _make(self, name: str, timbre_of: Callable[[], Timbre]) -> None:
        if self._task is not None:
            return

        def work(control: TaskControl) -> Preset:
            timbre = timbre_of()  # reading a file takes time, too
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
        self._show_busy(True)
        self._say(self.tr("making “{name}”").format(name=name))

    def _done(self, preset: Preset) -> None:
        self.field.clear()
        self._tell(self.tr("“{name}” is kept among your presets.").format(name=preset.name))
        self.made.emit(preset.id, preset.name)

    def _fail(self, error: Exception) -> None:
        self._tell("")
        self.failed.emit(fault_of(error))

    def _over(self) -> None:
        was_cancelled = self._task is not None and self._task.is_cancelled
        self._task = None
        self._show_busy(False)
        self.status.emit("")
        if was_cancelled:
            self._tell(self.tr("Cancelled."))

    def _say(self, words: str) -> None:
        self._tell(words)
        self.status.emit(words)

    def _tell(self, words: str) -> None:
        self._words.setText(words)
        self._words.setVisible(bool(words))

    def _progress(self, fraction: float) -> None:
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(1000 * fraction))

    def _show_busy(self, is_busy: bool) -> None:
        self._bar.setRange(0, 0)  # moves until the first progress is told
        self._bar.setVisible(is_busy)
        self.cancel.setVisible(is_busy)
        self.drop.setEnabled(not is_busy)
        self._typed(self.field.text())

    def _typed(self, text: str) -> None:
        self.make.setEnabled(bool(text.strip()) and self._task is None)
