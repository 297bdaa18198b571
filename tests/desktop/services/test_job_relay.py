"""News of renders from several threads, as the window hears it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.services.job_relay import JobRelay
from desktop.services.jobs_interface import JobEvents, TakeItem, TakeState
from tests.desktop.services.conftest import Until


def take(state: TakeState, number: int = 1) -> TakeItem:
    return TakeItem(number, "clip", "Bell", "here", state, state)


def test_what_is_over_stays_so_whoever_speaks_last(qtbot: QtBot, until: Until) -> None:
    events = JobEvents()
    relay = JobRelay(events)
    said: list[TakeItem] = []
    events.take_changed.connect(said.append)
    relay.take(take("failed"))
    relay.take(take("queued"))  # from the thread that asked for it, a moment late
    until(lambda: said)
    relay.take(take("running"))
    relay.take(take("queued", 2))
    until(lambda: said[-1].id == 2)
    relay.take(take("done", 2))
    until(lambda: said[-1].state == "done")
    assert [(item.id, item.state) for item in said] == [(1, "failed"), (2, "queued"), (2, "done")]
