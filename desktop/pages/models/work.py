"""What is under way for one bundle: a pull, a check, a file that is read or written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QObject, pyqtSignal

from desktop.tasks import Lane, LaneTask, TaskControl, Tasks

BundleAct = Literal["pull", "verify", "import", "export", "remove", "choose"]

_DOING: dict[BundleAct, str] = {
    "pull": QT_TRANSLATE_NOOP("Models", "pulling"),
    "verify": QT_TRANSLATE_NOOP("Models", "checking"),
    "import": QT_TRANSLATE_NOOP("Models", "importing"),
    "export": QT_TRANSLATE_NOOP("Models", "saving"),
    "remove": QT_TRANSLATE_NOOP("Models", "removing"),
    "choose": QT_TRANSLATE_NOOP("Models", "choosing"),
}


class BundleWork(QObject):
    """One thing that is done for a bundle.

    Args:
        act: what.
        bundle_id: for which; empty for an import, which says it at its end.
        parent: the page.

    Attributes:
        changed: it got further.
        done: with its result.
        failed: with its error.
        ended: always, last of all, when it was cancelled too.
        fraction: how far it is, 0…1.
    """

    changed = pyqtSignal()
    done = pyqtSignal(object)
    failed = pyqtSignal(object)
    ended = pyqtSignal()

    def __init__(self, act: BundleAct, bundle_id: str, parent: QObject) -> None:
        super().__init__(parent)
        self.act, self.bundle_id = act, bundle_id
        self.fraction = 0.0
        self._stage = ""
        self._task: LaneTask[Any] | None = None

    @property
    def words(self) -> str:
        """What is being done, for people: ``pulling 41 %: 412 of 1,893 MB, 11.2 MB/s``."""
        if self.is_cancelled:
            return self.tr("stopping …")
        percent = f" {100 * self.fraction:.0f} %" if self.fraction else ""
        stage = f": {self._stage}" if self._stage else " …" if not percent else ""
        return f"{self.tr(_DOING[self.act])}{percent}{stage}"

    @property
    def is_cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._task is not None and self._task.is_cancelled

    def start(self, tasks: Tasks, work: Callable[[TaskControl], object]) -> None:
        """Begin.

        Args:
            tasks: the door to threads.
            work: does it.
        """
        self._task = tasks.run(
            work,
            self.done.emit,
            failed=self.failed.emit,
            lane=Lane.PULLS if self.act == "pull" else Lane.FILES,
            owner=self,
            staged=self._take_stage,
            progressed=self._take_fraction,
        )
        self._task.finished.connect(self.ended)

    def cancel(self) -> None:
        """Stop it; what it has is kept where it can be gone on with."""
        if self._task is not None:
            self._task.cancel()
            self.changed.emit()

    def _take_stage(self, words: str) -> None:
        self._stage = words
        self.changed.emit()

    def _take_fraction(self, fraction: float) -> None:
        self.fraction = fraction
        self.changed.emit()
