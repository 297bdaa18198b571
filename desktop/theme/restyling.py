"""Widgets given the colours of another theme: what is seen at once, the rest bit by bit.

Qt gives all widgets of an application a new style sheet in one go, which holds the window for as
long as it has pages. The sheet here stays, and takes its colours from the palette; what a widget
has of it is worked out anew when it is polished again.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6 import sip
from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QApplication, QWidget

_AT_ONCE_S = 0.01
"""So long the window is held for what is not seen, before it is its turn again."""


class Restyling(QObject):
    """See the module's first lines.

    Args:
        application: whose widgets they are.
        parent: as of any QObject.
    """

    def __init__(self, application: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._waiting: dict[QWidget, None] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def begin(self) -> None:
        """The palette is another: restyle what is seen, and the rest soon."""
        widgets = [widget for widget in self._application.allWidgets() if widget is not None]
        self._waiting = dict.fromkeys(widget for widget in widgets if not widget.isVisible())
        for widget in widgets:
            if widget not in self._waiting:
                _restyle(widget)
        self._timer.start()

    def finish(self, part: QWidget) -> None:
        """Restyle what is waiting of a part of the window, now."""
        if not self._waiting:
            return
        for widget in (part, *part.findChildren(QWidget)):
            if widget in self._waiting:
                del self._waiting[widget]
                _restyle(widget)

    @property
    def is_done(self) -> bool:
        """Whether no widget has the colours of before."""
        return not self._waiting

    def _go_on(self) -> None:
        until = time.perf_counter() + _AT_ONCE_S
        while self._waiting and time.perf_counter() < until:
            widget = next(iter(self._waiting))
            del self._waiting[widget]
            if not sip.isdeleted(widget):
                _restyle(widget)
        if not self._waiting:
            self._timer.stop()


def _restyle(widget: QWidget) -> None:
    style = widget.style()
    if style is None:
        return
    with no_collection():
        style.unpolish(widget)
        style.polish(widget)
    widget.update()


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep Python from collecting widgets while Qt goes through a list of them.

    Widgets' handlers run meanwhile, and may set off a collection; a widget that Qt is about to
    come to would be gone.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
