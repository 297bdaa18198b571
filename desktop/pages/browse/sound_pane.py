"""What the preset at hand sounds like: five pairs of adjectives, as measured or as one says."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.descriptors.adjectives import ADJECTIVES
from core.library.presets import PresetMeasures
from desktop.theme.style_sheet import GRID
from desktop.widgets.adjective_bar import AdjectiveBar


class SoundPane(QWidget):
    """See the module's first line.

    Attributes:
        edited: a pair's name and the place that the user gave the preset, 0…1; None is as
            measured.
        all_reset: every pair is to be as measured.
    """

    edited = pyqtSignal(str, object)
    all_reset = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = {adjective.name: AdjectiveBar(adjective, self) for adjective in ADJECTIVES}
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.reset = QPushButton(self.tr("As measured"))
        self.reset.setToolTip(self.tr("Take back what you said of this sound"))
        self.reset.clicked.connect(self.all_reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for name, bar in self.bars.items():
            bar.edited.connect(partial(self.edited.emit, name))
            bar.reset_wanted.connect(partial(self.edited.emit, name, None))
            column.addWidget(bar)
        self._below = QHBoxLayout()
        self._below.setSpacing(GRID)
        self._below.addWidget(self._words, 1)
        self._below.addWidget(self.reset)
        column.addLayout(self._below)
        self.show_measures(None, "")

    @property
    def words(self) -> str:
        """What is said under the bars."""
        return self._words.text()

    def show_measures(self, measures: PresetMeasures | None, problem: str) -> None:
        """Show what a preset measures.

        Args:
            measures: its own; None if nobody knows yet.
            problem: why it cannot be measured, or what is being done about it.
        """
        known = measures or PresetMeasures()
        for name, bar in self.bars.items():
            bar.show_place(known.places.get(name), is_edited=name in known.edited)
        self.reset.setVisible(bool(known.edited))
        if known.edited:
            words = self.tr("In colour: your own word.")
        elif known.is_measured or measures is None:
            words = ""
        else:
            words = problem or self.tr("Not measured yet.")
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._below.setContentsMargins(0, 4 if words else 0, 0, 0)
