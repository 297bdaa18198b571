"""The rows of a batch, and the files that are dragged out of them."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, Qt, QUrl

from desktop.pages.batch.group import RenderGroup
from desktop.services.job_words import time_left_words
from desktop.services.jobs_interface import TakeItem

CLIP, PRESET, STATE, LEFT = range(4)
_NO_PARENT = QModelIndex()


class BatchModel(QAbstractTableModel):
    """The renders of one batch, in the order they were asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._group: RenderGroup | None = None
        self._headings = (
            self.tr("Clip"),
            self.tr("Preset"),
            self.tr("Progress"),
            self.tr("Time left"),
        )

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802
        """As Qt asks."""
        return 0 if parent.isValid() or self._group is None else len(self._group.takes)

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802
        """As Qt asks."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """As Qt asks."""
        is_heading = orientation == Qt.Orientation.Horizontal
        is_shown = is_heading and role == Qt.ItemDataRole.DisplayRole
        return self._headings[section] if is_shown else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """As Qt asks."""
        take = self.take(index.row()) if index.isValid() else None
        if take is None or self._group is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = [f"{self._group.name_of(take)}: {_stage(take)}", take.way_out, *take.remarks]
            return "\n".join(line for line in lines if line)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        return {
            CLIP: self._group.clip_name(take),
            PRESET: self.tr("{preset}, take {number}").format(
                preset=take.preset, number=take.seed + 1
            )
            if take.seed
            else take.preset,
            STATE: _stage(take),
            LEFT: time_left_words(take.seconds_left),
        }[index.column()]

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """As Qt asks; a render with files can be dragged out."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        take = self.take(index.row()) if index.isValid() else None
        return flags | Qt.ItemFlag.ItemIsDragEnabled if take and take.files else flags

    def supportedDragActions(self) -> Qt.DropAction:  # noqa: N802
        """As Qt asks; the file stays where it is."""
        return Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:  # noqa: N802
        """As Qt asks."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:  # noqa: N802
        """As Qt asks: the finished files, each once."""
        rows = sorted({index.row() for index in indexes if index.isValid()})
        takes = [take for row in rows if (take := self.take(row)) is not None]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(file)) for take in takes for file in take.files])
        return data

    @property
    def group(self) -> RenderGroup | None:
        """The batch that is shown."""
        return self._group

    def show_group(self, group: RenderGroup | None) -> None:
        """Show another batch."""
        self.beginResetModel()
        self._group = group
        self.endResetModel()

    def changed(self, row: int) -> None:
        """A render of the batch that is shown got further."""
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self._headings) - 1))

    def take(self, row: int) -> TakeItem | None:
        """The render of a row; None if there is no such row."""
        takes = self._group.takes if self._group is not None else []
        return takes[row] if 0 <= row < len(takes) else None


def _stage(take: TakeItem) -> str:
    return f"{take.stage}: {take.error}" if take.error else take.stage
