"""Ctrl+K: every command by name; and ``?``: every key."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.commands import Commands, WindowCommand
from desktop.theme.style_sheet import GRID

_STEPS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ID = Qt.ItemDataRole.UserRole


class CommandPalette(QDialog):
    """A field to type in and the commands that it finds; Enter has the chosen one done.

    Args:
        commands: to choose from.
        parent: over which it opens.
    """

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Commands"))
        self._commands = commands
        self.field = QLineEdit()
        self.field.setProperty("role", "large")
        self.field.setPlaceholderText(self.tr("Type what you want to do"))
        self.field.setAccessibleName(self.tr("Find a command"))
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName(self.tr("Commands"))
        self._nothing = QLabel(self.tr("No command has such a name."))
        self._nothing.setProperty("role", "quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.field)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 1)
        self.resize(64 * GRID, 48 * GRID)
        self.field.textChanged.connect(self._find)
        self.field.installEventFilter(self)
        self.field.returnPressed.connect(self._run)
        self.list.itemActivated.connect(self._run)
        self._find("")

    def eventFilter(self, source: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Arrows in the field step through the list."""
        if (
            source is self.field
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in _STEPS
        ):
            QApplication.sendEvent(self.list, event)
            return True
        return super().eventFilter(source, event)

    def _find(self, text: str) -> None:
        self.list.clear()
        # What can be done now comes first; among those and the others the best match does.
        for command in sorted(self._commands.matching(text), key=lambda one: bool(one.why_not())):
            self.list.addTopLevelItem(self._row(command))
        found = self.list.topLevelItemCount()
        self._nothing.setVisible(not found)
        self.list.resizeColumnToContents(1)
        self.list.setColumnWidth(0, max(self.width() - 18 * GRID, 30 * GRID))
        if found:
            self.list.setCurrentItem(self.list.topLevelItem(0))

    def _row(self, command: WindowCommand) -> QTreeWidgetItem:
        reason = command.why_not()
        row = QTreeWidgetItem([command.title, command.shown_key])
        row.setData(0, _ID, command.id)
        row.setToolTip(0, reason)
        row.setSizeHint(0, QSize(0, self.fontMetrics().height() + 2 * GRID))
        if reason:
            row.setText(0, f"{command.title}  ({reason})")
            for column in (0, 1):
                row.setForeground(column, self.palette().placeholderText())
        return row

    def _run(self) -> None:
        chosen = self.list.currentItem()
        if chosen is not None:
            self.accept()  # first: the command may want the focus, or another dialog
            self._commands.run(chosen.data(0, _ID))


class KeySheet(QDialog):
    """All commands with their keys, by section.

    Args:
        commands: to list.
        parent: over which it opens.
    """

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        grid.setHorizontalSpacing(3 * GRID)
        grid.setVerticalSpacing(GRID // 2)
        line = 0
        for section, listed in commands.sections().items():
            heading = QLabel(section)
            heading.setProperty("role", "heading")
            if line:
                grid.setRowMinimumHeight(line, 2 * GRID)
                line += 1
            grid.addWidget(heading, line, 0, 1, 2)
            line += 1
            for command in listed:
                key = QLabel(", ".join(_native(key) for key in command.keys))
                key.setAccessibleName(f"{command.title}: {key.text()}")
                grid.addWidget(key, line, 0)
                grid.addWidget(QLabel(command.title), line, 1)
                line += 1
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(line, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(scroll)
        self.resize(56 * GRID, 60 * GRID)


def _native(key: str) -> str:
    from PyQt6.QtGui import QKeySequence

    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
