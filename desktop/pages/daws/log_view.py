"""What happened at the bridge, to read and to copy."""

from __future__ import annotations

from PyQt6.QtGui import QFontDatabase, QGuiApplication
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.faults import surroundings
from desktop.services.bridge_interface import BridgeControl
from desktop.theme.style_sheet import GRID

_MOST_LINES = 2000


class LogView(QWidget):
    """See the module's first line.

    Args:
        bridge: whose log.
        parent: its widget.
    """

    def __init__(self, bridge: BridgeControl, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        heading = QLabel(self.tr("Log"))
        heading.setProperty("role", "heading")
        self.copy_button = QPushButton(self.tr("Copy"))
        self.copy_button.setToolTip(self.tr("Copy the log and the versions of what runs"))
        self.copy_button.clicked.connect(self.copy)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(_MOST_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.tr("Log of the bridge"))
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText(self.tr("Nothing happened yet."))
        self.text.setPlainText("\n".join(bridge.log))
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.text, 1)
        bridge.events.logged.connect(self._add)

    def copy(self) -> None:
        """Put the log and what runs on the clipboard."""
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None  # Qt has one
        clipboard.setText("\n".join([surroundings(), "", *self._bridge.log]) + "\n")

    def _add(self, line: str) -> None:
        bar = self.text.verticalScrollBar()
        assert bar is not None  # Qt makes it
        was_at_end = bar.value() == bar.maximum()
        self.text.appendPlainText(line)
        if was_at_end:
            bar.setValue(bar.maximum())
