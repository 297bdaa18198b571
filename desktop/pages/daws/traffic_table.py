"""A table of what came from DAWs and went to them; double-click or Enter shows the file."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QKeyEvent, QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from desktop.pages.daws.traffic import Traffic, TrafficRow
from desktop.services.jobs_interface import ClipItem, JobService, TakeItem
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.theme.style_sheet import GRID

_CLIPS_LOOKED_AT = 30


class TrafficTable(QTableWidget):
    """See the module's first line.

    Args:
        jobs: clips and renders.
        tasks: the door to threads.
        parent: its widget.

    Attributes:
        failed: an error, an :class:`Exception`.
    """

    failed = pyqtSignal(object)

    def __init__(self, jobs: JobService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self._jobs = jobs
        self._traffic = Traffic()
        self._rows: list[TrafficRow] = []
        self.setAccessibleName(self.tr("Clips of DAWs and their renders"))
        self.setHorizontalHeaderLabels(
            [
                self.tr("Came"),
                self.tr("Clip"),
                self.tr("From"),
                self.tr("Render"),
                self.tr("File"),
            ]
        )
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None  # Qt makes them
        assert columns is not None
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setHighlightSections(False)
        for column, width in enumerate((56, 128, 112, 160)):
            self.setColumnWidth(column, width)
        columns.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        jobs.events.clip_came.connect(self._clip_came)
        jobs.events.take_changed.connect(self._take_changed)
        self.cellActivated.connect(lambda row, _column: self._open(row))
        tasks.run(
            self._recall, self._recalled, failed=self.failed.emit, owner=self, lane=Lane.BACKGROUND
        )

    def _recall(self, _control: TaskControl) -> tuple[list[ClipItem], list[TakeItem]]:
        clips = list(self._jobs.clips())[:_CLIPS_LOOKED_AT]
        return clips, [take for clip in clips for take in self._jobs.takes(clip.id)]

    def _recalled(self, found: tuple[list[ClipItem], list[TakeItem]]) -> None:
        clips, takes = found
        for clip in reversed(clips):
            self._traffic.add_clip(clip)
        for take in takes:
            self._traffic.add_take(take)
        self._show()

    def _clip_came(self, clip: ClipItem) -> None:
        if self._traffic.add_clip(clip):
            self._show()

    def _take_changed(self, take: TakeItem) -> None:
        if self._traffic.add_take(take):
            self._show()

    def _show(self) -> None:
        self._rows = list(self._traffic.rows())
        self.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            what = f"{row.take.preset}: {row.state}" if row.take is not None else row.state
            for column, words in enumerate((row.came, row.clip, row.source, what, row.files)):
                item = self.item(number, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(number, column, item)
                if item.text() != words:
                    item.setText(words)
                    item.setToolTip(words)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Say what to do where nothing came yet."""
        super().paintEvent(event)
        view = self.viewport()
        if self._rows or view is None:
            return
        painter = QPainter(view)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        margin = 2 * GRID
        painter.drawText(
            view.rect().adjusted(margin, margin, -margin, -margin),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            self.tr(
                "Nothing came from a DAW yet. Connect one at the left, turn the bridge on, then "
                "select a MIDI clip in the DAW and run “Timbre Bridge” there."
            ),
        )
        painter.end()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Enter shows the file, on every system."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentRow())
            return
        super().keyPressEvent(event)

    def _open(self, row: int) -> None:
        take = self._rows[row].take if 0 <= row < len(self._rows) else None
        if take is not None and take.files:
            folder: Path = take.files[0].parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
