"""The one door between the window and whatever takes time.

Work runs in lanes, threads of their own, and comes back on the thread of the window, so that
no widget waits and none is touched from outside. A lane of one thread keeps an order: what is
asked of the library is answered in turn, while a render waits in another lane.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Any, Generic, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, pyqtSignal

from core.errors import Cancelled

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_SHOWN_EVERY_S = 0.03


HEAR = "hear a preset"
"""The name (:meth:`Tasks.run`'s ``replaces``) of what the user wants to hear, and of what is made
ready for it: loading a model gives way to a sound that is there already."""


class Lane(Enum):
    """Where work waits for its turn; the value is how many threads it has."""

    LIBRARY = ("library", 1)
    """Quick questions to the library, in turn."""

    AUDITION = ("audition", 1)
    """What the user listens for; a newer wish takes the place of an older one."""

    BACKGROUND = ("background", 1)
    """What nobody waits for: measuring presets, drawing their pictures."""

    CHECKS = ("checks", 1)
    """Takes measured one after the other; each waits for a process that does it."""

    FILES = ("files", 2)
    """Imports, exports, copies, downloads."""

    BRIDGE = ("bridge", 1)
    """The bridge going on, which takes as long as a model takes to load."""

    PULLS = ("pulls", 1)
    """Models that come over the network, for hours: nothing else waits for them."""


class TaskControl:
    """What work tells the window while it runs, and how it learns that it should stop."""

    def __init__(self, task: LaneTask[Any]) -> None:
        self._task = task
        self._shown_at = 0.0

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._task.is_cancelled

    def progress(self, fraction: float) -> bool:
        """A :data:`core.progress.ProgressCallback`: how far it is, 0…1; False says stop."""
        now = time.monotonic()
        if now - self._shown_at >= _SHOWN_EVERY_S or fraction >= 1.0:
            self._shown_at = now
            self._task.progressed.emit(fraction)
        return not self._task.is_cancelled

    def stage(self, words: str) -> None:
        """A :data:`core.progress.StageCallback`: what is being done."""
        self._task.staged.emit(words)


class LaneTask(QObject, Generic[_T]):
    """Work on its way. Signals arrive on the thread of the window.

    Attributes:
        progressed: the fraction done.
        staged: what is being done.
        finished: always, last of all.
    """

    progressed = pyqtSignal(float)
    staged = pyqtSignal(str)
    finished = pyqtSignal()
    _ended = pyqtSignal(object, object)

    def __init__(
        self,
        work: Callable[[TaskControl], _T],
        then: Callable[[_T], object] | None,
        failed: Callable[[Exception], object] | None,
        owner: QObject | None,
    ) -> None:
        super().__init__()
        self._work, self._then, self._failed, self._owner = work, then, failed, owner
        self._cancelled = threading.Event()
        # From a thread of a lane, by the window's queue of events.
        self._ended.connect(self._deliver, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    @property
    def is_cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop; its result, if it comes still, is dropped."""
        self._cancelled.set()

    def run(self) -> None:
        """Do the work; called on a thread of a lane."""
        result: _T | None = None
        error: Exception | None = None
        if not self.is_cancelled:
            try:
                result = self._work(TaskControl(self))
            except Exception as caught:
                error = caught
        self._ended.emit(result, error)

    def _deliver(self, result: Any, error: Exception | None) -> None:
        gone = self._owner is not None and sip.isdeleted(self._owner)
        try:
            if self.is_cancelled or gone or isinstance(error, Cancelled):
                return
            if error is None:
                if self._then is not None:
                    self._then(result)
            elif self._failed is not None:
                self._failed(error)
            else:
                _log.error("work failed", exc_info=error)
        finally:
            self.finished.emit()


class Tasks(QObject):
    """See the module's first lines.

    Attributes:
        failed: an error that nobody took, for the status line.
    """

    failed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {
            lane: ThreadPoolExecutor(lane.value[1], thread_name_prefix=lane.value[0])
            for lane in Lane
        }
        self._running: dict[LaneTask[Any], Lane] = {}
        self._latest: dict[str, LaneTask[Any]] = {}
        self._is_closed = False

    def run(
        self,
        work: Callable[[TaskControl], _T],
        then: Callable[[_T], object] | None = None,
        *,
        failed: Callable[[Exception], object] | None = None,
        lane: Lane = Lane.LIBRARY,
        owner: QObject | None = None,
        replaces: str = "",
        staged: Callable[[str], object] | None = None,
        progressed: Callable[[float], object] | None = None,
    ) -> LaneTask[_T]:
        """Have work done on another thread.

        Args:
            work: what to do; touches no widget.
            then: called with its result on the thread of the window.
            failed: called with its error there; without it :attr:`failed` is emitted.
            lane: where it waits.
            owner: nothing is called any more once this is gone.
            replaces: work of the same name that is under way is cancelled: of what was typed,
                only the last is looked for.
            staged: connected to the task's signal before the work begins, so that nothing is
                missed; a method of a QObject.
            progressed: as ``staged``.
        """
        task = LaneTask(work, then, failed or self.failed.emit, owner)
        if staged is not None:
            task.staged.connect(staged)
        if progressed is not None:
            task.progressed.connect(progressed)
        if self._is_closed:
            task.cancel()
            return task
        if replaces:
            before = self._latest.get(replaces)
            if before is not None:
                before.cancel()
            self._latest[replaces] = task
        self._running[task] = lane
        task.finished.connect(lambda: self._forget(task, replaces))
        self._lanes[lane].submit(task.run)
        return task

    @property
    def under_way(self) -> int:
        """How many tasks wait or run."""
        return len(self._running)

    def under_way_in(self, *lanes: Lane) -> int:
        """How many of them wait or run in some lanes."""
        return sum(lane in lanes for lane in self._running.values())

    def close(self) -> None:
        """Cancel what takes long and wait for what runs to notice; edits are still kept."""
        self._is_closed = True
        for task, lane in self._running.items():
            if lane is not Lane.LIBRARY:
                task.cancel()
        for lane, executor in self._lanes.items():
            executor.shutdown(wait=True, cancel_futures=lane is not Lane.LIBRARY)

    def _forget(self, task: LaneTask[Any], name: str) -> None:
        self._running.pop(task, None)
        if self._latest.get(name) is task:
            del self._latest[name]
