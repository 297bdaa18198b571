"""In the detail pane: a preset's versions, and the tags that its measures suggest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.descriptors.features import feature_named
from desktop.services.comparing.interface import VersionFacts
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate
from desktop.widgets.chips import Chip


class VersionsPane(QWidget):
    """A preset's versions, the newest first.

    Attributes:
        restore_wanted: the number of a version that is to be the newest again.
        compare_wanted: a version, and the one that counts now or, of that, the one before.
    """

    restore_wanted = pyqtSignal(int)
    compare_wanted = pyqtSignal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: tuple[VersionFacts, ...] = ()
        self.list = QComboBox()
        self.list.setAccessibleName(self.tr("Versions"))
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.list.setSizeAdjustPolicy(policy)
        self.compare = QPushButton(self.tr("Compare …"))
        self.compare.setToolTip(self.tr("With what the preset is now; this, with the one before"))
        self.compare.clicked.connect(self._compare)
        self.restore = QPushButton(self.tr("Restore"))
        self.restore.setToolTip(self.tr("Make this version the newest again"))
        self.restore.clicked.connect(lambda: self.restore_wanted.emit(self._chosen().number))
        self.list.currentIndexChanged.connect(self._enable)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.compare)
        buttons.addWidget(self.restore)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.list)
        column.addLayout(buttons)

    def show_versions(self, versions: tuple[VersionFacts, ...]) -> None:
        """Show versions.

        Args:
            versions: oldest first.
        """
        if versions == self._known:
            return
        self._known = versions
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([version_line(one) for one in reversed(versions)])
        self.list.blockSignals(False)
        self._enable()

    def _chosen(self) -> VersionFacts:
        return self._known[-1 - self.list.currentIndex()]

    def _enable(self, *_: object) -> None:
        self.restore.setEnabled(self.list.currentIndex() > 0)
        self.compare.setEnabled(len(self._known) > 1)

    def _compare(self) -> None:
        chosen, newest = self._chosen(), self._known[-1]
        pair = (self._known[-2], newest) if chosen == newest else (chosen, newest)
        self.compare_wanted.emit(*pair)


class SuggestedTags(QWidget):
    """Features that a preset was measured to have and that are no tags of it yet.

    Attributes:
        chosen: one that is to be a tag.
        chips: by name.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, Chip] = {}
        self._section: QWidget = self
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 0)
        self._grid.setSpacing(GRID)
        self._grid.setColumnStretch(2, 1)

    def set_section(self, section: QWidget) -> None:
        """What is hidden while nothing is suggested."""
        self._section = section

    def show_features(self, features: Sequence[str], tags: Sequence[str]) -> None:
        """Show features.

        Args:
            features: that the preset has.
            tags: that it has already.
        """
        for chip in self.chips.values():
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for number, name in enumerate(one for one in features if one not in tags):
            chip = Chip(name, self)
            chip.setCheckable(False)
            chip.setToolTip(feature_named(name).meaning)
            chip.clicked.connect(partial(self._choose, name))
            self._grid.addWidget(chip, number // 2, number % 2)
            self.chips[name] = chip
        self._section.setVisible(bool(self.chips))

    def _choose(self, name: str, *_: object) -> None:
        self.chosen.emit(name)


def version_line(version: VersionFacts) -> str:
    """A version in a list: its number, the day it was made and its recipe."""
    day = version.made_at.astimezone().strftime("%Y-%m-%d")
    number = (
        translate("Browse", "{number}, now").format(number=version.number)
        if version.is_current
        else str(version.number)
    )
    return f"{number} · {day} · {version.summary}"
