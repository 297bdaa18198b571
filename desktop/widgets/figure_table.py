"""A table of figures to read: names at the left, numbers at the right of their columns."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from desktop.services.evaluations.interface import FigureTable
from desktop.theme.style_sheet import GRID


class FigureView(QTableWidget):
    """See the module's first line.

    Args:
        title: for readers of the screen.
        parent: as of any widget.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None  # Qt makes both
        assert columns is not None
        rows.hide()
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def show_table(self, table: FigureTable) -> None:
        """Show these figures."""
        self.clear()
        self.setColumnCount(len(table.columns))
        self.setRowCount(len(table.rows))
        for number, column in enumerate(table.columns):
            heading = QTableWidgetItem(column.label)
            heading.setToolTip(column.about)
            heading.setTextAlignment(_side(number))
            self.setHorizontalHeaderItem(number, heading)
            for row, cells in enumerate(table.rows):
                cell = QTableWidgetItem(cells[number])
                cell.setToolTip(column.about)
                cell.setTextAlignment(_side(number))
                self.setItem(row, number, cell)
        self.resizeColumnsToContents()
        for number in range(self.columnCount()):
            self.setColumnWidth(number, self.columnWidth(number) + 2 * GRID)

    @property
    def cells(self) -> list[list[str]]:
        """What is shown, by rows."""
        return [
            [
                item.text() if (item := self.item(row, column)) is not None else ""
                for column in range(self.columnCount())
            ]
            for row in range(self.rowCount())
        ]


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
