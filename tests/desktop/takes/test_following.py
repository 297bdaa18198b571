"""Which of the clips that come are followed, on the page and on the stage."""

from __future__ import annotations

from core.clip import Clip, Note
from desktop.pages.takes.view import TakesPage
from desktop.services.fakes.jobs import FakeJobs
from desktop.services.jobs_interface import TRIP, ClipItem
from tests.desktop.takes.conftest import Until


def clip_item(name: str, source: str = "Ardour") -> ClipItem:
    return ClipItem(name, Clip.of(name, [Note(0.0, 60, 90, 0.5)]), source, 1.0)


def test_a_test_trip_is_not_followed_but_the_clip_after_it_is(
    jobs: FakeJobs, page: TakesPage, until: Until
) -> None:
    heard: list[str] = []
    page.clip_changed.connect(lambda clip: heard.append(clip.name))
    jobs.events.clip_came.emit(clip_item("mine"))
    jobs.events.clip_came.emit(clip_item("test trip", TRIP))
    until(lambda: page.clip_panel.clips.rowCount() >= 2 and heard)
    assert heard == ["mine"]
    jobs.events.clip_came.emit(clip_item("test trip", TRIP))
    jobs.events.clip_came.emit(clip_item("next"))
    until(lambda: heard[-1] == "next")
    assert heard == ["mine", "next"]


def test_a_test_trip_of_an_earlier_run_is_not_chosen(page: TakesPage) -> None:
    panel = page.clip_panel
    panel.show_clips([clip_item("test trip", TRIP), clip_item("older")])
    assert panel.current is not None
    assert panel.current.id == "older"
    panel.clip_list.setCurrentIndex(panel.clips.index(0))  # who wants it gets it
    assert panel.current.id == "test trip"
