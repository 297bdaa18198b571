"""The rows of a clip's takes, and the files that are dragged out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PyQt6.QtCore import (
    QT_TRANSLATE_NOOP,
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    Qt,
    QUrl,
)
from PyQt6.QtGui import QGuiApplication

from desktop.pages.takes.measured.check_words import (
    NOT_MEASURED,
    check_words,
    figure_words,
    heading_words,
)
from desktop.pages.takes.measured.columns import DRAG, LEFT, LIKENESS, NOTES, PLAY, PRESET, STAGE
from desktop.pages.takes.measured.ranking import TakeKey, best_first, newest_first, sorted_takes
from desktop.services.checks.interface import TakeCheck
from desktop.services.job_words import time_left_words
from desktop.services.jobs_interface import TakeItem
from desktop.translations.words import translate

TAKE_ROLE = Qt.ItemDataRole.UserRole + 1
_HEADINGS = (
    "",
    QT_TRANSLATE_NOOP("Takes", "Preset"),
    QT_TRANSLATE_NOOP("Takes", "Notes F"),
    QT_TRANSLATE_NOOP("Takes", "Likeness *"),
    QT_TRANSLATE_NOOP("Takes", "Progress"),
    QT_TRANSLATE_NOOP("Takes", "Time left"),
    "",
)
_NO_PARENT = QModelIndex()


class TakeModel(QAbstractTableModel):
    """The takes of one clip, the newest first unless another order was asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clip_id = ""
        self._takes: list[TakeItem] = []
        self._checks: dict[int, TakeCheck] = {}
        self._check_words: dict[int, str] = {}  # of those without one
        self._arranged: Callable[[Sequence[TakeItem]], list[TakeItem]] = newest_first

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
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr(_HEADINGS[section]) if _HEADINGS[section] else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            judges = sorted({check.judge for check in self._checks.values() if check.judge})
            return heading_words(section, judges)
        if role == Qt.ItemDataRole.InitialSortOrderRole and section in (NOTES, LIKENESS):
            return Qt.SortOrder.DescendingOrder.value  # the best first
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """As Qt asks."""
        if not index.isValid() or index.row() >= len(self._takes):
            return None
        take, column = self._takes[index.row()], index.column()
        check = self._checks.get(take.id)
        unmeasured = self.check_words_of(take.id) if take.files else ""
        if role == TAKE_ROLE:
            return take
        if role == Qt.ItemDataRole.ToolTipRole:
            if column in (NOTES, LIKENESS):
                return check_words(check) if check is not None else unmeasured
            return take_words(take)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if column in (NOTES, LIKENESS):
                return f"{self.tr(_HEADINGS[column])}: {figure_words(column, check, unmeasured)}"
            return _accessible(take, column)
        if role == Qt.ItemDataRole.ForegroundRole and column in (NOTES, LIKENESS):
            return None if check is not None else QGuiApplication.palette().placeholderText()
        if role == Qt.ItemDataRole.DisplayRole:
            return {
                PRESET: preset_words(take),
                NOTES: figure_words(NOTES, check, unmeasured),
                LIKENESS: figure_words(LIKENESS, check, unmeasured),
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
        """All of them, in the order in which they are shown."""
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
        self._clip_id, self._takes = clip_id, self._arranged(takes)
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
            row = self._arranged([*self._takes, take]).index(take)
            self.beginInsertRows(_NO_PARENT, row, row)
            self._takes.insert(row, take)
            self.endInsertRows()
        elif self._takes[row] != take:
            self._takes[row] = take
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(_HEADINGS) - 1))
            self._arrange()
        return True

    # What was measured, and the order

    def check_of(self, take_id: int) -> TakeCheck | None:
        """What was measured of a take; None if nothing was yet."""
        return self._checks.get(take_id)

    def check_words_of(self, take_id: int) -> str:
        """Of a take that was not measured: what is being done about it, or why it cannot be."""
        return self.tr(self._check_words.get(take_id, NOT_MEASURED))

    def set_check(self, take_id: int, check: TakeCheck | None, words: str = NOT_MEASURED) -> None:
        """A take was measured, or something is to be said about that.

        Args:
            take_id: of any clip.
            check: what was measured; None if nothing was.
            words: in its place, then.
        """
        if check is not None:
            self._checks[take_id] = check
        self._check_words[take_id] = words
        row = self.row_of(take_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row, NOTES), self.index(row, LIKENESS))
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """As Qt asks; a column without an order is as they were asked for."""
        key = self._key_of(column)
        descending = order == Qt.SortOrder.DescendingOrder
        self._arranged = (
            newest_first if key is None else lambda takes: sorted_takes(takes, key, descending)
        )
        self._arrange()

    def sort_best_first(self) -> None:
        """By what was measured; takes go to their places as they are."""
        self._arranged = lambda takes: best_first(takes, self._checks)
        self._arrange()

    def _key_of(self, column: int) -> TakeKey | None:
        def figure(name: str) -> TakeKey:
            return lambda take: getattr(self._checks.get(take.id), name, None)

        keys: dict[int, TakeKey] = {
            PRESET: lambda take: preset_words(take).casefold(),
            NOTES: figure("note_f"),
            LIKENESS: figure("likeness"),
            STAGE: stage_line,
            LEFT: lambda take: take.seconds_left,
        }
        return keys.get(column)

    def _arrange(self) -> None:
        takes = self._arranged(self._takes)
        if takes == self._takes:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self._takes[index.row()].id for index in before]
        self._takes = takes
        after = [
            self.index(self.row_of(take_id), index.column())
            for take_id, index in zip(ids, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

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
    return (
        translate("Takes", "{preset}, take {number}").format(
            preset=take.preset, number=take.seed + 1
        )
        if take.seed
        else take.preset
    )


def stage_line(take: TakeItem) -> str:
    """What is being done, or why it failed."""
    return f"{take.stage}: {take.error}" if take.error else take.stage


def take_words(take: TakeItem) -> str:
    """All there is to say about a take, a line each; what is copied as details."""
    lines = [
        translate("Takes", "{preset}, asked for by {source}: {stage}").format(
            preset=preset_words(take), source=take.source, stage=stage_line(take)
        )
    ]
    if take.way_out:
        lines.append(translate("Takes", "What to do: {way_out}").format(way_out=take.way_out))
    lines += [translate("Takes", "Note: {remark}").format(remark=remark) for remark in take.remarks]
    lines += [str(file) for file in take.files]
    return "\n".join(lines)


def _accessible(take: TakeItem, column: int) -> str:
    if column == PLAY:
        return (
            translate("Takes", "Play {preset}").format(preset=preset_words(take))
            if take.files
            else translate("Takes", "nothing to play yet")
        )
    if column == DRAG:
        return (
            translate("Takes", "Drag the file out")
            if take.files
            else translate("Takes", "no file yet")
        )
    return {PRESET: preset_words(take), STAGE: stage_line(take)}.get(
        column, time_left_words(take.seconds_left)
    )
