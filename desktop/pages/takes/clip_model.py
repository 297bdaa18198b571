"""The list of clips: what came, from whom and when."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.services.jobs_interface import TRIP, ClipItem
from desktop.translations.words import translate

CLIP_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_PARENT = QModelIndex()
_SIDE_PX, _LINE_GAP_PX = 8, 2


class ClipModel(QAbstractListModel):
    """Clips, the newest first; each once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clips: list[ClipItem] = []
        self._ids: set[str] = set()

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802
        """As Qt asks."""
        return 0 if parent.isValid() else len(self._clips)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """As Qt asks."""
        if not index.isValid() or index.row() >= len(self._clips):
            return None
        item = self._clips[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.clip.name or self.tr("Untitled")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(
                [f"{item.clip.name or self.tr('Untitled')}: {details(item)}", *item.remarks]
            )
        return item if role == CLIP_ROLE else None

    def set_clips(self, clips: Sequence[ClipItem]) -> None:
        """Show others; those that came meanwhile stay on top."""
        known = {clip.id for clip in clips}
        self.beginResetModel()
        self._clips = [c for c in self._clips if c.id not in known] + list(clips)
        self._ids = {clip.id for clip in self._clips}
        self.endResetModel()

    def put(self, clip: ClipItem) -> None:
        """Show a clip on top, where it also goes if it is there already."""
        row = self.row_of(clip.id)
        if row == 0:
            self._clips[0] = clip
            self.dataChanged.emit(self.index(0), self.index(0))
            return
        if row > 0:
            self.beginMoveRows(_NO_PARENT, row, row, _NO_PARENT, 0)
            del self._clips[row]
            self._clips.insert(0, clip)
            self.endMoveRows()
            return
        self.beginInsertRows(_NO_PARENT, 0, 0)
        self._clips.insert(0, clip)
        self._ids.add(clip.id)
        self.endInsertRows()

    @property
    def newest_row(self) -> int:
        """Where the newest clip is, those of test trips aside; −1 if there is none."""
        rows = (row for row, clip in enumerate(self._clips) if clip.source != TRIP)
        return next(rows, -1)

    def row_of(self, clip_id: str) -> int:
        """Where a clip is; −1 if it is not."""
        if clip_id not in self._ids:  # of thousands that come, nearly all are new
            return -1
        return next(row for row, clip in enumerate(self._clips) if clip.id == clip_id)

    def clip(self, row: int) -> ClipItem | None:
        """The clip of a row; None if there is no such row."""
        return self._clips[row] if 0 <= row < len(self._clips) else None


def details(item: ClipItem, now_s: float | None = None) -> str:
    """Who sent a clip, how much it is, and when it came.

    Args:
        item: the clip.
        now_s: seconds since 1970; None is now.
    """
    count = len(item.clip.notes)
    notes = (
        translate("Takes", "1 note")
        if count == 1
        else translate("Takes", "{count} notes").format(count=count)
    )
    parts = [item.source, f"{item.clip.length_s:.1f} s"]
    if item.came_at:
        now_s = time.time() if now_s is None else now_s
        is_today = time.localtime(now_s)[:3] == time.localtime(item.came_at)[:3]
        form = "%H:%M" if is_today else "%d %b"
        parts.append(time.strftime(form, time.localtime(item.came_at)))
    else:
        parts.append("earlier")
    return " · ".join([*parts, notes])


class ClipDelegate(QStyledItemDelegate):
    """A clip in two lines: its name, and under it what :func:`details` says."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """As Qt asks."""
        item = index.data(CLIP_ROLE)
        if painter is None or not isinstance(item, ClipItem):
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        if selected:
            painter.fillRect(option.rect, option.palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, option.palette.alternateBase())
        bold = QFont(option.font)
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        room = option.rect.adjusted(_SIDE_PX, _SIDE_PX // 2 + 1, -_SIDE_PX, -_SIDE_PX // 2)
        upper = QRect(room.left(), room.top(), room.width(), metrics.height())
        lower = upper.translated(0, metrics.height() + _LINE_GAP_PX)
        colour = option.palette.color(role)
        painter.setPen(colour)
        painter.setFont(bold)
        name = index.data(Qt.ItemDataRole.DisplayRole)
        elide = Qt.TextElideMode.ElideRight
        painter.drawText(upper, 0, metrics.elidedText(name, elide, upper.width()))
        colour.setAlphaF(0.75)
        painter.setPen(colour)
        painter.setFont(option.font)
        small = option.fontMetrics.elidedText(details(item), elide, lower.width())
        painter.drawText(lower, 0, small)

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:  # noqa: N802
        """As Qt asks."""
        height = 2 * option.fontMetrics.height() + _LINE_GAP_PX + _SIDE_PX + 4
        return QSize(120, height)
