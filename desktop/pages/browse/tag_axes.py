"""Tags on two axes: what presets are, and how they sound; the user's own beside them."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from core.descriptors.features import FEATURES
from core.library.timbre_map.families import FAMILIES, family_named_by
from desktop.services.interfaces import PresetQuery
from desktop.theme.style_sheet import GRID
from desktop.widgets.chips import ChipChoice


class TagAxes(QWidget):
    """A row of chips: families that tags name, features as measured, other tags.

    Attributes:
        family_chosen, feature_chosen, tag_chosen: the word, empty for none.
        families, features, tags: the three choices.
    """

    family_chosen = pyqtSignal(str)
    feature_chosen = pyqtSignal(str)
    tag_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.families = ChipChoice(self.tr("Families"), self)
        self.features = ChipChoice(self.tr("As measured"), self)
        self.tags = ChipChoice(self.tr("All tags"), self)
        self.families.chosen.connect(self.family_chosen)
        self.features.chosen.connect(self.feature_chosen)
        self.tags.chosen.connect(self.tag_chosen)
        meanings = {feature.name: feature.meaning for feature in FEATURES}
        self.features.set_words([(name, 0) for name in meanings], meanings)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        for choice, stretch in ((self.families, 5), (self.features, 4), (self.tags, 3)):
            row.addWidget(choice, stretch)

    @property
    def choices(self) -> tuple[ChipChoice, ...]:
        """The three of them, for a menu."""
        return self.families, self.features, self.tags

    def set_tags(self, tags: Sequence[tuple[str, int]]) -> None:
        """Offer the tags that presets have, each with how often; those of families are apart."""
        of_tag = {tag: family_named_by((tag,)) for tag, _ in tags}
        named = set(of_tag.values())
        self.families.set_words([(word, 0) for at, word in enumerate(FAMILIES) if at in named])
        self.tags.set_words([(tag, count) for tag, count in tags if of_tag[tag] is None])

    def show_query(self, query: PresetQuery) -> None:
        """Show what is asked for, silently."""
        self.families.set_choice(query.family)
        self.features.set_choice(query.feature)
        self.tags.set_choice(query.tag)
