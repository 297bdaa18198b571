"""News from other threads to the window, so few that it never stutters."""

from __future__ import annotations

import threading

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from desktop.services.jobs_interface import ClipItem, JobEvents, TakeItem

SHOWN_EVERY_MS = 50


class JobRelay(QObject):
    """Takes news on any thread and says it on the window's, the last of each take only.

    Args:
        events: where it is said.
    """

    _came = pyqtSignal()

    def __init__(self, events: JobEvents) -> None:
        super().__init__()
        self._events = events
        self._lock = threading.Lock()  # over what waits
        self._takes: dict[int, TakeItem] = {}
        self._clips: dict[str, ClipItem] = {}
        self._over: set[int] = set()
        self._lines: list[str] = []
        self._is_waiting = False
        self._came.connect(self._wait, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def take(self, item: TakeItem) -> None:
        """A take is new, or got further.

        Who asked for it may say that it waits when the renderer said already that it is over:
        what is over stays so.
        """
        with self._lock:
            if item.is_over:
                self._over.add(item.id)
            elif item.id in self._over:
                return
            self._takes[item.id] = item
        self._wake()

    def clip(self, item: ClipItem) -> None:
        """A clip came."""
        with self._lock:
            self._clips[item.id] = item
        self._wake()

    def say(self, line: str) -> None:
        """Say one line."""
        with self._lock:
            self._lines.append(line)
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._is_waiting:
                return
            self._is_waiting = True
        self._came.emit()

    def _wait(self) -> None:
        QTimer.singleShot(SHOWN_EVERY_MS, self._show)

    def _show(self) -> None:
        with self._lock:
            clips, self._clips = self._clips, {}
            takes, self._takes = self._takes, {}
            lines, self._lines = self._lines, []
            self._is_waiting = False
        for clip in clips.values():
            self._events.clip_came.emit(clip)
        for take in takes.values():
            self._events.take_changed.emit(take)
        for line in lines:
            self._events.said.emit(line)
