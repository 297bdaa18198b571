"""The browse page over presets that are made up; a Qt warning fails a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from PyQt6.QtCore import QtMsgType, qInstallMessageHandler
from pytestqt.qtbot import QtBot

from desktop.faults import as_fault
from desktop.pages.browse.page import BrowsePage
from desktop.services.fakes.presets import FakePresets
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

HARMLESS = "This plugin does not support"
"""Of the platform without a screen."""


@dataclass
class Stage:
    """A page, what is behind it and what it said."""

    page: BrowsePage
    presets: FakePresets
    tasks: Tasks
    qtbot: QtBot
    said: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def wait(self, happened: Callable[[], object]) -> None:
        """Until something is so."""
        self.qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    def settle(self) -> None:
        """Until nothing is under way."""
        self.wait(lambda: not self.page._typing.isActive() and not self.tasks.under_way)

    def names(self) -> list[str]:
        """Of the first presets in the list."""
        model = self.page._model
        shown = [model.preset(row) for row in range(min(model.total, 50))]
        return [preset.name for preset in shown if preset is not None]

    def select(self, *rows: int) -> None:
        """Rows, the first being the current one."""
        selection = self.page._view.selectionModel()
        assert selection is not None
        flags = selection.SelectionFlag
        model = self.page._model
        selection.setCurrentIndex(model.index(rows[0]), flags.ClearAndSelect)
        for row in rows[1:]:
            selection.select(model.index(row), flags.Select)

    def do(self, name: str) -> None:
        """One of the page's actions, and what follows from it."""
        self.page.actions_by_name[f"browse.{name}"].trigger()
        self.settle()


OpenStage = Callable[[int], Stage]


@pytest.fixture
def warnings_fail() -> Iterator[None]:
    warnings: list[str] = []

    def take(kind: QtMsgType, _context: object, message: str | None) -> None:
        if kind != QtMsgType.QtDebugMsg and HARMLESS not in (message or ""):
            warnings.append(message or "")

    before = qInstallMessageHandler(take)
    yield
    qInstallMessageHandler(before)
    assert warnings == []


@pytest.fixture
def open_stage(qtbot: QtBot, warnings_fail: None) -> Iterator[OpenStage]:
    opened: list[Stage] = []

    def open_(count: int) -> Stage:
        presets, tasks = FakePresets(count), Tasks()
        page = BrowsePage(presets, tasks)
        qtbot.addWidget(page)
        stage = Stage(page, presets, tasks, qtbot)
        page.status.connect(stage.said.append)
        page.failed.connect(lambda said: stage.failures.append(as_fault(said).message))
        page.resize(1000, 600)
        page.show()
        stage.settle()
        opened.append(stage)
        return stage

    yield open_
    for stage in opened:
        stage.tasks.close()


@pytest.fixture
def stage(open_stage: OpenStage) -> Stage:
    return open_stage(60)
