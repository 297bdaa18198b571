"""Two presets, or two versions of one, side by side: recipes, measures, pictures, likeness.

A and B play them with the clip at hand; what is older can be restored from here.
"""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QPalette, QShortcut
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.descriptors.adjectives import ADJECTIVES
from desktop.faults import words_of
from desktop.pages.browse.delegates import GRID, bold
from desktop.pages.browse.details import PresetPictureLabel
from desktop.pages.browse.pictures import to_image
from desktop.services.comparing.interface import ComparedPreset, CompareService, VersionFacts
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.translations.words import translate
from desktop.widgets.adjective_bar import AdjectiveBar

_Found = tuple[ComparedPreset, ComparedPreset, float]


class ComparedSide(QWidget):
    """One of the two.

    Args:
        letter: its key.
        version: which.
        parent: the dialog.
    """

    def __init__(self, letter: str, version: VersionFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.version = version
        self.sound: ComparedPreset | None = None
        title = QLabel(f"{letter}   {version_title(version)}")
        title.setFont(bold(title.font()))
        title.setWordWrap(True)
        title.setTextFormat(Qt.TextFormat.PlainText)
        self.picture = PresetPictureLabel()
        self.picture.show_image(None, self.tr("drawing …"))
        self.play = QPushButton(self.tr("Play {}").format(letter))
        self.play.setToolTip(self.tr("Hear it with the clip ({})").format(letter))
        self.restore = QPushButton(self.tr("Restore"))
        self.restore.setToolTip(self.tr("Make this version the newest again"))
        self.restore.setVisible(not version.is_current)
        self.bars = {one.name: AdjectiveBar(one, self) for one in ADJECTIVES}
        self.recipe = QLabel(version.summary)
        self.recipe.setWordWrap(True)
        self.recipe.setTextFormat(Qt.TextFormat.PlainText)
        self.recipe.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        self.remark.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.remark.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.play)
        buttons.addWidget(self.restore)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (title, self.picture):
            column.addWidget(widget)
        column.addLayout(buttons)
        for bar in self.bars.values():  # to be looked at: it may be no preset any more
            bar.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            column.addWidget(bar)
        column.addWidget(self.remark)
        column.addWidget(self.recipe, 1)

    def show_sound(self, sound: ComparedPreset) -> None:
        """Show what is known by now."""
        self.sound = sound
        image = None if sound.picture is None else to_image(sound.picture)
        self.picture.show_image(image, self.tr("No picture of this sound."))
        for name, bar in self.bars.items():
            bar.show_place(sound.places.get(name), is_edited=False)
        self.recipe.setText("\n".join(sound.recipe))
        self.remark.setText(sound.problem)
        self.remark.setVisible(bool(sound.problem))


class ComparePresetsDialog(QDialog):
    """See the module's first lines.

    Args:
        sides: what is compared; the second is the newer one of two versions.
        presets: knows them.
        tasks: the door to other threads.
        parent: its widget.

    Attributes:
        preset_wanted: the id of a preset that is to be heard, as it is now.
        timbre_wanted: a timbre that is to be heard, and what to call it.
        restore_wanted: a :class:`VersionFacts`.
        sides: the two.
    """

    preset_wanted = pyqtSignal(str)
    timbre_wanted = pyqtSignal(object, str)
    restore_wanted = pyqtSignal(object)

    def __init__(
        self,
        sides: tuple[VersionFacts, VersionFacts],
        presets: CompareService,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare"))
        self.sides = tuple(ComparedSide(*each, self) for each in zip("AB", sides, strict=True))
        self.likeness = QLabel(self.tr("measuring …"))
        self.likeness.setToolTip(self.tr("Between what the model hears of each; 100 % is the same"))
        row = QHBoxLayout()
        row.setSpacing(3 * GRID)
        for letter, side in zip("AB", self.sides, strict=True):
            row.addWidget(side, 1)
            hear = partial(self._hear, side)
            side.play.clicked.connect(hear)
            QShortcut(QKeySequence(letter), self).activated.connect(hear)
            side.restore.clicked.connect(partial(self._restore, side))
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        below = QHBoxLayout()
        below.addWidget(self.likeness, 1)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(row, 1)
        column.addLayout(below)
        self.resize(80 * GRID, 56 * GRID)

        def find(control: TaskControl) -> _Found:
            first, second = (presets.compared_sound(one, control) for one in sides)
            return first, second, presets.likeness(first, second, control)

        self._task = tasks.run(
            find,
            then=self._show,
            failed=lambda error: self.likeness.setText(words_of(error)),
            lane=Lane.FILES,
            owner=self,
        )
        self._task.staged.connect(self.likeness.setText)
        self.finished.connect(lambda _result: self._task.cancel())

    def _show(self, found: _Found) -> None:
        for side, sound in zip(self.sides, found[:2], strict=True):
            side.show_sound(sound)
        self.likeness.setText(self.tr("Likeness {} %").format(round(100 * max(0.0, found[2]))))

    def _hear(self, side: ComparedSide, *_: object) -> None:
        if side.version.is_current:
            self.preset_wanted.emit(side.version.preset_id)
        elif side.sound is not None:
            self.timbre_wanted.emit(side.sound.timbre, version_title(side.version))

    def _restore(self, side: ComparedSide, *_: object) -> None:
        self.restore_wanted.emit(side.version)
        self.accept()


def version_title(version: VersionFacts) -> str:
    """A version in words: ``Warm Bell, version 2``."""
    return translate("Browse", "{name}, version {number}").format(
        name=version.name, number=version.number
    )
