"""How a pull goes: bytes that are here, how fast more come, and the time left, in words."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.terminal.durations import duration_words

_WINDOW_S = 10.0
"""The speed is that of so many seconds: steadier than the last block, and soon right again."""

_SHORTEST_S = 0.5


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far a pull is.

    Attributes:
        here: bytes of the bundle that are on this machine.
        total: bytes of the bundle.
        came: bytes that this pull brought; what was here before is not in them.
    """

    here: int
    total: int
    came: int


TransferCallback = Callable[[Transfer], object]
"""Called at every block of a pull; must be quick."""


def ignore_transfer(_transfer: Transfer) -> None:
    """The transfer callback of a caller who does not ask."""


class TransferMeter:
    """Measures a pull as it goes.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: deque[tuple[float, int]] = deque()
        self._now = Transfer(0, 0, 0)

    def note(self, transfer: Transfer) -> None:
        """Take in where the pull stands; a :data:`TransferCallback`."""
        at = self._clock()
        self._now = transfer
        self._noted.append((at, transfer.came))
        while len(self._noted) > 2 and at - self._noted[1][0] > _WINDOW_S:
            self._noted.popleft()

    @property
    def bytes_per_s(self) -> float | None:
        """How fast it came lately; None before that can be said."""
        if len(self._noted) < 2:
            return None
        (began, before), (_, came) = self._noted[0], self._noted[-1]
        passed = self._clock() - began
        return (came - before) / passed if passed >= _SHORTEST_S else None

    @property
    def left_s(self) -> float | None:
        """Seconds until all is here at that speed; None if that cannot be said."""
        speed = self.bytes_per_s
        return (self._now.total - self._now.here) / speed if speed else None

    @property
    def words(self) -> str:
        """All of it for people: ``412 of 1,893 MB, 11.2 MB/s, 2 min 12 s left``."""
        if not self._now.total:
            return "asking what there is"
        here, total = self._now.here / 1e6, self._now.total / 1e6
        digits = 0 if total >= 100 else 1
        parts = [f"{here:,.{digits}f} of {total:,.{digits}f} MB"]
        speed, left = self.bytes_per_s, self.left_s
        if speed is not None:
            parts.append(f"{speed / 1e6:,.1f} MB/s")
        if left is not None and left >= 1:
            parts.append(f"{duration_words(left)} left")
        return ", ".join(parts)
