"""Takes as rows: play on the left, progress in the middle, a handle to drag on the right."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.pages.takes.icons import icon
from desktop.pages.takes.measured.check_words import NOT_MEASURED
from desktop.pages.takes.measured.columns import DRAG, LEFT, LIKENESS, NOTES, PLAY, PRESET, STAGE
from desktop.pages.takes.take_model import TAKE_ROLE, TakeModel
from desktop.services.jobs_interface import TakeItem

_BAR_PX = 4
_ICON_PX = 18
_STEPS = frozenset(
    {
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    }
)
_SELECTING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class TakeDelegate(QStyledItemDelegate):
    """Paints a bar under what is being done, and icons to play and to drag."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """As Qt asks."""
        option.state &= ~QStyle.StateFlag.State_HasFocus  # rows are chosen, not cells
        super().paint(painter, option, index)
        take = index.data(TAKE_ROLE)
        if painter is None or not isinstance(take, TakeItem):
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.column() == STAGE and take.state == "running":
            _paint_bar(painter, option, take.fraction, selected)
        elif index.column() in (PLAY, DRAG) and take.files:
            role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
            name = "play" if index.column() == PLAY else "drag"
            place = QRect(0, 0, _ICON_PX, _ICON_PX)
            place.moveCenter(option.rect.center())
            icon(name, option.palette, role).paint(painter, place)


def _paint_bar(
    painter: QPainter, option: QStyleOptionViewItem, fraction: float, selected: bool
) -> None:
    whole = QRectF(option.rect.adjusted(4, 0, -8, -2))
    whole.setTop(whole.bottom() - _BAR_PX)
    role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Highlight
    colour = option.palette.color(role)
    ground = QColor(colour)
    ground.setAlphaF(0.25)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(whole, _BAR_PX / 2, _BAR_PX / 2)
    whole.setWidth(max(whole.width() * fraction, _BAR_PX))
    painter.setBrush(colour)
    painter.drawRoundedRect(whole, _BAR_PX / 2, _BAR_PX / 2)
    painter.restore()


class TakeTable(QTableView):
    """Takes; rows with a file can be dragged out.

    Attributes:
        play_asked: a row is to be played: by a double click, or stepped to with an arrow key.
        toggle_asked: a row is to be played, or stopped: its play icon, Space or Enter.
        cancel_asked: the selected rows are to be cancelled: Delete.
    """

    play_asked = pyqtSignal(int)
    toggle_asked = pyqtSignal(int)
    cancel_asked = pyqtSignal()

    def __init__(self, model: TakeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._takes = model
        self.setModel(model)
        self.setItemDelegate(TakeDelegate(self))
        self.setAccessibleName(self.tr("Takes of this clip"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self._click)
        self.doubleClicked.connect(self._double_click)
        self._lay_out()

    def _lay_out(self) -> None:
        rows, heads = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None
        assert heads is not None
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 16)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)
        heads.setMinimumSectionSize(_ICON_PX + 12)
        for column in (PLAY, DRAG):
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, _ICON_PX + 14)
        heads.setSectionResizeMode(PRESET, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(PRESET, 22 * self.fontMetrics().averageCharWidth())
        for column in (NOTES, LIKENESS):
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(
                column, self.fontMetrics().horizontalAdvance(self.tr(NOT_MEASURED)) + 24
            )
        heads.setSortIndicatorClearable(True)
        heads.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        heads.setSectionResizeMode(STAGE, QHeaderView.ResizeMode.Stretch)
        heads.setSectionResizeMode(LEFT, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(LEFT, self.fontMetrics().horizontalAdvance(self.tr("Time left")) + 24)

    def sort_best_first(self) -> None:
        """Sort by all that was measured."""
        heads = self.horizontalHeader()
        if heads is not None:
            heads.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._takes.sort_best_first()

    def selected_takes(self) -> list[TakeItem]:
        """The takes that are selected, from above."""
        chosen = self.selectionModel()
        rows = sorted(index.row() for index in chosen.selectedRows()) if chosen else []
        return [take for row in rows if (take := self._takes.take(row)) is not None]

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None:
            return
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.toggle_asked.emit(row)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cancel_asked.emit()
        else:
            super().keyPressEvent(event)
            stepped = event.key() in _STEPS and not event.modifiers() & _SELECTING
            if stepped and self.currentIndex().row() != row:
                self.play_asked.emit(self.currentIndex().row())

    def _click(self, index: QModelIndex) -> None:
        if index.column() == PLAY:
            self.toggle_asked.emit(index.row())

    def _double_click(self, index: QModelIndex) -> None:
        if index.column() != PLAY:
            self.play_asked.emit(index.row())
