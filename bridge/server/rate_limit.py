"""How much one peer may send: token buckets, bounded in number."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MAX_KEYS = 1024


class RateLimit:
    """A rate for each key; keys not used for longest are forgotten.

    Args:
        per_s: sustained rate.
        burst: at once, after a rest.
        clock: seconds.
    """

    def __init__(
        self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def allows(self, key: Hashable) -> bool:
        """Whether one more is allowed now; counts it if so."""
        left = self._refilled(key)
        if left >= 1:
            self._left[key] = (left - 1, self._left[key][1])
        return left >= 1

    def charge(self, key: Hashable, count: float) -> None:
        """Count some more, whether they are allowed or not; at worst a rest of 1 s is owed.

        Args:
            key: whose.
            count: how many.
        """
        left = max(self._refilled(key) - count, -self._per_s)
        self._left[key] = (left, self._left[key][1])

    def _refilled(self, key: Hashable) -> float:
        now = self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        self._left[key] = (left, now)
        if len(self._left) > MAX_KEYS:
            self._left.popitem(last=False)
        return left
