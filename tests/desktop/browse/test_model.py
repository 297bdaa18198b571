"""The list fetches what is looked at, and of queries that follow each other only the last."""

from __future__ import annotations

import threading

from PyQt6.QtCore import Qt

from core.library.presets import PresetPage
from desktop.pages.browse.model import PAGE, PRESET_ROLE
from desktop.services.interfaces import PresetQuery
from tests.desktop.browse.conftest import OpenStage, Stage


def test_a_long_list_is_fetched_where_one_looks(open_stage: OpenStage) -> None:
    stage = open_stage(100_000)
    view, model = stage.page._view, stage.page._model
    assert model.rowCount() == 100_000
    assert {offset for _, offset in stage.presets.pages} == {0}
    stage.qtbot.keyClick(view, Qt.Key.Key_End)
    stage.settle()
    view.viewport_().grab()
    stage.wait(lambda: model.preset(99_999) is not None)
    assert len({offset for _, offset in stage.presets.pages}) <= 3


def test_pages_one_scrolls_past_are_not_waited_for(open_stage: OpenStage) -> None:
    stage = open_stage(20_000)
    model = stage.page._model
    gate, page = threading.Event(), stage.presets.page

    def slow(query: PresetQuery, offset: int, limit: int) -> PresetPage:
        gate.wait()
        return page(query, offset, limit)

    stage.presets.pages.clear()
    stage.presets.page = slow  # type: ignore[method-assign]
    for row in range(PAGE, 20_000, PAGE):
        assert model.index(row).data(PRESET_ROLE) is None
    gate.set()
    stage.settle()
    assert model.preset(20_000 - PAGE) is not None
    assert len(stage.presets.pages) < 10


def test_a_query_that_was_overtaken_is_never_shown(stage: Stage) -> None:
    shown: list[str] = []
    stage.page._model.loaded.connect(lambda: shown.append(stage.page._model.query.text))
    for text in ("w", "wa", "war", "warm"):
        stage.page._model.show(PresetQuery(text=text))
    stage.settle()
    assert shown == ["warm"]


def test_a_list_that_got_shorter_meanwhile_is_begun_anew(open_stage: OpenStage) -> None:
    stage = open_stage(3 * PAGE)
    model = stage.page._model
    for preset_id in list(stage.presets._presets)[: 2 * PAGE + 10]:
        stage.presets.remove(preset_id)
    assert model.index(PAGE).data(PRESET_ROLE) is None
    stage.settle()
    assert model.total == PAGE - 10
    assert model.preset(0) is not None


def test_a_picture_that_cannot_be_drawn_is_asked_for_once(stage: Stage) -> None:
    stage.page.set_query(PresetQuery(kind="blend"))
    stage.settle()
    preset = stage.page._model.preset(0)
    assert preset is not None
    pictures = stage.page._pictures
    assert pictures.image(preset) is None
    assert not pictures.is_waiting(preset)
    assert stage.page._details._picture._words == "No picture of this sound yet."


def test_a_search_after_the_window_closed_is_given_up(open_stage: OpenStage) -> None:
    stage = open_stage(60)
    stage.tasks.close()
    for _ in range(20):  # a task that nobody holds is gone at once
        stage.page._model.show(PresetQuery(text="warm"))
    assert stage.page._model.total == 60
