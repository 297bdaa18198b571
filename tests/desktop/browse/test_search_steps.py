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
