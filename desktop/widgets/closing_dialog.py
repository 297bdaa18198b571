"""What is asked when the window is closed while something is under way."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.theme.style_sheet import GRID

_LOOK_EVERY_MS = 200


class ClosingDialog(QDialog):
    """Keep working, close when everything is done, or stop it and close now.

    Args:
        under_way: how many things are.
        left: how many there still are, whenever it is asked.
        words: what is being done; may be empty.
        parent: the window.

    Attributes:
        close_wanted: the window may close now.
    """

    close_wanted = pyqtSignal()

    def __init__(
        self, under_way: int, left: Callable[[], int], words: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Close Timbre Bridge?"))
        self._left = left
        self._question = QLabel()
        self._question.setProperty("role", "heading")
        self._question.setWordWrap(True)
        self._say(under_way)
        what = QLabel(words)
        what.setWordWrap(True)
        what.setVisible(bool(words))
        advice = QLabel(
            self.tr(
                "What is stopped leaves your presets and files as they were; renders go on when "
                "you start again."
            )
        )
        advice.setProperty("role", "quiet")
        advice.setWordWrap(True)
        self.keep = QPushButton(self.tr("Keep working"))
        self.wait = QPushButton(self.tr("Close when done"))
        self.stop = QPushButton(self.tr("Stop and close"))
        self.keep.setDefault(True)
        self.keep.setProperty("role", "primary")
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        for button in (self.stop, self.wait, self.keep):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for label in (self._question, what, advice):
            column.addWidget(label)
        column.addSpacing(GRID)
        column.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self.keep.clicked.connect(self.reject)
        self.wait.clicked.connect(self._wait_for_it)
        self.stop.clicked.connect(self._close)

    def _say(self, under_way: int) -> None:
        self._question.setText(
            self.tr("One thing is still being done.")
            if under_way == 1
            else self.tr("{count} things are still being done.").format(count=under_way)
        )

    def _wait_for_it(self) -> None:
        self.wait.setEnabled(False)
        self.wait.setText(self.tr("Closing when done…"))
        self._timer.start()

    def _look(self) -> None:
        left = self._left()
        if left:
            self._say(left)
        else:
            self._close()

    def _close(self) -> None:
        self._timer.stop()
        self.accept()
        self.close_wanted.emit()
