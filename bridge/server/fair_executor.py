"""Where the server's slow requests wait their turn: one thread, sources in rotation.

A source with a thousand requests holds up another's first one by a single request.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

MAX_WAITING_PER_SOURCE = 500
MAX_WAITING = 2_000

_Result = TypeVar("_Result")


class FairExecutor:
    """Requests that wait for one thread. For use in an event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "bridge requests")
        self._waiting: OrderedDict[
            Hashable, deque[tuple[Callable[[], Any], asyncio.Future[Any]]]
        ] = OrderedDict()
        self._count = 0
        self._is_busy = False

    def has_room(self, source: Hashable) -> bool:
        """Whether one more request of a source may wait."""
        own = self._waiting.get(source, ())
        return self._count < MAX_WAITING and len(own) < MAX_WAITING_PER_SOURCE

    def submit(self, source: Hashable, work: Callable[[], _Result]) -> asyncio.Future[_Result]:
        """Have work done when its source's turn comes; a source's own work stays in order.

        Args:
            source: whose request it is.
            work: called in the thread.

        Returns:
            What the work returns or raises.
        """
        future: asyncio.Future[_Result] = self._loop.create_future()
        self._waiting.setdefault(source, deque()).append((work, future))
        self._count += 1
        self._start_next()
        return future

    def close(self) -> None:
        """Finish what is under way, and forget the rest."""
        self._waiting.clear()
        self._thread.shutdown(wait=True)

    def _start_next(self) -> None:
        if self._is_busy or not self._waiting:
            return
        source, own = self._waiting.popitem(last=False)
        work, future = own.popleft()
        self._count -= 1
        if own:
            self._waiting[source] = own  # behind all others
        self._is_busy = True

        def finish(done: asyncio.Future[Any]) -> None:
            self._is_busy = False
            error = done.exception()
            if future.cancelled():
                pass
            elif error is None:
                future.set_result(done.result())
            else:
                future.set_exception(error)
            self._start_next()

        self._loop.run_in_executor(self._thread, work).add_done_callback(finish)
