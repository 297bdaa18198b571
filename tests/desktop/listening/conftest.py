"""Blind tests over fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.votes import FakeVotes
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


@pytest.fixture
def audio() -> FakeAudio:
    return FakeAudio()


@pytest.fixture
def votes() -> FakeVotes:
    return FakeVotes()


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """Wait until something is so, events being handled meanwhile."""

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait
