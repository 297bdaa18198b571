"""From the search field into what was found, by the arrow keys."""

from __future__ import annotations

from PyQt6.QtCore import Qt

from tests.desktop.browse.conftest import Stage


def test_the_first_step_from_a_search_hears_the_first_find(stage: Stage) -> None:
    played: list[str] = []
    stage.page.play_wanted.connect(played.append)
    stage.select(50)
    search = stage.page._filters.search
    search.setFocus()
    stage.qtbot.keyClicks(search, "breathy")
    stage.settle()
    for _ in range(2):
        stage.qtbot.keyClick(search, Qt.Key.Key_Down)
    assert [stage.page._model.row_of(preset_id) for preset_id in played] == [0, 1]


def test_the_step_takes_the_keys_to_the_list(stage: Stage) -> None:
    search = stage.page._filters.search
    search.setFocus()
    stage.qtbot.keyClick(search, Qt.Key.Key_Down)
    assert stage.page.focusWidget() is stage.page._view


def test_a_step_before_the_search_answers_waits_for_it_and_marks_nothing_else(
    stage: Stage,
) -> None:
    stage.select(50)
    before = stage.page.current
    assert before is not None
    search = stage.page._filters.search
    search.setFocus()
    stage.qtbot.keyClicks(search, "breathy")
    stage.qtbot.keyClick(search, Qt.Key.Key_Down)  # at once
    at_hand = stage.page.current
    assert at_hand is None
    stage.qtbot.keyClick(stage.page._view, Qt.Key.Key_F)
    played: list[str] = []
    stage.page.play_wanted.connect(played.append)
    stage.settle()
    assert [stage.page._model.row_of(preset_id) for preset_id in played] == [0]
    found = stage.page.current
    assert found is not None
    assert found.id == played[0]
    assert stage.page._presets.details(before.id).preset.favourite == before.favourite
