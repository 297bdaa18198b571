"""A widget that files are dropped on; what is no file of this machine is refused in words."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PyQt6.QtWidgets import QWidget


class FileDropWidget(QWidget):
    """See the module's first lines.

    Args:
        parent: its widget.

    Attributes:
        dropped: paths that were dropped.
        drop_refused: why something was not taken.
    """

    dropped = pyqtSignal(list)
    drop_refused = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._not_from: QWidget | None = None
        self.setAcceptDrops(True)

    def refuse_drops_from(self, widget: QWidget) -> None:
        """What is dragged out of a widget of ours is on its way out, and not for us."""
        self._not_from = widget

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is not None and self._is_taken(event):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is not None and self._is_taken(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        data = event.mimeData() if event is not None else None
        if event is None or data is None:
            return
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if len(data.urls()) > len(files):
            self.drop_refused.emit(
                self.tr("only files of this machine can be dropped here, no web addresses")
            )
        if files:
            event.acceptProposedAction()
            self.dropped.emit(files)

    def _is_taken(self, event: QDropEvent) -> bool:
        data = event.mimeData()
        is_own = self._not_from is not None and event.source() is self._not_from
        return data is not None and data.hasUrls() and not is_own
