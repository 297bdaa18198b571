"""What one does on the browse page: find, step and hear, mark, change and take it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QWidget

from core.errors import TimbreError
from core.library.errors import LibraryUnusable
from core.library.presets import PresetPage
from desktop.pages.browse.files import files_in, mime_of
from desktop.pages.browse.model import MOST_FOUND, PAGE
from desktop.services.interfaces import PresetQuery
from tests.desktop.browse.conftest import OpenStage, Stage


def test_the_list_shows_every_preset_mine_first(stage: Stage) -> None:
    assert stage.page._model.total == 60
    shown = [stage.page._model.preset(row) for row in range(60)]
    keys = [(one.factory, one.name.casefold()) for one in shown if one is not None]
    assert len(keys) == 60
    assert keys == sorted(keys)
    order = stage.page._filters._order
    order.activated.emit(order.findData("name"))
    stage.settle()
    assert stage.names() == sorted(stage.names(), key=str.casefold)
    assert stage.said[-1] == "60 presets"


def test_what_is_typed_is_looked_for(stage: Stage) -> None:
    stage.page._view.setFocus()
    stage.qtbot.keyClicks(stage.page._view, "w")
    stage.qtbot.keyClicks(stage.page._filters.search, "arm b")
    stage.settle()
    assert stage.page.query.text == "warm b"
    assert stage.names() == ["Warm Bell", "Warm Cello"]  # it is tagged: bow
    stage.qtbot.keyClick(stage.page._filters.search, Qt.Key.Key_Escape)
    stage.settle()
    assert stage.page._model.total == 60


def test_a_search_that_finds_too_many_says_so(open_stage: OpenStage) -> None:
    from core.library.search import RANKED

    assert MOST_FOUND == RANKED
    stage = open_stage(0)
    stage.presets.page = lambda *_: PresetPage((), MOST_FOUND)  # type: ignore[method-assign]
    stage.page.set_query(PresetQuery(text="a"))
    stage.settle()
    assert stage.said[-1] == "the first 1,000 presets; more words find fewer"


def test_words_typed_fast_are_one_search(stage: Stage) -> None:
    stage.presets.pages.clear()
    stage.qtbot.keyClicks(stage.page._filters.search, "glassy")
    stage.settle()
    assert {query.text for query, _ in stage.presets.pages} <= {"glassy", "glass", "glas"}
    assert len(stage.presets.pages) < 6


def test_filters_hold_together_and_can_be_cleared(stage: Stage) -> None:
    filters = stage.page._filters
    filters._favourites.click()
    filters._kinds["text"].click()
    filters._owners[True].click()
    filters.tags.chosen.emit("warm")
    stage.settle()
    assert stage.page.query == PresetQuery(kind="text", tag="warm", favourites=True, mine=None) or (
        stage.page.query.mine is True
    )
    assert stage.page._shown.currentWidget() is stage.page._empty
    assert "Nothing found" in stage.page._empty.words
    stage.page._empty.button.click()
    stage.settle()
    assert (stage.page._model.total, stage.page.query) == (60, PresetQuery())


def test_presets_are_sorted_as_one_chooses(stage: Stage) -> None:
    order = stage.page._filters._order
    order.activated.emit(order.findData("rating"))
    stage.settle()
    ratings = [stage.page._model.preset(row).rating for row in range(60)]  # type: ignore[union-attr]
    assert ratings == sorted(ratings, reverse=True)
    stage.page.set_query(PresetQuery(text="warm"))
    assert not order.isEnabled()


def test_each_step_is_heard_and_a_search_is_not(stage: Stage) -> None:
    played: list[str] = []
    stage.page.play_wanted.connect(played.append)
    view = stage.page._view
    view.setFocus()
    stage.qtbot.keyClick(view, Qt.Key.Key_Down)
    stage.qtbot.keyClick(stage.page._filters.search, Qt.Key.Key_Down)
    stage.do("previous")
    assert [stage.page._model.row_of(preset_id) for preset_id in played] == [1, 2, 1]
    played.clear()
    stage.page.set_query(PresetQuery(text="glassy"))
    stage.settle()
    assert played == []
    stage.do("play")
    assert played == [stage.page.current.id]  # type: ignore[union-attr]


def test_what_was_heard_comes_first_among_the_recent(stage: Stage) -> None:
    stage.select(7)
    stage.do("play")
    heard = stage.page.current
    stage.page.set_query(PresetQuery(order="recent"))
    stage.settle()
    assert stage.page._model.preset(0) == heard


def test_the_presets_at_hand_are_rendered(stage: Stage) -> None:
    wanted: list[list[str]] = []
    stage.page.render_wanted.connect(wanted.append)
    stage.select(2, 3)
    stage.do("render")
    model = stage.page._model
    assert wanted == [[model.preset(2).id, model.preset(3).id]]  # type: ignore[union-attr]


def test_presets_go_into_a_blend_and_a_blend_is_opened(stage: Stage) -> None:
    blended: list[list[str]] = []
    opened: list[str] = []
    stage.page.blend_wanted.connect(blended.append)
    stage.page.edit_blend_wanted.connect(opened.append)
    stage.page.set_query(PresetQuery(kind="text"))
    stage.settle()
    stage.select(0, 1)
    stage.do("blend")
    model, edit = stage.page._model, stage.page.actions_by_name["browse.edit_blend"]
    assert blended == [[model.preset(0).id, model.preset(1).id]]  # type: ignore[union-attr]
    assert (edit.isEnabled(), edit.statusTip()) == (False, "it is no blend")
    stage.page.set_query(PresetQuery(kind="blend"))
    stage.settle()
    stage.select(0)
    stage.do("edit_blend")
    assert opened == [model.preset(0).id]  # type: ignore[union-attr]


def test_marks_are_set_where_they_are_seen(stage: Stage) -> None:
    page, view = stage.page, stage.page._view
    delegate = view.itemDelegate()
    cell = view.visualRect(page._model.index(3))
    before = page._model.preset(3)
    assert before is not None
    for rect in (delegate.favourite_rect(cell), delegate.rating_rect(cell)):  # type: ignore[union-attr]
        stage.qtbot.mouseClick(
            view.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() + QPoint(4, 8)
        )
        stage.settle()
    after = page._model.preset(3)
    assert after is not None
    assert after.favourite is not before.favourite
    assert after.rating == (0 if before.rating == 1 else 1)
    assert view.currentIndex().row() == 0


def test_keys_mark_all_that_is_selected_and_undo_takes_it_back(stage: Stage) -> None:
    stage.select(0, 1, 2)
    before = [stage.page._model.preset(row) for row in range(3)]
    stage.page.setFocus()
    stage.qtbot.keyClick(stage.page._view, Qt.Key.Key_4)
    stage.settle()
    model = stage.page._model
    assert [model.preset(row).rating for row in range(3)] == [4, 4, 4]  # type: ignore[union-attr]
    stage.do("undo")
    assert [model.preset(row) for row in range(3)] == before
    stage.do("redo")
    assert [model.preset(row).rating for row in range(3)] == [4, 4, 4]  # type: ignore[union-attr]


def test_a_preset_is_renamed_in_place(stage: Stage) -> None:
    model = stage.page._model
    before = model.preset(0)
    assert before is not None
    model.setData(model.index(0), "Mine own")
    stage.settle()
    assert model.preset(0).name == "Mine own"  # type: ignore[union-attr]
    assert stage.page._details.preset == model.preset(0)
    stage.do("undo")
    assert model.preset(0) == before
    model.setData(model.index(0), model.preset(1).name)  # type: ignore[union-attr]
    stage.settle()
    assert "there is a preset" in stage.failures[-1]
    assert not stage.page._edits.stack.canUndo()


def test_what_was_deleted_comes_back_with_its_id(stage: Stage) -> None:
    stage.select(4, 5)
    gone = stage.names()[4:6]
    stage.do("delete")
    assert stage.page._model.total == 58
    assert not set(gone) & set(stage.names())
    stage.do("undo")
    assert stage.names()[4:6] == gone
    assert stage.page.current.name in gone  # type: ignore[union-attr]
    stage.do("redo")
    assert stage.page._model.total == 58


def test_everything_can_be_selected_and_deleted_unseen(open_stage: OpenStage) -> None:
    stage = open_stage(2 * PAGE + 1)
    stage.page._view.selectAll()
    stage.do("delete")
    assert "No presets yet" in stage.page._empty.words
    stage.do("undo")
    assert stage.page._model.total == 2 * PAGE + 1


def test_a_copy_is_at_hand_and_can_be_taken_back(stage: Stage) -> None:
    stage.select(3)
    name = stage.names()[3]
    stage.do("duplicate")
    assert stage.page.current.name == f"{name} (2)"  # type: ignore[union-attr]
    stage.do("undo")
    assert stage.page._model.total == 60
    stage.do("redo")
    assert stage.page._model.total == 61


def test_tags_are_given_and_taken_from_several(stage: Stage) -> None:
    stage.select(0, 1)
    common = stage.page._model.preset(0).tags[0]  # type: ignore[union-attr]
    stage.page._selection.tag(["Evening", f"-{common}"])
    stage.settle()
    for row in (0, 1):
        tags = stage.page._model.preset(row).tags  # type: ignore[union-attr]
        assert "evening" in tags
        assert common not in tags
    stage.do("undo")
    assert common in stage.page._model.preset(0).tags  # type: ignore[union-attr]


def test_one_that_fails_leaves_none_changed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    edit, calls = stage.presets.edit, []

    def refuse_third(preset_id: str, **values: object) -> object:
        calls.append(preset_id)
        if len(calls) == 3:
            raise LibraryUnusable("the disk is full; free some space")
        return edit(preset_id, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.presets, "edit", refuse_third)
    before = list(stage.presets._presets.values())
    stage.select(0, 1, 2)
    stage.do("rate_5")
    assert stage.failures == ["the disk is full; free some space"]
    assert list(stage.presets._presets.values()) == before


def test_details_tell_recipe_lineage_versions_and_gain(stage: Stage) -> None:
    stage.page.set_query(PresetQuery(kind="blend"))
    stage.settle()
    stage.select(1)
    stage.settle()
    details = stage.page._details
    assert details._recipe.text().startswith("60 % ")
    assert details._gain.text() == "not measured yet"
    details.part_wanted.emit("Small Drawbars")
    stage.settle()
    assert stage.page.query == PresetQuery(text="Small Drawbars")


def test_more_like_this_lists_neighbours_until_it_is_let_go(stage: Stage) -> None:
    stage.select(9)
    preset = stage.page.current
    assert preset is not None
    stage.do("like")
    assert stage.page._model.total == 59
    assert set(stage.page._model.preset(0).tags) & set(preset.tags)  # type: ignore[union-attr]
    stage.page._filters._like.click()
    stage.settle()
    assert stage.page._model.total == 60


def test_files_dropped_become_presets_and_each_bad_one_is_told(
    stage: Stage, tmp_path: Path
) -> None:
    for name in ("Harp.wav", "Lute.timbre"):
        (tmp_path / name).write_bytes(b"x")
    files = [tmp_path / "Harp.wav", tmp_path / "Lute.timbre", tmp_path / "gone.wav"]
    drop(stage.page, files)
    stage.settle()
    assert stage.page._model.total == 62
    assert stage.page.current.name == "Lute"  # type: ignore[union-attr]
    assert stage.failures == [f"{tmp_path / 'gone.wav'}: no such file"]
    drop(stage.page, [tmp_path])
    stage.settle()
    assert stage.page._model.total == 64


def test_presets_go_into_files_and_our_own_drag_is_no_import(stage: Stage, tmp_path: Path) -> None:
    stage.select(0, 1)
    stage.page._files.export(stage.page._selection.presets(), tmp_path)
    stage.settle()
    assert sorted(file.stem for file in tmp_path.iterdir()) == sorted(stage.names()[:2])
    chosen = stage.page._selection.presets()()
    mime = mime_of(chosen, [tmp_path / "a.timbre"])
    assert mime.urls() == [QUrl.fromLocalFile(str(tmp_path / "a.timbre"))]
    assert files_in(mime) == []


@pytest.mark.parametrize("error", [LibraryUnusable("it is damaged"), TimbreError("no")])
def test_a_library_that_fails_is_told_with_a_way_out(stage: Stage, error: Exception) -> None:
    stage.presets.failure = error
    stage.do("refresh")
    assert str(error) in stage.page._empty.words
    stage.presets.failure = None
    stage.page._empty.button.click()
    stage.settle()
    assert stage.page._shown.currentWidget() is stage.page._view


def test_an_empty_library_says_what_to_do(open_stage: OpenStage) -> None:
    stage = open_stage(0)
    assert "Drop a recording" in stage.page._empty.words
    assert not stage.page.actions_by_name["browse.delete"].isEnabled()


def test_list_and_grid_share_what_is_selected(stage: Stage) -> None:
    stage.select(5)
    stage.do("grid")
    assert stage.page.views.name == "grid"
    assert stage.page._view.columns > 1
    assert stage.page._view.currentIndex().row() == 5
    stage.qtbot.keyClick(stage.page._view, Qt.Key.Key_Down)
    assert stage.page._view.currentIndex().row() == 5 + stage.page._view.columns


def test_every_widget_one_can_reach_has_a_name(stage: Stage) -> None:
    nameless = [
        widget
        for widget in stage.page.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
        and type(widget).__name__ not in ("QScrollBar", "DetailPane")
    ]
    assert nameless == []
    spoken = stage.page._model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Breathy Bell, ")


def test_a_rating_is_no_other_preset_and_another_name_is(stage: Stage) -> None:
    changed: list[str] = []
    stage.page.current_changed.connect(changed.append)
    stage.do("rate_2")
    assert changed == []
    model = stage.page._model
    model.setData(model.index(0), "Another")
    stage.settle()
    assert changed == [stage.page.current.id]  # type: ignore[union-attr]


def drop(page: QWidget, files: list[Path]) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dropEvent(event)
