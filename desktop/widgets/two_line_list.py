"""A list whose entries are a name and, under it, how they stand; with a bar while work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.theme.colours import colours_of
from desktop.theme.style_sheet import GRID

_ENTRY = Qt.ItemDataRole.UserRole + 1
_BAR = 3


@dataclass(frozen=True)
class ListEntry:
    """One entry.

    Attributes:
        id: of what it stands for; unique in its list.
        name: the first line.
        state: the second.
        tone: of the second line, a name of :class:`desktop.theme.colours.Colours`.
        fraction: how far work on it is, 0…1; None if none is done.
        mark: at the right of the first line, such as ``default``.
    """

    id: str
    name: str
    state: str
    tone: str = "quiet_text"
    fraction: float | None = None
    mark: str = ""


class TwoLineList(QListView):
    """See the module's first line.

    Args:
        title: for readers of the screen.
        parent: as of any widget.

    Attributes:
        chosen: id of the entry that is current now; empty if none.
    """

    chosen = pyqtSignal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setItemDelegate(_EntryDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        chosen = self.selectionModel()
        assert chosen is not None  # a view with a model has one
        chosen.currentChanged.connect(lambda index: self.chosen.emit(self._id_at(index)))

    @property
    def current(self) -> str:
        """Id of the entry that is current; empty if none is."""
        return self._id_at(self.currentIndex())

    @property
    def entries(self) -> list[ListEntry]:
        """All, in their order."""
        return [self._entry(row) for row in range(self._items.rowCount())]

    def show_entries(self, entries: Sequence[ListEntry]) -> None:
        """Show these; the current one stays current if it is among them, else the first is."""
        before = self.current
        if [entry.id for entry in self.entries] == [entry.id for entry in entries]:
            for row, entry in enumerate(entries):
                self._fill(self._items.item(row), entry)
            return
        self.blockSignals(True)
        self._items.clear()
        for entry in entries:
            item = QStandardItem()
            self._fill(item, entry)
            self._items.appendRow(item)
        self.choose(before) or self.choose(entries[0].id if entries else "")
        self.blockSignals(False)
        self.chosen.emit(self.current)

    def choose(self, id: str) -> bool:
        """Make an entry the current one; whether there is such a one."""
        for row, entry in enumerate(self.entries):
            if entry.id == id:
                self.setCurrentIndex(self._items.index(row, 0))
                return True
        return False

    def _fill(self, item: QStandardItem | None, entry: ListEntry) -> None:
        if item is None or item.data(_ENTRY) == entry:
            return
        item.setText(entry.name)
        item.setData(entry, _ENTRY)
        words = ", ".join(part for part in (entry.name, entry.mark, entry.state) if part)
        item.setData(words, Qt.ItemDataRole.AccessibleTextRole)
        item.setToolTip(f"{entry.name}\n{entry.state}")

    def _entry(self, row: int) -> ListEntry:
        entry = self._items.index(row, 0).data(_ENTRY)
        assert isinstance(entry, ListEntry)  # nothing else is put in
        return entry

    def _id_at(self, index: QModelIndex) -> str:
        entry = index.data(_ENTRY)
        return entry.id if isinstance(entry, ListEntry) else ""


class _EntryDelegate(QStyledItemDelegate):
    """Paints an entry."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """As Qt asks."""
        entry = index.data(_ENTRY)
        if painter is None or not isinstance(entry, ListEntry):
            return
        colours = colours_of(option.palette)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(option.rect, QColor(colours.accent))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(colours.surface))
        bold = QFont(option.font)
        bold.setBold(True)
        high = QFontMetrics(bold).height()
        room = option.rect.adjusted(GRID + GRID // 2, GRID, -GRID - GRID // 2, -GRID)
        upper = QRect(room.left(), room.top(), room.width(), high)
        lower = upper.translated(0, high + GRID // 4)
        on = colours.on_accent if is_selected else ""
        mark_width = option.fontMetrics.horizontalAdvance(entry.mark) + GRID if entry.mark else 0
        painter.setFont(option.font)
        painter.setPen(QColor(on or colours.accent))
        painter.drawText(upper, Qt.AlignmentFlag.AlignRight, entry.mark)
        painter.setFont(bold)
        painter.setPen(QColor(on or colours.text))
        elide = Qt.TextElideMode.ElideRight
        width = upper.width() - mark_width
        painter.drawText(upper, 0, QFontMetrics(bold).elidedText(entry.name, elide, width))
        painter.setFont(option.font)
        painter.setPen(QColor(on or getattr(colours, entry.tone)))
        painter.drawText(lower, 0, option.fontMetrics.elidedText(entry.state, elide, lower.width()))
        if entry.fraction is not None:
            whole = QRect(room.left(), option.rect.bottom() - _BAR - 1, room.width(), _BAR)
            painter.fillRect(whole, QColor(colours.line))
            whole.setWidth(round(whole.width() * entry.fraction))
            painter.fillRect(whole, QColor(on or colours.accent))

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:  # noqa: N802
        """As Qt asks."""
        return QSize(15 * GRID, 2 * option.fontMetrics.height() + 2 * GRID + GRID // 2)
