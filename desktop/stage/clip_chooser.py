"""What a preset is heard with: a phrase, the last clip, or a MIDI file of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QMimeData, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFileDialog, QWidget

from core.clip import Clip
from desktop.widgets.start_folder import StartFolder

_OPEN = QT_TRANSLATE_NOOP("Stage", "Open a MIDI file…")
SUFFIXES = (".mid", ".midi", ".rmi", ".kar")


class ClipChooser(QComboBox):
    """Phrases by name, then the clip that came last.

    Attributes:
        chosen: another one is to be heard.
        file_wanted: a MIDI file was chosen to be read.
    """

    chosen = pyqtSignal()
    file_wanted = pyqtSignal(object)

    def __init__(self, phrases: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = StartFolder()
        self.setAccessibleName(self.tr("Phrase or clip to hear"))
        self.setToolTip(self.tr("What presets play; drop a MIDI file here to hear it instead"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(14)
        for phrase in phrases:
            self.addItem(phrase.capitalize(), phrase)
        self.insertSeparator(self.count())
        self.addItem(self.tr(_OPEN))
        self._shown = max(0, self.findData("melody"))
        self.setCurrentIndex(self._shown)
        self.activated.connect(self._choose)

    @property
    def clip(self) -> Clip | str:
        """What is to be heard."""
        data: Clip | str = self.itemData(self._shown)
        return data

    def set_clip(self, clip: Clip | str) -> None:
        """Show and take a clip, or a phrase by its name; a phrase that there is not is ignored."""
        if isinstance(clip, str):
            row = self.findData(clip)
            if row < 0:
                return
        else:
            row = self._row_of_clip()
            self.setItemText(row, clip.name or self.tr("untitled clip"))
            self.setItemData(row, clip)
        self._shown = row
        self.setCurrentIndex(row)

    def _row_of_clip(self) -> int:
        for row in range(self.count()):
            if isinstance(self.itemData(row), Clip):
                return row
        self.insertItem(0, "", None)
        return 0

    def _choose(self, row: int) -> None:
        if self.itemText(row) != self.tr(_OPEN):
            self._shown = row
            self.chosen.emit()
            return
        self.setCurrentIndex(self._shown)
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr(_OPEN),
            self._folder.path,
            self.tr("MIDI ({patterns})").format(patterns=patterns),
        )
        if name:
            self._folder.chosen(name)
            self.file_wanted.emit(Path(name))


def midi_file_in(data: QMimeData | None) -> Path | None:
    """The MIDI file that is being dragged; None if it is something else."""
    if data is None or not data.hasUrls():
        return None
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return next((file for file in files if file.suffix.lower() in SUFFIXES), None)
