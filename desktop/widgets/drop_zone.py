"""A place to drop files on, or to choose them with a button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QEvent, QMimeData, Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID
from desktop.widgets.start_folder import StartFolder


class DropZone(QFrame):
    """See the module's first line. Takes any file: whoever reads it says what is wrong with it.

    Args:
        words: what may be dropped.
        filters: for the dialog, as Qt writes them.
        parent: as of any widget.

    Attributes:
        dropped: paths, a tuple of :class:`pathlib.Path`.
        refused: why what was dropped is no file of this machine.
    """

    dropped = pyqtSignal(object)
    refused = pyqtSignal(str)

    def __init__(self, words: str, filters: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName(words)
        self._filters, self._folder = filters, StartFolder()
        label = QLabel(words)
        label.setWordWrap(True)
        self.button = QPushButton(self.tr("Choose…"))
        self.button.setAccessibleName(self.tr("Choose a file"))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(GRID)
        row.addWidget(self._sign)
        row.addWidget(label, 1)
        row.addWidget(self.button)
        self.button.clicked.connect(self._choose)
        self._draw_sign()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """The icon in the colours of now."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._draw_sign()

    def _draw_sign(self) -> None:
        self._sign.setPixmap(icon("drop", self).pixmap(3 * GRID, 3 * GRID))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take what has files."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasUrls():
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._show_hovered(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:  # noqa: N802 - Qt's name
        """Look as before."""
        self._show_hovered(False)

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Say which files came."""
        self._show_hovered(False)
        data = event.mimeData() if event is not None else None
        if event is None or data is None:
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        paths = files_in(data)
        if paths:
            self.dropped.emit(paths)
        else:
            self.refused.emit(
                self.tr("What was dropped is no file on this machine; save it first.")
            )

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a file"), self._folder.path, self._filters
        )
        if name:
            self._folder.chosen(name)
            self.dropped.emit((Path(name),))

    def _show_hovered(self, is_hovered: bool) -> None:
        self.setProperty("hovered", is_hovered)
        style = self.style()
        if style is not None:  # Qt reads a property again only when told to
            style.unpolish(self)
            style.polish(self)


def files_in(data: QMimeData) -> Sequence[Path]:
    """The local files of what is dragged."""
    return tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())
