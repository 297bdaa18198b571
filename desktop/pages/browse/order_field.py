"""What a list is sorted by, each order with its direction in words."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QWidget

from core.descriptors.adjectives import ADJECTIVES
from desktop.services.interfaces import PresetQuery

_ALIKE = "alike"
"""Stands for the order of a list of what sounds like a preset."""


class OrderField(QComboBox):
    """See the module's first line.

    Attributes:
        chosen: a :data:`core.library.presets.PresetOrder`.
        alike_wanted: what sounds like the preset at hand is to be listed, the nearest first.
    """

    chosen = pyqtSignal(str)
    alike_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Sort by"))
        for label, order in (
            (self.tr("Mine first"), "mine"),
            (self.tr("Name, A to Z"), "name"),
            (self.tr("Newest first"), "newest"),
            (self.tr("Last heard first"), "recent"),
            (self.tr("Best rated first"), "rating"),
            (self.tr("Most like the one at hand"), _ALIKE),
        ):
            self.addItem(label, order)
        self.insertSeparator(self.count())
        for adjective in ADJECTIVES:
            for word in (adjective.low, adjective.high):
                self.addItem(self.tr("{} first").format(word.capitalize()), word)
        self.setMaxVisibleItems(self.count())
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(16)
        self.activated.connect(self.choose)
        self._shown = PresetQuery()

    def show_query(self, query: PresetQuery) -> None:
        """Show what a list is sorted by, silently."""
        self._shown = query
        has_words = bool(query.text.strip()) and not query.like
        self.setEnabled(not has_words)
        self.setToolTip(self.tr("The best match comes first") if has_words else self.tr("Sort by"))
        self.setCurrentIndex(self.findData(_ALIKE if query.like else query.order))

    def choose(self, index: int) -> None:
        """Sort by what stands at a place of the list, as if it was chosen there."""
        order = str(self.itemData(index))
        if order == _ALIKE:
            self.show_query(self._shown)  # until there is such a list
            self.alike_wanted.emit()
        else:
            self.chosen.emit(order)
