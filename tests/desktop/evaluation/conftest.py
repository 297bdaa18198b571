"""An Evaluation page over fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.pages.evaluation.page import EvaluationPage
from desktop.services.fakes.evaluations import FakeEvaluations
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


@pytest.fixture
def evaluations(qtbot: QtBot) -> FakeEvaluations:
    return FakeEvaluations()


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """Wait until something is so, events being handled meanwhile."""

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


@pytest.fixture
def page(qtbot: QtBot, evaluations: FakeEvaluations, tasks: Tasks, until: Until) -> EvaluationPage:
    made = EvaluationPage(evaluations, tasks)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    until(lambda: made.list.entries and made.new_run.start.isEnabled())
    return made
