"""Blends made with mouse and keys, heard, drawn over and kept."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.library.errors import UnknownPreset
from desktop.commands import Commands
from desktop.pages.browse.files import mime_of
from desktop.pages.make.blend.drops import corner_mime
from desktop.pages.make.blend.panel import BlendPanel
from desktop.pages.make.blend.phrase_player import PhrasePlayer
from desktop.services.fakes.live import FakeLive
from desktop.services.fakes.presets import FakePresets
from desktop.services.interfaces import LiveState, PresetQuery
from desktop.tasks import Tasks
from tests.desktop.make.blend.conftest import Until

LEFT = Qt.MouseButton.LeftButton


def drop(widget: QWidget, mime: QMimeData, place: QPoint | None = None) -> None:
    place = place or widget.rect().center()
    buttons = (Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, mime, LEFT)
    enter = QDragEnterEvent(place, *buttons, Qt.KeyboardModifier.NoModifier)
    widget.dragEnterEvent(enter)
    assert enter.isAccepted()
    widget.dropEvent(QDropEvent(QPointF(place), *buttons, Qt.KeyboardModifier.NoModifier))


def at(panel: BlendPanel, x: float, y: float) -> QPoint:
    return panel.pads.pad.place_of((x, y)).toPoint()


def fill(panel: BlendPanel, ids: list[str], until: Until) -> None:
    panel.add_presets(ids)
    until(lambda: len(panel.model.entries) == len(ids))


def test_presets_are_dropped_on_corners_and_on_the_list(
    panel: BlendPanel, presets: FakePresets, ids: list[str], until: Until
) -> None:
    known = presets.page(PresetQuery(), 0, 3).presets
    drop(panel.pads.slots[3], mime_of(known[:1], []))
    until(lambda: panel.model.corners[3])
    drop(panel, mime_of(known[1:], []))
    until(lambda: len(panel.model.entries) == 3)
    assert panel.pads.slots[3].text() == known[0].name
    drop(panel.pads.slots[0], corner_mime(3))
    assert panel.pads.slots[0].text() == known[0].name
    first = panel.pads.slots[0]
    swap, *_, remove = first.menu().actions()
    swap.trigger()
    assert panel.pads.slots[1].text() == known[0].name
    panel.pads.slots[1].menu().actions()[-1].trigger()
    assert len(panel.model.entries) == 2
    assert "empty" in panel.pads.slots[1].accessibleName()
    assert remove.text().startswith("Take")


def test_what_is_dropped_on_the_pad_goes_to_the_corner_that_is_nearest(
    panel: BlendPanel, presets: FakePresets, until: Until
) -> None:
    known = presets.page(PresetQuery(), 0, 2).presets
    drop(panel.pads.pad, mime_of(known, []), at(panel, 0.2, 0.9))
    until(lambda: len(panel.model.entries) == 2)
    assert [slot.text() for slot in panel.pads.slots] == [
        known[1].name, "empty", known[0].name, "empty",
    ]  # fmt: skip


def test_a_preset_is_found_by_typing(panel: BlendPanel, qtbot: QtBot, until: Until) -> None:
    said: list[str] = []
    panel.failed.connect(said.append)
    qtbot.keyClicks(panel.search, "warm cello")
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    until(lambda: panel.model.entries)
    assert panel.model.entries[0].name == "Warm Cello"
    until(lambda: panel.search.text() == "")
    qtbot.keyClicks(panel.search, "nothing of the kind")
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    until(lambda: said)
    assert said == ["No preset is called “nothing of the kind”"]


def test_list_and_pad_are_one_blend(
    panel: BlendPanel, ids: list[str], qtbot: QtBot, until: Until
) -> None:
    fill(panel, ids[:4], until)
    pad, rows = panel.pads.pad, list(panel.list.rows.values())
    qtbot.mousePress(pad, LEFT, pos=at(panel, 0.5, 0.5))
    qtbot.mouseMove(pad, at(panel, 0.25, 0.5))
    qtbot.mouseRelease(pad, LEFT, pos=at(panel, 0.25, 0.5))
    assert [row.field.value() for row in rows] == pytest.approx([37.5, 12.5] * 2, abs=0.5)
    assert rows[0].share.text() in ("37 %", "38 %")
    assert rows[0].name.text() + " 3" in pad.accessibleDescription()
    rows[1].slider.setValue(0)
    rows[3].field.setValue(0.0)
    assert panel.model.point[0] == pytest.approx(0.0, abs=0.01)
    rows[0].mute.click()
    assert panel.model.shares == pytest.approx((0, 0, 1, 0))
    rows[0].mute.click()
    rows[1].remove.click()
    assert len(panel.list.rows) == 3


def test_the_pad_is_played_by_keys(
    panel: BlendPanel, ids: list[str], qtbot: QtBot, until: Until
) -> None:
    fill(panel, ids[:4], until)
    pad = panel.pads.pad
    for key, modifier in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier),
    ):
        qtbot.keyClick(pad, key, modifier)
    assert panel.model.point == pytest.approx((0.55, 0.49))
    qtbot.keyClick(pad, Qt.Key.Key_3)
    assert panel.model.point == (0.0, 1.0)
    assert "100 %" in panel.pads.slots[2].accessibleName()
    qtbot.keyClick(pad, Qt.Key.Key_M)
    assert panel.model.point == (0.5, 0.5)


def test_it_is_heard_while_it_moves(
    panel: BlendPanel, live: FakeLive, ids: list[str], until: Until
) -> None:
    assert panel.hearing is not None
    assert not panel.hearing.button.isEnabled()
    fill(panel, ids[:2], until)
    panel.set_device("Scarlett")
    panel.hearing.button.click()
    pairs = ((ids[0], 50.0), (ids[1], 50.0))
    assert live.orders[0] == ("begin blend", pairs, "Scarlett", "slerp")
    until(lambda: ("on", 48, 85) in live.orders)
    panel.model.move((0.0, 0.5))
    assert ("weights", (100.0, 0.0)) in live.orders
    before = len(live.orders)
    panel.model.move((0.0, 0.5))
    assert len(live.orders) == before  # it is there already
    fill(panel, ids[2:3], lambda _: None)
    until(lambda: sum(order[0] == "begin blend" for order in live.orders) == 2)
    for preset_id in ids[:3]:
        panel.model.mute(preset_id, True)
    assert ("all off",) in live.orders
    assert not panel.hearing.player.is_running
    panel.model.mute(ids[0], False)
    until(lambda: live.orders.count(("on", 48, 85)) == 2)
    with_ended: list[bool] = []
    panel.hearing_ended.connect(lambda: with_ended.append(True))
    panel.hide()
    assert live.orders[-1] == ("end",)
    assert with_ended == [True]


def test_it_is_begun_again_when_the_keys_of_the_stage_took_the_stream(
    panel: BlendPanel, live: FakeLive, ids: list[str], until: Until
) -> None:
    assert panel.hearing is not None
    fill(panel, ids[:2], until)
    panel.hearing.button.click()
    until(lambda: ("on", 48, 85) in live.orders)
    live.begin("a preset", "another device")
    until(lambda: live.orders.count(("on", 48, 85)) == 2)
    assert sum(order[0] == "begin blend" for order in live.orders) == 2
    panel.hearing.stop()
    count = len(live.orders)
    live.begin("a preset")
    panel.hearing.hearing.look()
    assert live.orders[count:] == [("begin", "a preset", "")]


def test_a_held_chord_waits_for_the_model(
    panel: BlendPanel, live: FakeLive, ids: list[str], until: Until
) -> None:
    assert panel.hearing is not None
    fill(panel, ids[:2], until)
    live.state = LiveState(words="loading the model")
    panel.hearing.button.click()
    assert panel.hearing.words.text() == "loading the model…"
    assert not panel.hearing.player.is_running
    live.state = LiveState(move_to_sound_ms=31.4, dropouts=2)
    until(lambda: ("on", 48, 85) in live.orders)
    assert panel.hearing.figures.text() == "move to sound 31 ms · 2 dropouts"
    said: list[str] = []
    panel.failed.connect(said.append)
    live.state = LiveState(problem="Scarlett is gone")
    until(lambda: said)
    assert said == ["Scarlett is gone"]


def test_phrases_play_in_time_and_end_clean(qtbot: QtBot, live: FakeLive) -> None:
    now = [10.0]
    player = PhrasePlayer(live, clock=lambda: now[0])
    begun: list[bool] = []
    player.began.connect(lambda: begun.append(True))
    player.choose("bass")
    player.start()
    player._timer.stop()  # the test is the clock
    for _ in range(int(1.5 * player.length_s / 0.01)):
        player.tick()
        now[0] += 0.01
    assert len(begun) == 2
    ons = [order[1] for order in live.orders if order[0] == "on"]
    assert ons[:6] == [36, 36, 43, 41, 39, 36]
    player.stop()
    offs = sum(order[0] == "off" for order in live.orders)
    assert offs == len(ons)


def test_a_path_is_drawn_followed_and_given_on(
    panel: BlendPanel, ids: list[str], qtbot: QtBot, until: Until
) -> None:
    fill(panel, ids[:4], until)
    pad, bar = panel.pads.pad, panel.path
    times = iter(range(100))
    pad._clock = lambda: float(next(times))
    assert not bar.follow.isEnabled()
    bar.draw.click()
    qtbot.mousePress(pad, LEFT, pos=at(panel, 0.0, 0.0))
    qtbot.mouseMove(pad, at(panel, 0.5, 0.0))
    qtbot.mouseMove(pad, at(panel, 1.0, 1.0))
    qtbot.mouseRelease(pad, LEFT, pos=at(panel, 1.0, 1.0))
    assert not bar.draw.isChecked()
    fractions = [point.fraction for point in panel.model.path]
    assert fractions == pytest.approx([0, 1 / 3, 2 / 3, 1])
    given: list[list[tuple[float, list[tuple[str, float]]]]] = []
    panel.morph_wanted.connect(given.append)
    bar.morph.click()
    ((first, *_, last),) = given
    assert (first[0], first[1][0][0], last[0], last[1][-1][0]) == (0.0, ids[0], 1.0, ids[3])
    assert (first[1][0][1], last[1][-1][1]) == pytest.approx((1.0, 1.0), abs=0.02)
    panel.model.mute(ids[0], True)
    said: list[str] = []
    panel.failed.connect(said.append)
    bar.morph.click()  # at its beginning nothing would be heard
    assert (len(given), "muted" in said[-1]) == (1, True)
    panel.model.mute(ids[0], False)
    assert panel.hearing is not None
    bar.follow.click()
    panel.hearing.player._timer.stop()
    panel.hearing.player.progressed.emit(1 / 3)
    assert panel.model.point == pytest.approx((0.5, 0.0), abs=0.01)
    bar.clear.click()
    assert panel.model.path == ()
    assert bar.follow.isChecked() is False


def test_a_path_is_recorded_through_the_phrase_once(
    panel: BlendPanel, ids: list[str], until: Until
) -> None:
    fill(panel, ids[:2], until)
    assert panel.hearing is not None
    player = panel.hearing.player
    panel.path.record.click()
    assert panel.hearing.button.isChecked()
    player._timer.stop()
    for fraction, x in ((0.25, 0.5), (0.5, 1.0), (0.75, 0.2)):
        player.progressed.emit(fraction)
        panel.model.move((x, 0.5))
    player.began.emit()
    assert not panel.path.record.isChecked()
    path = panel.model.path
    assert [(point.fraction, point.x) for point in path] == [
        (0.0, 0.5), (0.25, 0.5), (0.5, 1.0), (0.75, 0.2), (1.0, 0.2),
    ]  # fmt: skip


def test_a_point_that_did_not_move_is_no_path(
    panel: BlendPanel, ids: list[str], qtbot: QtBot, until: Until
) -> None:
    fill(panel, ids[:2], until)
    said: list[str] = []
    panel.failed.connect(said.append)
    panel.path.draw.click()
    qtbot.mouseClick(panel.pads.pad, LEFT, pos=at(panel, 0.3, 0.3))
    assert "did not move" in said[0]
    assert panel.model.path == ()


def test_a_blend_is_kept_with_a_name_of_its_parts(
    panel: BlendPanel, presets: FakePresets, ids: list[str], until: Until
) -> None:
    made: list[tuple[str, str]] = []
    panel.made.connect(lambda preset_id, name: made.append((preset_id, name)))
    assert not panel.keeping.keep.isEnabled()
    fill(panel, ids[:2], until)
    panel.model.move((0.3, 0.5))
    names = [entry.name for entry in panel.model.entries]
    panel.keeping.keep.click()
    until(lambda: made)
    assert made[0][1] == " + ".join(names)
    kept = presets.blend_recipe(made[0][0])
    assert [part.weight for part in kept.parts] == [0.7, 0.3]
    panel.begin_anew()  # the same once more: its name is taken
    fill(panel, ids[:2], until)
    panel.keeping.keep.click()
    until(lambda: len(made) == 2)
    assert made[1][1] == f"{names[0]} + {names[1]} (2)"


def test_a_name_that_is_taken_is_said(
    panel: BlendPanel, presets: FakePresets, ids: list[str], until: Until
) -> None:
    fill(panel, ids[:2], until)
    panel.keeping.name.setText("Mine")
    said: list[str] = []
    panel.failed.connect(said.append)
    presets.failure = UnknownPreset("it is gone")
    panel.keeping.keep.click()
    until(lambda: said)
    assert said == ["it is gone"]
    until(panel.keeping.keep.isEnabled)  # it can be tried again


def test_a_blend_is_opened_and_kept_as_its_next_version(
    panel: BlendPanel, presets: FakePresets, until: Until
) -> None:
    blend = presets.page(PresetQuery(kind="blend"), 0, 1).presets[0]
    panel.set_blend(blend.id)
    until(lambda: panel.model.entries)
    assert [round(entry.weight) for entry in panel.model.entries] == [60, 40]
    assert panel.keeping.keep_version.text() == f"Keep as version {blend.version + 1}"
    assert panel.keeping.keep.text() == "Keep as new"
    panel.model.move((0.9, 0.5))
    made: list[str] = []
    panel.made.connect(lambda preset_id, _name: made.append(preset_id))
    panel.keeping.keep_version.click()
    until(lambda: made)
    assert made == [blend.id]
    assert [part.weight for part in presets.blend_recipe(blend.id).parts] == [0.1, 0.9]
    said: list[str] = []
    panel.failed.connect(said.append)
    panel.set_blend(presets.page(PresetQuery(kind="text"), 0, 1).presets[0].id)
    until(lambda: said)
    assert "is no blend" in said[0]


def test_everything_is_a_command_and_says_why_not(
    panel: BlendPanel, ids: list[str], until: Until
) -> None:
    commands = Commands()
    refused: list[str] = []
    commands.refused.connect(refused.append)
    panel.offer(commands)
    assert not commands.run("blend.keep")
    assert "No presets yet" in refused[0]
    fill(panel, ids[:2], until)
    assert not commands.run("blend.follow")
    assert "no path yet" in refused[1]
    assert commands.run("blend.hear")
    assert commands.run("blend.middle")


def test_without_a_live_service_blends_are_made_all_the_same(
    qtbot: QtBot, presets: FakePresets, tasks: Tasks, ids: list[str], until: Until
) -> None:
    panel = BlendPanel(presets, None, tasks)
    qtbot.addWidget(panel)
    fill(panel, ids[:2], until)
    assert not panel.path.record.isEnabled()
    assert panel.keeping.keep.isEnabled()
