"""How long the thread of the window was held, and by what.

A timer of that thread ticks every few milliseconds; a tick that is late was held up. While it is,
another thread looks at what the window's is doing, so a test that fails says where.
"""

from __future__ import annotations

import faulthandler
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtCore import Qt, QTimer

ALLOWED_MS = 50.0
_TICK_MS = 5
_PLACES, _LINES = 5, 6
"""How much is told of where the thread was."""


class GuiWatchdog:
    """What was seen.

    Attributes:
        longest_ms: the longest time between two ticks by the clock, other programs included.
        longest_busy_ms: the longest that the thread itself computed between two ticks: what a
            busy machine does not change, and what is to stay under :data:`ALLOWED_MS`.
        longest_held_ms: the longest time between two ticks that this process computed in, on any
            thread: one that does not let the window's run is in it, other programs are not.
        held_by: where the window's thread was seen in the longest of them, the places it was
            seen at most often first; empty if it was short.
    """

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self.longest_busy_ms = 0.0
        self.longest_held_ms = 0.0
        self.held_by = ""
        self._watched = threading.get_ident()
        self._ticked_at = time.monotonic()
        self._computed_at = time.thread_time()
        self._process_computed_at = time.process_time()
        self._seen: Counter[str] = Counter()
        self._is_over = threading.Event()

    def tick(self) -> None:
        """The window's thread is free."""
        now, computed = time.monotonic(), time.thread_time()
        busy_ms = 1e3 * (computed - self._computed_at)
        waited_ms = 1e3 * (now - self._ticked_at)
        process_ms = 1e3 * (time.process_time() - self._process_computed_at)
        self.longest_ms = max(self.longest_ms, waited_ms)
        self.longest_held_ms = max(self.longest_held_ms, min(waited_ms, process_ms))
        if busy_ms > self.longest_busy_ms:
            self.longest_busy_ms = busy_ms
            places = self._seen.most_common(_PLACES) if busy_ms > ALLOWED_MS / 2 else []
            self.held_by = "\n".join(f"seen {count} times:\n{place}" for place, count in places)
        self._seen = Counter()
        self._ticked_at, self._computed_at = now, computed
        self._process_computed_at = time.process_time()

    def watch(self) -> None:
        """On another thread: look at what holds the window's."""
        while not self._is_over.wait(_TICK_MS / 1e3):
            if 1e3 * (time.monotonic() - self._ticked_at) > ALLOWED_MS / 2:
                lines = stack_of(self._watched).splitlines()[:_LINES]
                self._seen["\n".join(lines)] += 1

    def end(self) -> None:
        """Stop looking."""
        self._is_over.set()

    def __str__(self) -> str:
        return (
            f"the window's thread was held {self.longest_busy_ms:.0f} ms at most "
            f"({self.longest_held_ms:.0f} ms with this program's other threads, "
            f"{self.longest_ms:.0f} ms by the clock)\n{self.held_by}"
        )


def stack_of(thread: int) -> str:
    """Where a thread is, the innermost first; empty if it is no more.

    Not by its frames: whoever holds one keeps its variables alive, such as a painter that has
    to be gone when the painting is over.
    """
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        text = file.read().decode(errors="replace")
    found = re.search(rf"^Thread 0x0*{thread:x}\b.*\n((?:  .*\n)*)", text, re.MULTILINE)
    return found[1] if found else ""


@contextmanager
def gui_watchdog() -> Iterator[GuiWatchdog]:
    """Watch the thread of the window during the block, which has to run its events."""
    watchdog = GuiWatchdog()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(watchdog.tick)
    timer.start(_TICK_MS)
    thread = threading.Thread(target=watchdog.watch, daemon=True)
    thread.start()
    try:
        yield watchdog
        watchdog.tick()
    finally:
        timer.stop()
        watchdog.end()
        thread.join()
