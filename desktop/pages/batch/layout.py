"""The widgets of the Batch page in their places."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QItemSelection, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.batch.model import LEFT, STATE, BatchModel
from desktop.theme.style_sheet import GRID


class BatchTable(QTableView):
    """Renders; each that one steps onto is heard.

    Attributes:
        stepped: the row that is to be heard.
    """

    stepped = pyqtSignal(int)

    def __init__(self, model: BatchModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(self.tr("Renders of this batch"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        rows, heads = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None
        assert heads is not None
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 2 * GRID)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)
        for column in range(model.columnCount()):
            self.setColumnWidth(column, 24 * self.fontMetrics().averageCharWidth())
        heads.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(LEFT, self.fontMetrics().horizontalAdvance("Time left") + 3 * GRID)

    def selectionChanged(self, now: QItemSelection, before: QItemSelection) -> None:  # noqa: N802
        """As Qt asks; one row alone is stepped onto."""
        super().selectionChanged(now, before)
        chosen = self.selectionModel()
        rows = chosen.selectedRows() if chosen is not None else []
        if len(rows) == 1 and now.indexes():
            self.stepped.emit(rows[0].row())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """As Qt asks; Space and Enter play again."""
        if event is None:
            return
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.stepped.emit(row)
        else:
            super().keyPressEvent(event)


class BatchWidgets:
    """See the module's first line.

    Args:
        page: that they are put on.
        model: of the table.

    Attributes:
        groups: to choose a batch.
        cancel, retry, export: what is done with it.
        table: its renders.
    """

    def __init__(self, page: QWidget, model: BatchModel) -> None:
        tr = page.tr
        self._empty = QLabel(
            tr(
                "No batch yet.\n\nSelect several presets in Browse and press Enter to render the "
                "clip in all of them, or select several clips in Takes and press Render."
            )
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setMargin(2 * GRID)
        self.groups = QComboBox()
        self.groups.setAccessibleName(tr("Batch"))
        self.groups.setToolTip(tr("The last batches, the newest first"))
        self.table = BatchTable(model)
        self.cancel = _button(tr("Cancel all"), tr("Stop what waits or runs of this batch"))
        self.retry = _button(
            tr("Retry failed"), tr("Render again what failed, was cancelled, or is gone")
        )
        self.export = _button(
            tr("Export …"), tr("Copy all finished files to a folder, as “clip - preset”")
        )
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        self._bar.setAccessibleName(tr("Progress of the batch"))
        self._words = QLabel()
        self._words.setProperty("role", "quiet")
        self._words.setAccessibleName(tr("How the batch stands"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._laid_out(page))
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def _laid_out(self, page: QWidget) -> QWidget:
        whole = QWidget()
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.groups, 1)
        for button in (self.cancel, self.retry, self.export):
            top.addWidget(button)
        hint = QLabel(page.tr("↑ ↓ play through what is finished; rows can be dragged into a DAW"))
        hint.setProperty("role", "quiet")
        column = QVBoxLayout(whole)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addWidget(self._words)
        column.addWidget(self.table, 1)
        column.addWidget(hint)
        return whole

    @property
    def words(self) -> str:
        """How the batch stands."""
        return self._words.text()

    @property
    def is_empty(self) -> bool:
        """Whether there is no batch, and it says how to begin one."""
        return self._stack.currentWidget() is self._empty

    def show_titles(self, titles: Sequence[str]) -> None:
        """Offer batches, the newest first and chosen; none says how to begin one."""
        self.groups.clear()
        self.groups.addItems(list(titles))
        self._stack.setCurrentIndex(1 if titles else 0)

    def show_sums(
        self, words: str, fraction: float, *, can_cancel: bool, can_retry: bool, can_export: bool
    ) -> None:
        """Show how a batch stands.

        Args:
            words: the same.
            fraction: how far it is, 0…1.
            can_cancel, can_retry, can_export: what can be done.
        """
        self._words.setText(words)
        self._bar.setValue(round(1000 * fraction))
        self.cancel.setEnabled(can_cancel)
        self.retry.setEnabled(can_retry)
        self.export.setEnabled(can_export)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button
