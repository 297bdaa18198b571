"""Programs that a test drives from outside: ``python -m tests.helpers.driven NAME``.

They open real windows. A line of JSON on stdin is a question, answered by a line on stdout: where
a widget is on the screen, what it says, what was dropped. Nothing else is done for them: the mouse
and the keys are the display's.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtCore import QMimeData, QModelIndex, QPoint, QRect, QSocketNotifier, Qt, QUrl
from PyQt6.QtGui import QDrag, QDragEnterEvent, QDropEvent, QMouseEvent
from PyQt6.QtWidgets import QAbstractItemView, QApplication, QLabel, QWidget

Question = dict[str, str]
Answer = Callable[[Question], object]


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
            try:
                said = {"answer": self._answer(json.loads(line))}
            except Exception:  # whoever asks must not wait for ever
                said = {"error": traceback.format_exc()}
            print(json.dumps(said), flush=True)


def about_widgets(question: Question) -> object:
    """What all windows answer: ``where``, ``text`` and ``picture``."""
    if "picture" in question:
        screen = QApplication.primaryScreen()
        return screen is not None and screen.grabWindow(sip.voidptr(0)).save(question["picture"])
    if "text" in question:
        return [_text(widget) for widget in _called(question["text"])]
    return place_of(question["where"], question["row"])


def place_of(name: str, row: str) -> list[int] | None:
    """Where a widget that can be used is, or a row in it.

    Args:
        name: its accessible name or its text.
        row: words in the row; empty for the widget itself.
    """
    for widget in _called(name):
        if not widget.isEnabled():
            continue
        if not row:
            return _on_screen(widget, widget.rect())
        if isinstance(widget, QAbstractItemView):
            rect = _row_in(widget, row)
            if rect is not None:
                return rect
    return None


def _called(name: str) -> Iterator[QWidget]:
    for widget in QApplication.allWidgets():
        if widget.isVisible() and name in (widget.accessibleName(), _text(widget)):
            yield widget


def _text(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    words = text() if callable(text) else ""
    return words if isinstance(words, str) else ""


def _row_in(view: QAbstractItemView, row: str) -> list[int] | None:
    model, viewport, root = view.model(), view.viewport(), view.rootIndex()
    if model is None or viewport is None:
        return None
    for number in range(model.rowCount(root)):
        # Beside one another by the index itself: a list's model tells nobody how many there are.
        index: QModelIndex = model.index(number, 0, root)
        while index.isValid():
            if row in str(index.data(Qt.ItemDataRole.DisplayRole)):
                return _on_screen(viewport, view.visualRect(index))
            index = model.index(number, index.column() + 1, root)
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
        self.questions = Questions(about_widgets)  # type: ignore[attr-defined]

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

    def about(self, question: Question) -> object:
        """Answer what is asked: ``dropped``, beside what all windows do."""
        return self.dropped if "dropped" in question else about_widgets(question)


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
    questions = Questions(window.about)
    code = application.exec()
    del questions
    return code


if __name__ == "__main__":
    programs: dict[str, Callable[..., int]] = {"desktop": desktop, "shelf": shelf}
    sys.exit(programs[sys.argv[1]](*sys.argv[2:]))
