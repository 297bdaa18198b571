"""How long a second of sound takes to render here, from renders that were watched. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable

from desktop.services.jobs_interface import TakeItem

_RENDERING = "rendering"
"""How a take's stage begins while the model plays; loading it before is no part of the pace."""

_NEWEST_WEIGHS = 0.5


class RenderPace:
    """Watches renders. Several at once share the machine, and are measured together.

    Args:
        seconds_per_s: as it was measured earlier; 0 if it was not.
        clock: seconds that only rise.
    """

    def __init__(
        self, seconds_per_s: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pace = seconds_per_s
        self._clock = clock
        self._running: set[int] = set()
        self._began, self._done_s, self._is_clean = 0.0, 0.0, True

    @property
    def seconds_per_s(self) -> float | None:
        """Time that a second of sound takes; None if that was not measured yet."""
        return self._pace or None

    def observe(self, take: TakeItem, length_s: float) -> None:
        """A take got further.

        Args:
            take: as it is now.
            length_s: of its clip.
        """
        if take.state == "running":
            if take.stage.startswith(_RENDERING):
                self._begin(take.id)
            return
        if take.id not in self._running:
            return  # it was there already, or never begun
        self._running.discard(take.id)
        self._done_s += length_s if take.state == "done" else 0.0
        self._is_clean &= take.state == "done" and length_s > 0
        if not self._running and self._is_clean:
            self._measure((self._clock() - self._began) / self._done_s)

    def _begin(self, take_id: int) -> None:
        if not self._running:
            self._began, self._done_s, self._is_clean = self._clock(), 0.0, True
        self._running.add(take_id)

    def _measure(self, pace: float) -> None:
        before = self._pace or pace
        self._pace = _NEWEST_WEIGHS * pace + (1.0 - _NEWEST_WEIGHS) * before
