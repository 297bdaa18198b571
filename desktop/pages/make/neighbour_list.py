"""The presets nearest to what is typed: stepped through with the arrow keys, each step heard."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.library.presets import Neighbour
from desktop.theme.style_sheet import GRID

NEIGHBOUR_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_PARENT = QModelIndex()
_BAR = 8 * GRID
_QUIET = 0.75


class NeighbourModel(QAbstractListModel):
    """A few presets with their likeness, the nearest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: tuple[Neighbour, ...] = ()

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802
        """As Qt asks."""
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """As Qt asks."""
        found = self.neighbour(index.row())
        if found is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return found.preset.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.tr("{name}: {summary}, likeness {similarity:.2f}").format(
                name=found.preset.name, summary=found.preset.summary, similarity=found.similarity
            )
        return found if role == NEIGHBOUR_ROLE else None

    def set_found(self, found: Sequence[Neighbour]) -> None:
        """Show others."""
        self.beginResetModel()
        self._found = tuple(found)
        self.endResetModel()

    def neighbour(self, row: int) -> Neighbour | None:
        """Of a row; None if there is no such row."""
        return self._found[row] if 0 <= row < len(self._found) else None


class NeighbourDelegate(QStyledItemDelegate):
    """A name, what it is made of under it, and at the right how near it is."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """As Qt asks."""
        found = index.data(NEIGHBOUR_ROLE)
        if painter is None or not isinstance(found, Neighbour):
            return
        palette = option.palette
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(option.rect, palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.alternateBase())
        role = QPalette.ColorRole.HighlightedText if is_selected else QPalette.ColorRole.Text
        colour = palette.color(role)
        bold = QFont(option.font)
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        room = option.rect.adjusted(GRID, GRID // 2, -GRID, -GRID // 2)
        words = QRect(room.left(), room.top(), room.width() - _BAR - GRID, metrics.height())
        elide = Qt.TextElideMode.ElideRight
        painter.setPen(colour)
        painter.setFont(bold)
        painter.drawText(words, 0, metrics.elidedText(found.preset.name, elide, words.width()))
        bar = QRect(room.right() - _BAR + 1, room.center().y() - GRID // 4, _BAR, GRID // 2)
        track = palette.color(QPalette.ColorRole.Mid)
        painter.fillRect(bar, track)
        bar.setWidth(max(1, round(_BAR * min(1.0, max(0.0, found.similarity)))))
        filled = role if is_selected else QPalette.ColorRole.Highlight
        painter.fillRect(bar, palette.color(filled))
        colour.setAlphaF(_QUIET)
        painter.setPen(colour)
        painter.setFont(option.font)
        lower = words.translated(0, metrics.height() + 2)
        text = option.fontMetrics.elidedText(found.preset.summary, elide, lower.width())
        painter.drawText(lower, 0, text)

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:  # noqa: N802
        """As Qt asks."""
        return QSize(120, 2 * option.fontMetrics.height() + GRID + 4)
