"""Favourites and recents are stepped through from any page, each step heard."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from core.library.errors import LibraryUnusable
from desktop.commands import Commands
from desktop.preset_steps import PresetSteps
from desktop.services.fakes.presets import FakePresets
from desktop.services.interfaces import PresetQuery
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S


class Walk:
    """Steps over presets that are made up, and what came of them."""

    def __init__(self, qtbot: QtBot, count: int) -> None:
        self.presets, self.tasks, self.qtbot = FakePresets(count), Tasks(), qtbot
        self.steps = PresetSteps(self.presets, self.tasks)
        self.heard: list[str] = []
        self.said: list[str] = []
        self.failures: list[Exception] = []
        self.steps.heard.connect(lambda preset_id, _name: self.heard.append(preset_id))
        self.steps.status.connect(self.said.append)
        self.steps.failed.connect(self.failures.append)
        self.commands = Commands()
        self.steps.offer(self.commands)

    def do(self, name: str) -> None:
        self.commands.run(f"steps.{name}")
        timeout = int(LAST_RESORT_S * 1000)
        self.qtbot.waitUntil(lambda: not self.tasks.under_way, timeout=timeout)


@pytest.fixture
def walk(qtbot: QtBot) -> Walk:
    return Walk(qtbot, 60)


def test_favourites_go_round(walk: Walk) -> None:
    query = PresetQuery(favourites=True, order="name")
    ids = [preset.id for preset in walk.presets.page(query, 0, 100).presets]
    for _ in range(len(ids) + 1):
        walk.do("next_favourite")
    walk.do("last_favourite")
    walk.do("last_favourite")
    assert walk.heard == [*ids, ids[0], ids[-1], ids[-2]]
    assert walk.said[0].startswith(f"favourite 1 of {len(ids)}: ")
    walk.steps.set_current(ids[3])
    walk.do("next_favourite")
    assert walk.heard[-1] == ids[4]


def test_recents_are_walked_as_they_were_though_each_is_heard_anew(walk: Walk) -> None:
    for number in (1, 2, 3):
        walk.presets.note_heard(f"{number:032x}")
    recent = [one.id for one in walk.presets.page(PresetQuery(order="recent"), 0, 100).presets]
    assert recent[0] == f"{3:032x}"
    walk.steps.set_current(recent[0])
    for _ in range(3):
        walk.do("next_recent")
    walk.do("last_recent")
    assert walk.heard == [recent[1], recent[2], recent[3], recent[2]]


def test_a_list_that_is_empty_or_cannot_be_read_says_so(qtbot: QtBot) -> None:
    walk = Walk(qtbot, 0)
    walk.do("next_favourite")
    walk.do("next_recent")
    assert walk.said == [
        "No favourites yet; F marks the preset at hand as one", "No preset was heard yet",
    ]  # fmt: skip
    walk.presets.failure = LibraryUnusable("the disk is gone")
    walk.do("next_recent")
    assert [str(error) for error in walk.failures] == ["the disk is gone"]
    assert walk.heard == []
