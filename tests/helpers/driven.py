"""Programs that a test drives from outside: ``python -m tests.helpers.driven NAME``.

They open real windows. A line of JSON on stdin is a question, answered by a line on stdout: where
a widget is on the screen, what was dropped. Nothing else is done for them: the mouse and the keys
are the display's.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtCore import QMimeData, QPoint, QRect, QSocketNotifier, Qt, QUrl
from PyQt6.QtGui import QDrag, QDragEnterEvent, QDropEvent, QMouseEvent
from PyQt6.QtWidgets import QAbstractItemView, QApplication, QLabel, QWidget

Answer = Callable[[dict[str, str]], object]


class Questions:
    """Reads questions from stdin while a window is open."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._rest = b""
        self._notifier = QSocketNotifier(sip.voidptr(0), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)

    def _read(self, *_: object) -> None:
        data = os.read(0, 65536)
        if not data:
            self._notifier.setEnabled(False)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            print(json.dumps(self._answer(json.loads(line))), flush=True)


def place_of(name: str, row: str) -> list[int] | None:
    """Where a visible widget is, or a row in it."""
    for widget in QApplication.allWidgets():
        if not widget.isVisible() or name not in _names(widget):
            continue
        if not row:
            return _on_screen(widget, widget.rect())
        rect = _row_in(widget, row)
        if rect is not None:
            return rect
    return None


def _names(widget: QWidget) -> tuple[str, ...]:
    text = getattr(widget, "text", None)
    words = text() if callable(text) else ""
    return widget.accessibleName(), words if isinstance(words, str) else ""


def _row_in(widget: QWidget, row: str) -> list[int] | None:
    model = widget.model() if isinstance(widget, QAbstractItemView) else None
    viewport = widget.viewport() if isinstance(widget, QAbstractItemView) else None
    if model is None or viewport is None or not isinstance(widget, QAbstractItemView):
        return None
    for number in range(model.rowCount(widget.rootIndex())):
        for column in range(model.columnCount(widget.rootIndex())):
            index = model.index(number, column, widget.rootIndex())
            if row in str(index.data(Qt.ItemDataRole.DisplayRole)):
                return _on_screen(viewport, widget.visualRect(index))
    return None


def _on_screen(widget: QWidget, rect: QRect) -> list[int]:
    corner = widget.mapToGlobal(rect.topLeft())
    return [corner.x(), corner.y(), rect.width(), rect.height()]


def desktop() -> int:
    """The window of ``timbre desktop``."""
    from desktop import app

    show = app.Desktop.show

    def show_and_listen(self: app.Desktop) -> None:
        show(self)
        self.questions = Questions(  # type: ignore[attr-defined]
            lambda question: place_of(question["where"], question["row"])
        )

    app.Desktop.show = show_and_listen  # type: ignore[method-assign]
    return app.run()


class Shelf(QLabel):
    """Another program's window: a file to drag out of it, and a place to drop files on.

    Args:
        file: that is dragged from it.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file.name)
        self._file = file
        self.dropped: list[str] = []
        self.setAcceptDrops(True)
        self.setWindowTitle("Shelf")

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Drag the file."""
        if event is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._file))])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        """Take files."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """Keep what was dropped."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None:
            self.dropped += [url.toLocalFile() for url in data.urls()]
            event.acceptProposedAction()


def shelf(file: str, x: str, y: str) -> int:
    """A :class:`Shelf` at a place of the screen.

    Args:
        file: to drag from it.
        x, y: its corner.
    """
    application = QApplication(sys.argv[:1])
    window = Shelf(Path(file))
    window.resize(200, 120)
    window.move(QPoint(int(x), int(y)))
    window.show()

    def answer(question: dict[str, str]) -> object:
        if "where" in question:
            return place_of(question["where"], question["row"])
        return window.dropped

    questions = Questions(answer)
    code = application.exec()
    del questions
    return code


if __name__ == "__main__":
    programs: dict[str, Callable[..., int]] = {"desktop": desktop, "shelf": shelf}
    sys.exit(programs[sys.argv[1]](*sys.argv[2:]))
