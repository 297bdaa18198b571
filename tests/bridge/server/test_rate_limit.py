"""Rates are kept for each key, and a busy source does not hold up another."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from bridge.server.fair_executor import MAX_WAITING_PER_SOURCE, FairExecutor
from bridge.server.rate_limit import MAX_KEYS, RateLimit
from tests.helpers.waiting import LAST_RESORT_S


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_a_rate_for_each_key() -> None:
    clock = Clock()
    rate = RateLimit(per_s=10, burst=3, clock=clock)
    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]
    assert rate.allows("b")
    clock.now = 0.1
    assert [rate.allows("a") for _ in range(2)] == [True, False]
    clock.now = 99.0
    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]


def test_what_is_charged_is_owed_for_a_second_at_most() -> None:
    clock = Clock()
    rate = RateLimit(per_s=10, burst=3, clock=clock)
    rate.charge("a", 1000)
    clock.now = 0.9
    assert not rate.allows("a")
    clock.now = 1.11
    assert rate.allows("a")


def test_keys_are_bounded() -> None:
    rate = RateLimit(per_s=1, burst=1, clock=Clock())
    assert rate.allows("first")
    assert not rate.allows("first")
    for key in range(MAX_KEYS):
        rate.allows(key)
    assert rate.allows("first")  # forgotten


def test_sources_take_turns() -> None:
    done: list[str] = []
    go = threading.Event()

    async def run() -> None:
        executor = FairExecutor()
        waiting: list[asyncio.Future[Any]] = [
            executor.submit("busy", lambda: go.wait(LAST_RESORT_S))
        ]
        waiting += [executor.submit("busy", partial(done.append, f"busy {n}")) for n in range(3)]
        waiting.append(executor.submit("other", lambda: done.append("other")))
        go.set()
        await asyncio.gather(*waiting)
        failing = executor.submit("busy", lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await failing
        assert await executor.submit("busy", lambda: 7) == 7
        executor.close()

    asyncio.run(run())
    assert done[:2] in (["busy 0", "other"], ["other", "busy 0"])
    assert [name for name in done if name != "other"] == ["busy 0", "busy 1", "busy 2"]


def test_a_source_has_only_so_much_room() -> None:
    async def run() -> None:
        executor = FairExecutor()
        go = threading.Event()
        executor.submit("busy", lambda: go.wait(LAST_RESORT_S))
        for _ in range(MAX_WAITING_PER_SOURCE):
            assert executor.has_room("busy")
            executor.submit("busy", lambda: None)
        assert not executor.has_room("busy")
        assert executor.has_room("other")
        go.set()
        executor.close()

    asyncio.run(run())
