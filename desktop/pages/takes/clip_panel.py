"""The clips on the left of the page: which came, which one is chosen, and the bridge's switch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QModelIndex, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.takes.bridge_strip import BridgeStrip
from desktop.pages.takes.clip_model import ClipDelegate, ClipModel
from desktop.pages.takes.drops import MIDI_SUFFIXES
from desktop.pages.takes.hints import hint_label
from desktop.services.bridge_interface import BridgeControl
from desktop.services.jobs_interface import TRIP, ClipItem
from desktop.tasks import Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.start_folder import StartFolder

_NO_CLIPS = QT_TRANSLATE_NOOP(
    "Takes", "No clips yet: open a MIDI file, drop one, or send a clip from your DAW."
)


class ClipPanel(QWidget):
    """See the module's first lines.

    Args:
        tasks: the door to threads.
        bridge: its switch; None shows none.
        parent: its widget.

    Attributes:
        clips: those that are shown.
        clip_list: the list of them.
        chosen: another :class:`ClipItem` is.
        selection_changed: more or fewer clips are selected beside it.
        files_wanted: MIDI files were chosen, a list of paths.
        open_button: asks for them.
    """

    chosen = pyqtSignal(object)
    selection_changed = pyqtSignal()
    files_wanted = pyqtSignal(list)

    def __init__(
        self, tasks: Tasks, bridge: BridgeControl | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.clips, self.clip_list = ClipModel(self), QListView()
        self._current: ClipItem | None = None
        self._no_clips = hint_label(self.tr(_NO_CLIPS))
        self._following = QTimer(self)
        self._following.setSingleShot(True)
        self._following.timeout.connect(self._select_newest)
        self.clip_list.setModel(self.clips)
        self.clip_list.setItemDelegate(ClipDelegate(self.clip_list))
        self.clip_list.setAccessibleName(self.tr("Clips"))
        self.clip_list.setMouseTracking(True)
        self.clip_list.setUniformItemSizes(True)
        self.clip_list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.clip_list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._folder = StartFolder()
        self.open_button = QPushButton(self.tr("Open MIDI files…"))
        self.open_button.clicked.connect(self._choose_files)
        foot = QVBoxLayout()
        foot.setContentsMargins(GRID, GRID, GRID, 0 if bridge is not None else GRID)
        foot.addWidget(self.open_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._no_clips, 1)
        column.addWidget(self.clip_list, 1)
        column.addLayout(foot)
        if bridge is not None:
            column.addWidget(BridgeStrip(bridge, tasks))
        chosen = self.clip_list.selectionModel()
        assert chosen is not None
        chosen.currentChanged.connect(self._choose)
        chosen.selectionChanged.connect(lambda *_changed: self.selection_changed.emit())
        self.clips.modelReset.connect(self._show_emptiness)
        self.clips.rowsInserted.connect(self._show_emptiness)
        self._show_emptiness()

    @property
    def current(self) -> ClipItem | None:
        """The clip that is chosen."""
        return self._current

    @property
    def selected(self) -> list[ClipItem]:
        """The clips that are selected, from above."""
        chosen = self.clip_list.selectionModel()
        rows = sorted(index.row() for index in chosen.selectedRows()) if chosen else []
        return [clip for row in rows if (clip := self.clips.clip(row)) is not None]

    def show_clips(self, clips: Sequence[ClipItem]) -> None:
        """Show clips, the newest first, and choose that one."""
        self.clips.set_clips(clips)
        self._select_newest()

    def add_clip(self, clip: ClipItem) -> None:
        """Show a clip that came."""
        # Who looks at the newest clip goes on to look at the newest one.
        row = self.clip_list.currentIndex().row()
        follows = self._following.isActive() or row <= max(0, self.clips.newest_row)
        self.clips.put(clip)
        if follows and clip.source != TRIP and not self._following.isActive():
            self._following.start()  # of many that come at once, the last is shown

    def select(self, row: int) -> None:
        """Choose the clip of a row."""
        index = self.clips.index(row)
        self.clip_list.setCurrentIndex(index)
        self.clip_list.scrollTo(index)
        self._choose(index)

    def _select_newest(self) -> None:
        """Choose the newest clip that is somebody's."""
        if self.clips.newest_row >= 0:
            self.select(self.clips.newest_row)

    def name_of(self, clip_id: str) -> str:
        """What a clip is called."""
        clip = self.clips.clip(self.clips.row_of(clip_id))
        return clip.clip.name if clip is not None else self.tr("a clip")

    def _choose_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(MIDI_SUFFIXES))
        title, kinds = (
            self.tr("Open MIDI files"),
            self.tr("MIDI ({patterns})").format(patterns=patterns),
        )
        names, _ = QFileDialog.getOpenFileNames(self, title, self._folder.path, kinds)
        if names:
            self._folder.chosen(names[-1])
            self.files_wanted.emit([Path(name) for name in names])

    def _choose(self, index: QModelIndex, _before: QModelIndex | None = None) -> None:
        clip = self.clips.clip(index.row())
        if clip is None or (self._current is not None and clip.id == self._current.id):
            return
        self._current = clip
        self.chosen.emit(clip)

    def _show_emptiness(self, *_changed: object) -> None:
        has_clips = bool(self.clips.rowCount())
        self.clip_list.setVisible(has_clips)
        self._no_clips.setVisible(not has_clips)
