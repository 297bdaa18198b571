"""The rows of a clip's takes, and the files that are dragged out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PyQt6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    Qt,
    QUrl,
)

from desktop.services.job_words import time_left_words
from desktop.services.jobs_interface import TakeItem

TAKE_ROLE = Qt.ItemDataRole.UserRole + 1
PLAY, PRESET, STAGE, LEFT, DRAG = range(5)
_HEADINGS = ("", "Preset", "Progress", "Time left", "")
_NO_PARENT = QModelIndex()


class TakeModel(QAbstractTableModel):
    """The takes of one clip, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clip_id = ""
        self._takes: list[TakeItem] = []

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802
        """As Qt asks."""
        return 0 if parent.isValid() else len(self._takes)

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802
        """As Qt asks."""
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """As Qt asks."""
        is_heading = orientation == Qt.Orientation.Horizontal
        return _HEADINGS[section] if is_heading and role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """As Qt asks."""
        if not index.isValid() or index.row() >= len(self._takes):
            return None
        take, column = self._takes[index.row()], index.column()
        if role == TAKE_ROLE:
            return take
        if role == Qt.ItemDataRole.ToolTipRole:
            return take_words(take)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _accessible(take, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return {
                PRESET: preset_words(take),
                STAGE: stage_line(take),
                LEFT: time_left_words(take.seconds_left),
            }.get(column, "")
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """As Qt asks; a take with files can be dragged out."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        take = self.take(index.row()) if index.isValid() else None
        return flags | Qt.ItemFlag.ItemIsDragEnabled if take and take.files else flags

    # Dragging out

    def supportedDragActions(self) -> Qt.DropAction:  # noqa: N802
        """As Qt asks; the file stays where it is, whatever the DAW does."""
        return Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:  # noqa: N802
        """As Qt asks."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:  # noqa: N802
        """As Qt asks: the finished files, each once."""
        rows = sorted({index.row() for index in indexes if index.isValid()})
        files = [file for row in rows for file in self._takes[row].files]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
        return data

    # Takes

    @property
    def clip_id(self) -> str:
        """Whose takes these are."""
        return self._clip_id

    @property
    def takes(self) -> Sequence[TakeItem]:
        """All of them, the newest first."""
        return tuple(self._takes)

    def set_takes(self, clip_id: str, takes: Sequence[TakeItem]) -> None:
        """Show takes.

        Args:
            clip_id: whose they are.
            takes: the newest first; of the clip that is shown, those that are missing stay.
        """
        if clip_id == self._clip_id:
            # The list was read a moment ago: what was said since is newer, and stays.
            for take in takes:
                known = self.take(self.row_of(take.id))
                if known is None or take.is_over or not known.is_over:
                    self.put(take)
            return
        self.beginResetModel()
        self._clip_id, self._takes = clip_id, list(takes)
        self.endResetModel()

    def put(self, take: TakeItem) -> bool:
        """A take of this clip is new, or got further; others are ignored.

        Returns:
            Whether it is one of this clip's.
        """
        if take.clip_id != self._clip_id:
            return False
        row = self.row_of(take.id)
        if row < 0:
            row = sum(other.id > take.id for other in self._takes)
            self.beginInsertRows(_NO_PARENT, row, row)
            self._takes.insert(row, take)
            self.endInsertRows()
        elif self._takes[row] != take:
            self._takes[row] = take
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(_HEADINGS) - 1))
        return True

    def row_of(self, take_id: int) -> int:
        """Where a take is; −1 if it is not."""
        return next((row for row, take in enumerate(self._takes) if take.id == take_id), -1)

    def take(self, row: int) -> TakeItem | None:
        """The take of a row; None if there is no such row."""
        return self._takes[row] if 0 <= row < len(self._takes) else None

    def next_seed(self, preset: str) -> int:
        """The first seed that no take of this preset has."""
        name = preset.casefold()
        used = {take.seed for take in self._takes if take.preset.casefold() == name}
        return max(used, default=-1) + 1


def preset_words(take: TakeItem) -> str:
    """The preset, and which of its takes it is."""
    return f"{take.preset}, take {take.seed + 1}" if take.seed else take.preset


def stage_line(take: TakeItem) -> str:
    """What is being done, or why it failed."""
    return f"{take.stage}: {take.error}" if take.error else take.stage


def take_words(take: TakeItem) -> str:
    """All there is to say about a take, a line each; what is copied as details."""
    lines = [f"{preset_words(take)}, asked for by {take.source}: {stage_line(take)}"]
    if take.way_out:
        lines.append(f"What to do: {take.way_out}")
    lines += [f"Note: {remark}" for remark in take.remarks]
    lines += [str(file) for file in take.files]
    return "\n".join(lines)


def _accessible(take: TakeItem, column: int) -> str:
    if column == PLAY:
        return f"Play {preset_words(take)}" if take.files else "nothing to play yet"
    if column == DRAG:
        return "Drag the file out" if take.files else "no file yet"
    return {PRESET: preset_words(take), STAGE: stage_line(take)}.get(
        column, time_left_words(take.seconds_left)
    )
