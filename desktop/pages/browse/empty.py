"""What stands in place of a list that is empty: why, and what to do."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.pages.browse.delegates import GRID, bold
from desktop.services.interfaces import PresetQuery


class EmptyState(QWidget):
    """A line that says why, a line that says what to do, and a button that does it.

    Attributes:
        import_wanted: files are to be chosen.
        clear_wanted: every preset is to be shown.
        again_wanted: the library is to be asked again.
    """

    import_wanted = pyqtSignal()
    clear_wanted = pyqtSignal()
    again_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._hint = QLabel(), QLabel()
        font = bold(self._title.font())
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self._title.setFont(font)
        self._button = QPushButton()
        self._button.clicked.connect(lambda: self._wanted.emit())
        self._wanted = self.import_wanted
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * GRID, 4 * GRID, 4 * GRID, 4 * GRID)
        column.setSpacing(GRID)
        column.addStretch(1)
        for label in (self._title, self._hint):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        column.addSpacing(GRID)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        self._say(self.tr("Opening your presets …"), "", "")

    @property
    def words(self) -> str:
        """What is said."""
        return f"{self._title.text()}\n{self._hint.text()}"

    @property
    def button(self) -> QPushButton:
        """The way out."""
        return self._button

    def show_nothing_found(self, query: PresetQuery, is_narrowed: bool) -> None:
        """A list is empty.

        Args:
            query: what it answers.
            is_narrowed: whether there may be presets that the query leaves out.
        """
        if not is_narrowed:
            self._wanted = self.import_wanted
            self._say(
                self.tr("No presets yet"),
                self.tr("Drop a recording or a .timbre file here, or choose one."),
                self.tr("Import …"),
            )
            return
        self._wanted = self.clear_wanted
        words = query.text.strip()
        self._say(
            self.tr("Nothing found for “{}”").format(words) if words else self.tr("Nothing found"),
            self.tr("Fewer words or filters find more."),
            self.tr("Clear search and filters"),
        )

    def show_failure(self, reason: str) -> None:
        """The library could not be asked."""
        self._wanted = self.again_wanted
        self._say(self.tr("Your presets cannot be shown"), reason, self.tr("Try again"))

    def _say(self, title: str, hint: str, button: str) -> None:
        self._title.setText(title)
        self._hint.setText(hint)
        self._button.setText(button)
        self._button.setVisible(bool(button))
