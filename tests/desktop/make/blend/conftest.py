"""A blend panel over fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.pages.make.blend.panel import BlendPanel
from desktop.services.fakes.live import FakeLive
from desktop.services.fakes.presets import FakePresets
from desktop.services.interfaces import PresetQuery
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


@pytest.fixture
def presets() -> FakePresets:
    return FakePresets()


@pytest.fixture
def ids(presets: FakePresets) -> list[str]:
    return [preset.id for preset in presets.page(PresetQuery(), 0, 6).presets]


@pytest.fixture
def live() -> FakeLive:
    return FakeLive()


@pytest.fixture
def panel(qtbot: QtBot, presets: FakePresets, live: FakeLive, tasks: Tasks) -> BlendPanel:
    made = BlendPanel(presets, live, tasks)
    qtbot.addWidget(made)
    made.resize(960, 600)
    made.show()
    return made


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """Wait until something is so, events being handled meanwhile."""

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait
