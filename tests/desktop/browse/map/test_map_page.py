"""What one does on the map: look, hear, walk, choose several, and go back to the list."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QInputDialog, QToolButton

from core.errors import TimbreError
from core.library.timbre_map.points import MapPoints
from desktop.pages.browse.map import pane as pane_module
from desktop.pages.browse.map.pane import MapPane
from desktop.pages.browse.map.view import MapView
from desktop.services.interfaces import PresetQuery
from tests.desktop.browse.conftest import OpenStage, Stage

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def show_map(stage: Stage) -> MapPane:
    stage.do("map")
    pane = stage.page.views.map
    stage.wait(lambda: pane.isVisible() and len(pane.view.points.ids))
    return pane


def at(view: MapView, number: int) -> QPoint:
    return view.pixel_of(number).toPoint()


def alone(view: MapView) -> int:
    """A point that has room around it."""
    points = view.points
    apart = np.hypot(points.x[:, None] - points.x, points.y[:, None] - points.y)
    np.fill_diagonal(apart, np.inf)
    return int(apart.min(axis=1).argmax())


def selected(stage: Stage) -> list[int]:
    return stage.page._selection.rows()


def test_the_map_shows_what_the_list_shows(stage: Stage) -> None:
    pane = show_map(stage)
    assert list(pane.view.points.names)[:50] == stage.names()
    stage.page.set_query(PresetQuery(text="warm"))
    stage.settle()
    assert list(pane.view.points.names) == stage.names()
    stage.page.set_query(PresetQuery(like=pane.view.points.ids[0]))
    stage.settle()
    assert list(pane.view.points.names)[:50] == stage.names()
    stage.page.set_query(PresetQuery(text="nothing is called so"))
    stage.settle()
    assert stage.page.views.currentWidget() is stage.page._empty


def test_the_preset_at_hand_stays_in_all_views(stage: Stage) -> None:
    stage.select(17)
    pane = show_map(stage)
    assert stage.page.current is not None
    name = stage.page.current.name
    assert pane.says.text().startswith(name)
    assert name in pane.view.accessibleDescription()
    assert pane.view._current == 17
    for view in ("list", "grid", "map"):
        stage.do("grid")
        assert stage.page.views.name == view
        assert stage.page.current.name == name
        button = stage.page._filters._views.checkedButton()
        assert button is not None
        assert button.objectName() == view
    assert pane.view._current == 17


def test_a_click_takes_and_plays_a_preset(stage: Stage) -> None:
    pane = show_map(stage)
    heard: list[object] = []
    stage.page.play_wanted.connect(heard.append)
    number = alone(pane.view)
    stage.qtbot.mouseClick(pane.view, LEFT, NONE, at(pane.view, number))
    stage.settle()
    assert heard == [pane.view.points.ids[number]]
    assert stage.page.current is not None
    assert [stage.page.current.id] == heard
    assert selected(stage) == [number]
    assert stage.presets._heard == {heard[0]: 1}
    corner = QPoint(pane.view.width() - 3, pane.view.height() - 3)
    stage.qtbot.mouseClick(pane.view, LEFT, NONE, corner)
    assert selected(stage) == [number]


def test_arrow_keys_walk_to_the_neighbours_and_are_said(stage: Stage) -> None:
    stage.select(0)
    pane = show_map(stage)
    heard: list[object] = []
    stage.page.play_wanted.connect(heard.append)
    view = pane.view
    view.setFocus()
    before = 0
    for key, direction in ((Qt.Key.Key_Right, "right"), (Qt.Key.Key_Down, "down")):
        wanted = view.neighbour(before, direction)  # type: ignore[arg-type]
        assert wanted is not None
        assert view.points.names[wanted] in view.accessibleDescription()
        stage.qtbot.keyClick(view, key)
        stage.settle()
        assert stage.page._view.currentIndex().row() == wanted
        assert heard[-1] == view.points.ids[wanted]
        before = wanted
    stage.qtbot.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert len(selected(stage)) == 2


def test_keys_of_the_list_work_here_too(stage: Stage) -> None:
    pane = show_map(stage)
    rendered: list[object] = []
    stage.page.render_wanted.connect(rendered.append)
    pane.view.setFocus()
    stage.qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    stage.settle()
    assert stage.page.current is not None
    assert rendered == [[stage.page.current.id]]
    favourite = stage.page.current.favourite
    stage.qtbot.keyClick(pane.view, Qt.Key.Key_F)
    stage.settle()
    assert stage.page.current.favourite is not favourite
    stage.qtbot.keyClick(pane.view, Qt.Key.Key_4)
    stage.settle()
    assert stage.page.current.rating == 4
    stage.qtbot.keyClick(pane.view, Qt.Key.Key_0)  # shows everything, and takes no stars away
    stage.settle()
    assert stage.page.current.rating == 4
    stage.qtbot.keyClick(pane.view, "k")
    assert stage.page._filters.search.text() == "k"


def test_wheel_and_keys_zoom_a_drag_moves_and_0_shows_all(stage: Stage) -> None:
    view = show_map(stage).view
    whole = view.viewport
    place = QPointF(100, 100)
    wheel = QWheelEvent(
        place, view.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert view.viewport.scale > whole.scale
    assert view.viewport.place(100, 100) == pytest.approx(whole.place(100, 100))
    view.setFocus()
    stage.qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.viewport.scale == pytest.approx(whole.scale)
    near = view.viewport
    stage.qtbot.mousePress(view, LEFT, NONE, QPoint(50, 50))
    stage.qtbot.mouseMove(view, QPoint(80, 60))
    stage.qtbot.mouseRelease(view, LEFT, NONE, QPoint(80, 60))
    assert view.viewport.place(80, 60) == pytest.approx(near.place(50, 50))
    assert selected(stage) == [0]
    stage.qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.viewport == whole


def test_what_the_pointer_rests_on_is_played_unless_switched_off(stage: Stage) -> None:
    pane = show_map(stage)
    heard: list[object] = []
    stage.page.play_wanted.connect(heard.append)
    number = alone(pane.view)
    pane.view._rest.setInterval(0)
    stage.qtbot.mouseMove(pane.view, at(pane.view, number))
    stage.wait(lambda: heard)
    assert heard == [pane.view.points.ids[number]]
    assert stage.page._view.currentIndex().row() == 0  # it was looked at, not chosen
    pane.tools.hears.click()
    stage.qtbot.mouseMove(pane.view, QPoint(2, pane.view.height() - 2))
    stage.qtbot.mouseMove(pane.view, at(pane.view, number))
    stage.wait(lambda: not pane.view._rest.isActive())
    assert len(heard) == 1


def drag_around(stage: Stage, view: MapView, keys: Qt.KeyboardModifier = NONE) -> None:
    corners = [(3, 3), (view.width() - 3, 3), (view.width() - 3, view.height() - 3),
               (3, view.height() - 3)]  # fmt: skip
    points = [QPoint(x, y) for x, y in corners]
    stage.qtbot.mousePress(view, LEFT, keys, points[0])
    for point in points[1:]:
        stage.qtbot.mouseMove(view, point)
    stage.qtbot.mouseRelease(view, LEFT, keys, points[-1])


def test_a_lasso_selects_and_tags(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    pane = show_map(stage)
    drag_around(stage, pane.view)
    assert selected(stage) == [0]  # it moved the map
    pane.view.fit()
    pane.tools.lasso.click()
    drag_around(stage, pane.view)
    assert selected(stage) == list(range(60))
    assert stage.said[-1] == "60 presets selected"
    asked = lambda *_: ("on the map", True)  # noqa: E731
    monkeypatch.setattr(QInputDialog, "getText", asked)
    pane.tools.tag.click()
    stage.settle()
    assert dict(stage.presets.tags())["on the map"] == 60
    pane.tools.lasso.click()
    stage.qtbot.mouseClick(pane.view, LEFT, CONTROL, at(pane.view, alone(pane.view)))
    assert len(selected(stage)) == 59


def test_a_lasso_around_too_many_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane_module, "MOST_SURROUNDED", 10)
    pane = show_map(stage)
    pane._surround(np.arange(0, 60, 2), False)
    assert selected(stage) == list(range(0, 20, 2))
    assert stage.said[-1].startswith("the first 10 of 30 presets selected")
    pane._surround(np.array([], np.intp), False)
    assert stage.said[-1] == "0 presets selected"


def test_presets_not_heard_yet_are_counted_and_can_be_heard(stage: Stage) -> None:
    first = [stage.page._model.preset(row) for row in range(3)]
    stage.presets.unheard = {preset.id for preset in first if preset is not None}
    pane = show_map(stage)
    assert pane.unheard.isVisible()
    assert pane.unheard.text() == "3 not heard yet"
    assert pane.says.text().endswith("not heard yet, so not on the map")
    pane.view.setFocus()
    stage.qtbot.keyClick(pane.view, Qt.Key.Key_Right)  # from nowhere: to the middle
    assert selected(stage)[0] > 2
    pane.unheard.click()
    stage.settle()
    assert not pane.unheard.isVisible()


def test_where_none_was_heard_the_map_says_what_to_do(stage: Stage) -> None:
    stage.presets.unheard = set(stage.presets._presets)
    pane = show_map(stage)
    assert "Press “60 not heard yet”" in pane.message.text()
    assert pane.message.isVisible()
    assert not pane.legend.isVisible()
    pane.unheard.click()
    stage.settle()
    assert not pane.message.isVisible()
    assert pane.legend.isVisible()


def test_a_model_without_a_map_and_a_failure_are_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.presets, "map_points", lambda *_: None)
    stage.do("map")
    pane = stage.page.views.map
    assert "no map for this model" in pane.message.text()

    def fail(*_: object) -> MapPoints:
        raise TimbreError("the disk cannot be read")

    monkeypatch.setattr(stage.presets, "map_points", fail)
    pane.load()
    stage.settle()
    assert stage.failures == ["the disk cannot be read"]
    assert "the disk cannot be read" in pane.message.text()


def test_a_preset_is_renamed_and_deleted_from_the_map(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = show_map(stage)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("Aa renamed", True))
    stage.do("rename")
    assert "Aa renamed" in stage.names()
    stage.wait(lambda: "Aa renamed" in pane.view.points.names)
    assert pane.says.text().startswith("Aa renamed")
    stage.do("delete")
    assert len(pane.view.points.ids) == 59


def test_far_down_a_long_list_a_preset_is_heard_and_shown(open_stage: OpenStage) -> None:
    stage = open_stage(3000)
    pane = show_map(stage)
    heard: list[object] = []
    stage.page.play_wanted.connect(heard.append)
    pane.view.stepped.emit(2500, False)
    stage.settle()
    assert heard == [pane.view.points.ids[2500]]
    assert stage.page.current is not None
    assert [stage.page.current.id] == heard
    assert stage.page.actions_by_name["browse.tag"].isEnabled()
    assert pane.says.text().startswith(stage.page.current.name)


def test_everything_on_the_map_has_a_name_and_the_legend_says_families(stage: Stage) -> None:
    pane = show_map(stage)
    for button in pane.findChildren(QToolButton):
        assert button.accessibleName() or button.text()
        assert button.toolTip()
    assert "mallets, bells" in pane.legend.accessibleDescription()
    assert len(pane.legend.families) == 6
    assert stage.page.focusProxy() is not None
