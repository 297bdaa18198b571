"""The pane beside the list: what the preset at hand is made of, and its marks to change."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.descriptors.adjectives import ADJECTIVES
from core.library.presets import Preset
from desktop.pages.browse.compare.versions_pane import SuggestedTags, VersionsPane
from desktop.pages.browse.delegates import GRID, bold
from desktop.pages.browse.sound_pane import SoundPane
from desktop.services.comparing.interface import VersionFacts
from desktop.services.interfaces import PresetDetails
from desktop.widgets.stars import RatingBox


class PresetPictureLabel(QWidget):
    """A spectral picture as wide as there is room, or words in its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Spectrum of the sound"))

    def show_image(self, image: QImage | None, words: str) -> None:
        """Show a picture.

        Args:
            image: the picture, if there is one.
            words: what to say if there is none.
        """
        self._image, self._words = image, words
        self.setAccessibleDescription("" if image is not None else words)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(240, 112)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter, palette = QPainter(self), self.palette()
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._image)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.alternateBase())
        painter.drawRoundedRect(self.rect(), 4, 4)
        painter.setPen(palette.placeholderText().color())
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(GRID, GRID, -GRID, -GRID), flags, self._words)


class DetailPane(QScrollArea):
    """See the module's first lines.

    Attributes:
        sound: what the preset measures.
        rated: the rating that the user gave.
        favoured: whether it is to be a favourite.
        tags_edited: all the tags that it is to have.
        version_wanted: an earlier version that is to be the newest again.
        compare_wanted: two versions that are to be compared.
        like_wanted: what sounds like it is to be listed: by the name of a pair of adjectives, or,
            empty, as a whole.
        part_wanted: the name of a preset that it is made of.
        play_wanted: it is to be heard.
    """

    rated = pyqtSignal(int)
    favoured = pyqtSignal(bool)
    tags_edited = pyqtSignal(list)
    version_wanted = pyqtSignal(int)
    like_wanted = pyqtSignal(str)
    compare_wanted = pyqtSignal(object, object)
    part_wanted = pyqtSignal(str)
    play_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(232)
        self._preset: Preset | None = None
        self._nothing = QLabel(self.tr("Choose a preset to see what it is made of."))
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setMargin(2 * GRID)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(self._body())
        self.setWidget(self._pages)

    @property
    def preset(self) -> Preset | None:
        """The preset that is shown."""
        return self._preset

    def show_nothing(self) -> None:
        """No preset is at hand."""
        self._preset = None
        self._pages.setCurrentIndex(0)

    def show_preset(self, preset: Preset) -> None:
        """Show what a list knows of a preset; :meth:`show_details` adds the rest."""
        is_other = self._preset is None or self._preset.id != preset.id
        self._preset = preset
        self._name.setText(preset.name)
        owner = self.tr("factory") if preset.factory else self.tr("mine")
        kinds = {
            "audio": self.tr("recording"), "text": self.tr("words"), "blend": self.tr("blend"),
            "morph": self.tr("moves from sound to sound"),
        }  # fmt: skip
        kind = kinds.get(preset.kind, preset.kind)
        self._about.setText(self.tr("{} · {} · version {}").format(kind, owner, preset.version))
        self._rating.set_rating(preset.rating)
        self._favourite.setChecked(preset.favourite)
        self._favourite.setText(
            self.tr("★ Favourite") if preset.favourite else self.tr("☆ Favourite")
        )
        if not self._tags.hasFocus():
            self._tags.setText(", ".join(preset.tags))
            self._tags.setCursorPosition(0)  # of many, the first are seen
        if is_other:
            self._recipe.setText(preset.summary)
            self._show_parts(())
            self._gain.setText("…")
            self._show_versions(())
            self._suggested.show_features((), ())
        self._pages.setCurrentIndex(1)

    def show_details(self, details: PresetDetails) -> None:
        """Show what the library knows besides, if it is still about the preset that is shown."""
        if self._preset is None or details.preset.id != self._preset.id:
            return
        self.show_preset(details.preset)
        self._recipe.setText("\n".join(details.recipe))
        self._show_parts(details.parts)
        self._gain.setText(
            self.tr("not measured yet")
            if details.gain_db is None
            else self.tr("{} dB, to be as loud as others").format(f"{details.gain_db:+.1f}")
        )
        self._show_versions(details.versions)
        self._suggested.show_features(details.features, details.preset.tags)

    def show_picture(self, image: QImage | None, words: str) -> None:
        """Show the picture of the preset, or why there is none.

        Args:
            image: the picture, if there is one.
            words: what to say if there is none.
        """
        self._picture.show_image(image, words)

    def _body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        self._name = QLabel()
        self._name.setWordWrap(True)
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        font = bold(self._name.font())
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self._name.setFont(font)
        self._about = _quiet_label()
        self._picture = PresetPictureLabel()
        self._rating = RatingBox()
        self._rating.rated.connect(self.rated)
        self._favourite = QPushButton()
        self._favourite.setCheckable(True)
        self._favourite.setAccessibleName(self.tr("Favourite"))
        self._favourite.clicked.connect(self.favoured)
        marks = QHBoxLayout()
        marks.addWidget(self._rating)
        marks.addStretch(1)
        marks.addWidget(self._favourite)
        self._play = QPushButton(self.tr("Play"))
        self._play.clicked.connect(self.play_wanted)
        self._like = QPushButton(self.tr("More like this"))
        self._like.clicked.connect(lambda: self.like_wanted.emit(""))
        buttons = QHBoxLayout()
        buttons.addWidget(self._play)
        buttons.addWidget(self._like, 1)
        buttons.addWidget(self._aspect_button())
        for widget in (self._name, self._about, self._picture):
            column.addWidget(widget)
        column.addLayout(marks)
        column.addLayout(buttons)
        column.addLayout(self._sections())
        column.addStretch(1)
        return body

    def _aspect_button(self) -> QPushButton:
        button = QPushButton(self.tr("in"))
        button.setToolTip(self.tr("More like this in one thing: as bright, as long …"))
        button.setAccessibleName(self.tr("More like this in one thing"))
        menu = QMenu(button)
        for pair in ADJECTIVES:
            words = self.tr("In {}, from {} to {}").format(pair.name, pair.low, pair.high)
            menu.addAction(words, partial(self.like_wanted.emit, pair.name))
        button.setMenu(menu)
        return button

    def _sections(self) -> QVBoxLayout:
        self._tags = QLineEdit()
        self._tags.setPlaceholderText(self.tr("warm, pad"))
        self._tags.setAccessibleName(self.tr("Tags, with commas between them"))
        self._tags.editingFinished.connect(self._tags_finished)
        self._suggested = SuggestedTags()
        self._suggested.chosen.connect(self._take_tag)
        self.sound = SoundPane()
        self._recipe = QLabel()
        self._parts = QLabel()
        self._parts.setTextFormat(Qt.TextFormat.RichText)
        self._parts.linkActivated.connect(self.part_wanted)
        self._parts.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._gain = QLabel()
        for label in (self._recipe, self._parts, self._gain):
            label.setWordWrap(True)
        self._recipe.setTextFormat(Qt.TextFormat.PlainText)
        self._recipe.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.versions = VersionsPane()
        self.versions.restore_wanted.connect(self.version_wanted)
        self.versions.compare_wanted.connect(self.compare_wanted)
        column = QVBoxLayout()
        column.setSpacing(12)
        sections = []
        for title, widget in (
            (self.tr("Sound"), self.sound),
            (self.tr("Tags"), self._tags),
            (self.tr("As measured: press to keep as a tag"), self._suggested),
            (self.tr("Recipe"), self._recipe),
            (self.tr("Made of"), self._parts),
            (self.tr("Gain"), self._gain),
            (self.tr("Versions"), self.versions),
        ):
            section = _section(title, widget)
            column.addWidget(section)
            sections.append(section)
        self._suggested.set_section(sections[2])
        self._parts_section, self._versions_section = sections[4], sections[6]
        return column

    def _show_parts(self, parts: tuple[str, ...]) -> None:
        from html import escape

        links = (f'<a href="{escape(part)}">{escape(part)}</a>' for part in parts)
        self._parts.setText("<br>".join(links))
        self._parts_section.setVisible(bool(parts))

    def _show_versions(self, versions: tuple[VersionFacts, ...]) -> None:
        self.versions.show_versions(versions)
        self._versions_section.setVisible(len(versions) > 1)

    def _take_tag(self, tag: str) -> None:
        if self._preset is not None:
            self.tags_edited.emit([*self._preset.tags, tag])

    def _tags_finished(self) -> None:
        tags = [tag.strip() for tag in self._tags.text().split(",") if tag.strip()]
        if self._preset is not None and set(tags) != set(self._preset.tags):
            self.tags_edited.emit(tags)


def _section(title: str, widget: QWidget) -> QWidget:
    """A widget under its heading.

    Args:
        title: the heading.
        widget: what is under it.
    """
    section, heading = QWidget(), _quiet_label()
    heading.setText(title)
    heading.setBuddy(widget)
    column = QVBoxLayout(section)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(heading)
    column.addWidget(widget)
    return section


def _quiet_label() -> QLabel:
    label = QLabel()
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
