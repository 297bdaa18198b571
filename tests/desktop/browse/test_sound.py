"""What presets sound like, in the browser: seen, edited, searched by, and varied."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, Qt

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange
from core.library.presets import Preset
from desktop.commands import Commands
from desktop.pages.browse.model import MEASURES_ROLE
from desktop.pages.browse.page import BrowsePage
from desktop.pages.browse.sound import DIRECTIONS
from desktop.services.interfaces import PresetQuery
from desktop.widgets.adjective_bar import AdjectiveBar, words_of
from desktop.widgets.range_slider import RangeSlider
from tests.desktop.browse.conftest import OpenStage, Stage


def places(stage: Stage, preset: Preset) -> dict[str, float]:
    return dict(stage.presets.measures([preset.id])[preset.id].places)


def ranges(stage: Stage) -> tuple[MeasuredRange, ...]:
    return stage.page.query.ranges


def current(stage: Stage) -> Preset:
    preset = stage.page.current
    assert preset is not None
    return preset


def bar(stage: Stage, name: str) -> AdjectiveBar:
    return stage.page._details.sound.bars[name]


def test_presets_in_view_are_measured_and_no_others(open_stage: OpenStage) -> None:
    stage = open_stage(2000)
    page, model = stage.page, stage.page._model
    seen = [model.preset(row) for row in page._view.rows_shown]
    assert stage.presets.measured
    assert set(stage.presets.measured) <= {preset.id for preset in seen if preset is not None}
    assert model.index(0).data(MEASURES_ROLE).is_measured
    assert words_of({"brightness": 0.9, "attack": 0.1}) == ["bright", "soft"]
    spoken = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    for word in words_of(places(stage, seen[0])):  # type: ignore[arg-type]
        assert word in spoken
        assert word in model.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_what_cannot_be_measured_says_why(stage: Stage) -> None:
    stage.presets.measured.clear()
    names = [preset.name for preset in stage.presets.page(PresetQuery(), 0, 60).presets]
    stage.presets.silent = set(names)
    page = BrowsePage(stage.presets, stage.tasks)
    stage.qtbot.addWidget(page)
    page.resize(1000, 600)
    page.show()
    stage.settle()
    row = next(
        row for row in range(10) if not page._model.index(row).data(MEASURES_ROLE).is_measured
    )
    page._view.setCurrentIndex(page._model.index(row))
    stage.settle()
    assert "silent" in page._details.sound.words
    assert not page._details.sound.bars["noise"].is_known


def test_a_bar_is_dragged_undone_and_put_back(stage: Stage) -> None:
    stage.select(1)
    stage.settle()
    before = places(stage, current(stage))
    dragged = bar(stage, "brightness")
    track = dragged._track()
    stage.qtbot.mousePress(dragged, Qt.MouseButton.LeftButton, pos=track.center())
    stage.qtbot.mouseMove(dragged, QPoint(track.right() + 40, track.center().y()))
    stage.qtbot.mouseRelease(
        dragged, Qt.MouseButton.LeftButton, pos=QPoint(track.right() + 40, track.center().y())
    )
    stage.settle()
    assert places(stage, current(stage))["brightness"] == 1.0
    assert "your own word" in stage.page._details.sound.words
    assert "your word" in dragged.accessibleDescription()
    stage.do("undo")
    assert places(stage, current(stage)) == before
    assert dragged.value() == round(100 * before["brightness"])
    stage.do("redo")
    assert places(stage, current(stage)) != before
    stage.page._details.sound.reset.click()
    stage.settle()
    assert places(stage, current(stage)) == before
    stage.do("undo")  # the reset is a change like any other
    assert places(stage, current(stage)) != before


def test_keys_move_a_bar_in_one_step_and_delete_takes_it_back(stage: Stage) -> None:
    stage.select(2)
    stage.settle()
    preset, moved = current(stage), bar(stage, "noise")
    before = places(stage, preset)["noise"]
    stage.qtbot.keyPress(moved, Qt.Key.Key_Left)
    stage.qtbot.keyPress(moved, Qt.Key.Key_Left)
    stage.qtbot.keyRelease(moved, Qt.Key.Key_Left)
    stage.settle()
    assert stage.page.undo_stack.count() == 1
    assert places(stage, preset)["noise"] != before
    stage.qtbot.keyClick(moved, Qt.Key.Key_Delete)
    stage.settle()
    assert places(stage, preset)["noise"] == before


def test_darker_than_this_narrows_the_list_and_its_chip_takes_it_off(stage: Stage) -> None:
    stage.select(3)
    stage.settle()
    preset = current(stage)
    place = places(stage, preset)["brightness"]
    stage.do("find_darker")
    shown = [stage.page._model.preset(row) for row in range(stage.page._model.total)]
    assert shown
    assert all(places(stage, one)["brightness"] < place for one in shown if one is not None)
    chips = stage.page._filters.ranges.chips
    assert chips["brightness"].text() == f"darker than {preset.name}  ✕"
    assert "not measured yet are left out" in stage.said[-1]
    chips["brightness"].click()
    stage.settle()
    assert (stage.page.query, stage.page._model.total) == (PresetQuery(), 60)
    assert not stage.page._filters.ranges.isVisible()


def test_ranges_of_several_pairs_hold_together(stage: Stage) -> None:
    filters = stage.page._filters
    slider = filters.sound.sliders["length"]
    stage.qtbot.keyClick(slider, Qt.Key.Key_PageDown)
    filters.sound.sliders["noise"].changed.emit(0.2, 0.9)
    stage.settle()
    wanted = (MeasuredRange("length", 0.0, 0.9), MeasuredRange("noise", 0.2, 0.9))
    assert ranges(stage) == wanted
    assert [chip.text() for chip in filters.ranges.chips.values()] == [
        "dry 10–100 %  ✕", "pure–noisy 20–90 %  ✕",
    ]  # fmt: skip
    assert filters.is_narrowed
    stage.do("like")  # among what is in them
    assert stage.page.query.like
    assert ranges(stage) == wanted
    filters.set_range(MeasuredRange("length", 0.0, 0.5))
    stage.settle()
    assert stage.page.query.like
    model = stage.page._model
    shown = [model.preset(row) for row in range(model.total)]
    assert all(places(stage, one)["length"] <= 0.5 for one in shown if one is not None)
    stage.do("any_sound")
    assert ranges(stage) == ()


def test_lists_are_sorted_by_an_adjective(stage: Stage) -> None:
    order = stage.page._filters._order
    order.activated.emit(order.findData("bright"))
    stage.settle()
    first, second = (stage.page._model.preset(row) for row in range(2))
    assert first is not None
    assert second is not None
    assert places(stage, first)["brightness"] >= places(stage, second)["brightness"]


def test_a_variation_is_made_chosen_heard_and_undone(stage: Stage) -> None:
    played: list[str] = []
    stage.page.play_wanted.connect(played.append)
    stage.select(4)
    name = current(stage).name
    stage.do("vary_brighter")
    stage.settle()
    assert current(stage).name == f"{name}, brighter"
    assert played == [current(stage).id]
    stage.do("undo")
    assert f"{name}, brighter" not in stage.names()
    stage.do("redo")
    assert stage.page._model.total == 61
    stage.do("vary_near")
    assert stage.page._model.total == 62


def test_every_direction_is_a_command_with_a_name(stage: Stage) -> None:
    commands = Commands()
    page = BrowsePage(stage.presets, stage.tasks, commands)
    stage.qtbot.addWidget(page)
    assert len(DIRECTIONS) == 2 * len(ADJECTIVES)
    titles = {command.title for command in commands.matching("than this")}
    assert titles == {f"{word.capitalize()} than this" for _, _, word in DIRECTIONS}
    assert commands.matching("like this, but softer")
    stage.settle()


def test_a_range_slider_keeps_its_ends_in_order(stage: Stage) -> None:
    slider = RangeSlider("dark", "bright")
    stage.qtbot.addWidget(slider)
    slider.resize(212, 24)
    told: list[tuple[float, float]] = []
    slider.changed.connect(lambda low, high: told.append((low, high)))
    slider.set_range(0.4, 0.6)
    stage.qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(86, 12))
    stage.qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(86, 12))
    assert slider.range == (0.4, 0.6)
    stage.qtbot.keyClick(slider, Qt.Key.Key_Space)
    stage.qtbot.keyClick(slider, Qt.Key.Key_Home)
    stage.qtbot.keyClick(slider, Qt.Key.Key_Space)
    stage.qtbot.keyClick(slider, Qt.Key.Key_End)
    assert told == [(0.4, 0.6), (0.4, 0.4), (0.4, 0.4)]
    assert "at hand" in slider.accessibleDescription()
