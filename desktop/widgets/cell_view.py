"""A view of very long lists, as rows or as a grid, whose layout costs the same for any length.

Qt's own list view visits every row when a list changes: 170 ms for 100,000. Here all cells
have one size, so a row's place is a multiplication.
"""

from __future__ import annotations

from PyQt6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)


class CellView(QAbstractItemView):
    """Rows of one height, or cells of one size that fill the width.

    Attributes:
        typed: a character that is to begin a search.
        pressed_in_cell: an index and where in its cell (x, y), before it would be selected;
            whoever takes the press calls :meth:`take_press`.
        stepped: an index that the user, not the program, made the current one.
        drag_began: the user drags what is selected.
    """

    typed = pyqtSignal(str)
    pressed_in_cell = pyqtSignal(QModelIndex, QRect, QPoint)
    stepped = pyqtSignal(QModelIndex)
    drag_began = pyqtSignal()

    KEYS = "fF0123456789 ?"
    """Characters that are keys of whoever shows the list, and begin no search."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = QSize(0, 48)
        self._hovered = QModelIndex()
        self._press_is_taken = False
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustIgnored)
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)

    def set_cell(self, size: QSize) -> None:
        """Show cells of a size; a width of 0 is that of the view, one cell in a row."""
        self._cell = size
        self.updateGeometries()
        self.viewport_().update()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def take_press(self) -> None:
        """What was pressed is dealt with: nothing is selected by it."""
        self._press_is_taken = True

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return 1 if not self._cell.width() else max(1, self._width // self._cell.width())

    @property
    def rows_shown(self) -> range:
        """Numbers of the items in view."""
        top = self.verticalOffset() // self._cell.height()
        bottom = (self.verticalOffset() + self.viewport_().height()) // self._cell.height()
        return range(top * self.columns, min((bottom + 1) * self.columns, self._count))

    def viewport_(self) -> QWidget:
        """The viewport, which every view has."""
        viewport = self.viewport()
        assert viewport is not None  # for the type only
        return viewport

    # What QAbstractItemView asks of a view.

    def visualRect(self, index: QModelIndex) -> QRect:  # noqa: N802
        """See :class:`QAbstractItemView`, as all that follow."""
        if not index.isValid():
            return QRect()
        row, column = divmod(index.row(), self.columns)
        left = column * self._width // self.columns
        right = (column + 1) * self._width // self.columns
        top = row * self._cell.height() - self.verticalOffset()
        return QRect(left, top, right - left, self._cell.height())

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802
        row = (point.y() + self.verticalOffset()) // self._cell.height()
        column = min(point.x() * self.columns // max(1, self._width), self.columns - 1)
        return self._index(row * self.columns + column)

    def scrollTo(  # noqa: N802
        self,
        index: QModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        rect, bar = self.visualRect(index), self.verticalScrollBar()
        height = self.viewport_().height()
        if bar is None or not index.isValid():
            return
        if hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.top() < 0 or rect.height() > height:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() >= height:
            bar.setValue(bar.value() + rect.bottom() + 1 - height)

    def moveCursor(  # noqa: N802
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        if not self._count:
            return QModelIndex()
        actions = QAbstractItemView.CursorAction
        current = self.currentIndex().row()
        page = max(1, self.viewport_().height() // self._cell.height()) * self.columns
        steps = {
            actions.MoveUp: -self.columns, actions.MoveDown: self.columns,
            actions.MoveLeft: -1, actions.MovePrevious: -1,
            actions.MoveRight: 1, actions.MoveNext: 1,
            actions.MovePageUp: -page, actions.MovePageDown: page,
            actions.MoveHome: -self._count, actions.MoveEnd: self._count,
        }  # fmt: skip
        if current < 0:
            return self._index(0)
        target = current + steps[action]
        if action in (actions.MoveUp, actions.MoveDown) and not 0 <= target < self._count:
            return self._index(current)
        return self._index(min(max(target, 0), self._count - 1))

    def setSelection(  # noqa: N802
        self, rect: QRect, flags: QItemSelectionModel.SelectionFlag
    ) -> None:
        selection, model = self.selectionModel(), self.model()
        if selection is None or model is None or not self._count:
            return
        chosen = QItemSelection()
        height, columns = self._cell.height(), self.columns
        top = max(0, (rect.top() + self.verticalOffset()) // height)
        bottom = max(0, (rect.bottom() + self.verticalOffset()) // height)
        left = max(0, rect.left()) * columns // max(1, self._width)
        right = min(max(0, rect.right()) * columns // max(1, self._width), columns - 1)
        spans = (
            [(top, bottom)]
            if columns == 1
            else [(row * columns + left, row * columns + right) for row in range(top, bottom + 1)]
        )
        for first, last in spans:
            if first < self._count:
                last = min(last, self._count - 1)
                chosen.select(self._index(first), self._index(last))
        selection.select(chosen, flags)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802
        region, shown = QRegion(), self.rows_shown
        for number in range(selection.count()):
            part = selection[number]
            for row in range(max(part.top(), shown.start), min(part.bottom() + 1, shown.stop)):
                region += QRegion(self.visualRect(self._index(row)))
        return region

    def horizontalOffset(self) -> int:  # noqa: N802
        return 0

    def verticalOffset(self) -> int:  # noqa: N802
        bar = self.verticalScrollBar()
        return bar.value() if bar is not None else 0

    def isIndexHidden(self, index: QModelIndex) -> bool:  # noqa: N802
        return False

    def updateGeometries(self) -> None:  # noqa: N802
        bar = self.verticalScrollBar()
        if bar is not None:
            rows = -(-self._count // self.columns)
            height = self.viewport_().height()
            bar.setRange(0, max(0, rows * self._cell.height() - height))
            bar.setPageStep(height)
            bar.setSingleStep(max(1, self._cell.height() // 2))
        super().updateGeometries()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        selection, current = self.selectionModel(), self.currentIndex()
        states = QStyle.StateFlag
        for row in self.rows_shown:
            index = self._index(row)
            option = QStyleOptionViewItem()
            self.initViewItemOption(option)
            option.rect = self.visualRect(index)
            if selection is not None and selection.isSelected(index):
                option.state |= states.State_Selected
            if index == self._hovered:
                option.state |= states.State_MouseOver
            else:
                option.state &= ~states.State_MouseOver
            if index == current and self.hasFocus():
                option.state |= states.State_HasFocus
            else:
                option.state &= ~states.State_HasFocus
            delegate = self.itemDelegateForIndex(index)
            if delegate is not None:
                delegate.paint(painter, option, index)

    # Mouse and keys.

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.updateGeometries()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if not self._press_is_taken:
            super().mouseMoveEvent(event)
        if event is not None:
            self._hover(self.indexAt(event.position().toPoint()))

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._hover(QModelIndex())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        point = event.position().toPoint()
        index = self.indexAt(point)
        self._press_is_taken = False
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.pressed_in_cell.emit(index, self.visualRect(index), point)
        if self._press_is_taken:
            event.accept()
            return
        before = self.currentIndex().row()
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._stepped_from(before, again=True)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if not self._press_is_taken:
            super().mouseReleaseEvent(event)
        self._press_is_taken = False

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        self.mousePressEvent(event)  # two quick clicks on a mark are two

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        )
        character = event.text()
        if plain and character and character.isprintable():
            if character in self.KEYS:
                event.ignore()
            else:
                self.typed.emit(character)
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        self._stepped_from(before)

    def step(self, by: int) -> None:
        """Make the next (1) or the previous item (−1) the current one, as a user would."""
        before = self.currentIndex().row()
        row = 0 if before < 0 else min(max(before + by, 0), self._count - 1)
        self.setCurrentIndex(self._index(row))
        self._stepped_from(before)

    def startDrag(self, actions: Qt.DropAction) -> None:  # noqa: N802
        self.drag_began.emit()

    @property
    def _width(self) -> int:
        return self.viewport_().width()

    @property
    def _count(self) -> int:
        model = self.model()
        return 0 if model is None else model.rowCount()

    def _index(self, row: int) -> QModelIndex:
        model = self.model()
        if model is None or not 0 <= row < self._count:
            return QModelIndex()
        return model.index(row, 0)

    def _stepped_from(self, before: int, *, again: bool = False) -> None:
        current = self.currentIndex()
        if current.isValid() and (again or current.row() != before):
            self.stepped.emit(current)

    def _hover(self, index: QModelIndex) -> None:
        if index != self._hovered:
            for changed in (self._hovered, index):
                if changed.isValid():
                    self.viewport_().update(self.visualRect(changed))
            self._hovered = index
