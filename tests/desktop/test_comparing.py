"""Batches and blind tests in the window that puts them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.app import Desktop
from desktop.listening.opener import BlindTests
from desktop.listening.votes_dialog import VotesDialog
from desktop.pages.batch.page import BatchPage
from desktop.pages.takes.view import TakesPage
from desktop.services.fakes.jobs import FakeJobs, fake_clip
from tests.desktop.conftest import MakeDesktop
from tests.desktop.frame_fakes import FakePage
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]
_Kind = TypeVar("_Kind", bound=QObject)


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


@pytest.fixture
def desktop(make_desktop: MakeDesktop, until: Until) -> Desktop:
    """A window with a clip."""
    made = make_desktop()
    made.show()
    jobs = made.services.jobs
    assert isinstance(jobs, FakeJobs)
    jobs.receive(fake_clip("riff", 8))
    until(lambda: part(made, TakesPage).current_clip)
    return made


def part(desktop: Desktop, kind: type[_Kind]) -> _Kind:
    """The only one of a kind in the window."""
    (found,) = desktop.window.findChildren(kind)
    return found


def test_the_clip_in_many_presets_is_a_batch(desktop: Desktop, until: Until) -> None:
    ids = [preset.id for preset in desktop.services.jobs.presets("")[:3]]
    part(desktop, FakePage).render_wanted.emit(ids)
    batch = part(desktop, BatchPage)
    assert batch.sheet is not None
    batch.sheet.go.click()
    until(lambda: desktop.window.page == "batch")
    assert batch.group is not None
    assert batch.group.title == "riff in 3 presets"
    assert desktop.window.commands.run("batch.cancel")
    until(lambda: batch.group and not batch.group.left)


def test_presets_of_the_list_are_compared_blind(desktop: Desktop, until: Until) -> None:
    part(desktop, FakePage).blind_wanted.emit(["id of Bell"])
    fault = desktop.window.error_line.fault
    assert fault is not None
    assert "two or more presets" in fault.message
    tests = part(desktop, BlindTests)
    part(desktop, TakesPage).blind_wanted.emit([])
    assert tests.dialog is None
    desktop.window.commands.run("blind.votes")
    until(lambda: part(desktop, VotesDialog).words.startswith("No votes yet"))


def test_how_fast_it_renders_is_kept(make_desktop: MakeDesktop) -> None:
    first = make_desktop()
    first.show()
    assert part(first, BatchPage).pace.seconds_per_s is None
    part(first, BatchPage).pace._measure(0.25)
    first.window.close()
    first.close()
    again = make_desktop()
    assert part(again, BatchPage).pace.seconds_per_s == 0.25
