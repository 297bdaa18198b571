"""Has takes measured: what was measured before at once, one when it is asked for, others in time.

By itself it measures the finished takes it is given, one after the other, while nothing else is
going on; what is asked for comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from desktop.pages.takes.measured.check_words import LISTENING
from desktop.services.checks.interface import CheckService, TakeCheck
from desktop.services.jobs_interface import TakeItem
from desktop.tasks import Lane, LaneTask, Tasks
from desktop.translations.words import translate

_LOOK_MS = 400


class TakeChecker(QObject):
    """See the module's first lines.

    Args:
        checks: measures.
        tasks: the door to threads.
        is_quiet: whether a take may be measured that nobody asked for.
        parent: its owner.

    Attributes:
        changed: a take's id, its :class:`TakeCheck` or None, and words that stand for None.
    """

    changed = pyqtSignal(int, object, str)

    def __init__(
        self,
        checks: CheckService,
        tasks: Tasks,
        is_quiet: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._checks, self._tasks, self._is_quiet = checks, tasks, is_quiet
        self._seen: set[int] = set()  # known, looked up or about to be
        self._wanted: list[TakeItem] = []
        self._asked: set[int] = set()  # those of them that somebody waits for
        self._running: LaneTask[TakeCheck] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def show_takes(self, takes: Sequence[TakeItem], *, is_measured: bool = True) -> None:
        """These are looked at: find what is known of them.

        Args:
            takes: of one clip.
            is_measured: whether the others are measured in time.
        """
        shown = {take.id for take in takes}
        for take in self._wanted:
            if take.id not in shown and take.id not in self._asked:
                self._seen.discard(take.id)  # if they are looked at again
        self._wanted = [t for t in self._wanted if t.id in shown or t.id in self._asked]
        new = [t for t in takes if t.state == "done" and t.files and t.id not in self._seen]
        if new:
            self._seen |= {take.id for take in new}
            self._tasks.run(
                lambda _control: [self._checks.known(take.files[0]) for take in new],
                lambda found: self._looked_up(new, found, is_measured),
                lane=Lane.FILES,
                owner=self,
            )

    def check(self, take: TakeItem) -> None:
        """Measure a take next."""
        self._seen.add(take.id)
        self._asked.add(take.id)
        self._wanted = [take, *(other for other in self._wanted if other.id != take.id)]
        self.changed.emit(take.id, None, LISTENING)
        self._look()
        self._timer.start()

    def _looked_up(
        self, takes: Sequence[TakeItem], found: Sequence[TakeCheck | None], is_measured: bool
    ) -> None:
        for take, check in zip(takes, found, strict=True):
            if check is not None:
                self.changed.emit(take.id, check, "")
            elif is_measured and take.id not in self._asked:
                self._wanted.append(take)
        if self._wanted:
            self._timer.start()

    def _look(self) -> None:
        if not self._wanted:
            self._timer.stop()
            return
        take = self._wanted[0]
        if self._running is not None or not (take.id in self._asked or self._is_quiet()):
            return
        self._wanted.pop(0)
        self.changed.emit(take.id, None, LISTENING)
        self._running = self._tasks.run(
            lambda control: self._checks.check(take.files[0], control),
            lambda check: self._ended(take, check, ""),
            failed=lambda error: self._ended(take, None, _why_not(error)),
            lane=Lane.CHECKS,
            owner=self,
        )

    def _ended(self, take: TakeItem, check: TakeCheck | None, words: str) -> None:
        self._running = None
        self._asked.discard(take.id)
        self.changed.emit(take.id, check, words)
        self._look()


def _why_not(error: Exception) -> str:
    return translate("Takes", "cannot be measured: {reason}").format(
        reason=" ".join(str(error).split()) or type(error).__name__
    )
