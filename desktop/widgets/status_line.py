"""The line at the bottom of the window that says in words what is going on.

Each part of the window says its own state (``loading the model``, ``rendering 42 %, 8 s left``);
the one that spoke last is shown, and when it is done, what another said before is shown again.
"""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from desktop.theme.style_sheet import GRID
from desktop.widgets.elided_label import ElidedLabel


class StatusLine(QFrame):
    """See the module's first lines.

    Attributes:
        shown: the words, when they change.
    """

    shown = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "status")
        self._said: dict[str, str] = {}
        self._words = ElidedLabel()
        self._words.setAccessibleName(self.tr("What is going on"))
        self._aside = QLabel()
        self._aside.setProperty("role", "quiet")
        self._aside.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        row.setSpacing(2 * GRID)
        row.addWidget(self._words, 1)
        row.addWidget(self._aside)

    @property
    def words(self) -> str:
        """What is shown, whole."""
        return self._words.text()

    def say(self, source: str, words: str) -> None:
        """Say a state; empty words say that there is none any more.

        Args:
            source: who says it; it replaces what the same one said.
            words: for people.
        """
        self._said.pop(source, None)  # who speaks now comes last, whoever spoke before
        if words:
            self._said[source] = words
        now = next(reversed(self._said.values()), "")
        if now != self._words.text():
            self._words.setText(now)
            self.shown.emit(now)

    def set_aside(self, words: str) -> None:
        """Say what stays: the model, the connection."""
        self._aside.setText(words)

    def set_compact(self, is_compact: bool) -> None:
        """Leave out what a narrow window has no room for."""
        self._aside.setVisible(not is_compact)
