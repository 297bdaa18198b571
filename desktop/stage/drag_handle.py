"""What one takes hold of to drag a finished file into another program."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QMimeData, QPoint, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDrag, QMouseEvent
from PyQt6.QtWidgets import QApplication, QToolButton, QWidget

from desktop.stage.icons import icon


class DragHandle(QToolButton):
    """A button that drags a file. The file is made when it is pressed, and outlives the drop.

    Attributes:
        pressed_for_file: a file is wanted; answer with :meth:`set_file`.
        dropped: the file that was dropped somewhere.
    """

    pressed_for_file = pyqtSignal()
    dropped = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("Drag out"))
        self.setIcon(icon("mdi6.drag", self.palette()))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setToolTip(
            self.tr("Drag this sound into your DAW or a folder; the file stays where it is kept")
        )
        self.setAccessibleName(self.tr("Drag the sound out"))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._file: Path | None = None
        self._pressed_at: QPoint | None = None

    def set_file(self, file: Path | None) -> None:
        """What is to be dragged; None when the sound has changed."""
        self._file = file

    def mime_data(self) -> QMimeData | None:
        """What a drop gets; None if there is no file yet."""
        if self._file is None:
            return None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._file))])
        return data

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Ask for the file."""
        super().mousePressEvent(event)
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()
            if self._file is None:
                self.pressed_for_file.emit()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Begin the drag once the mouse has moved and the file is there."""
        if event is None or self._pressed_at is None:
            return
        moved = (event.position().toPoint() - self._pressed_at).manhattanLength()
        data = self.mime_data()
        if moved < QApplication.startDragDistance() or data is None:
            return
        self._pressed_at = None
        self.setDown(False)
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self.icon().pixmap(32, 32))
        if drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction:
            self.dropped.emit(self._file)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """No drag."""
        self._pressed_at = None
        super().mouseReleaseEvent(event)
