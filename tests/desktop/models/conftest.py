"""A Models page over fakes, and the real service over a hub on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.pages.models.page import ModelsPage
from desktop.services.fakes.models import FakeModels
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """Wait until something is so, events being handled meanwhile."""

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


@pytest.fixture
def page(qtbot: QtBot, models: FakeModels, tasks: Tasks, until: Until) -> ModelsPage:
    made = ModelsPage(models, tasks)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    until(lambda: made.list.entries)
    return made
