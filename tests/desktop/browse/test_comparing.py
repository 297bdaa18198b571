"""Versions and presets side by side, and tags that measures suggest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from core.audio import write_wav
from core.clip import Clip
from core.library import Library
from core.timbre import TextTimbre, Timbre
from desktop.pages.browse.compare.dialog import ComparePresetsDialog
from desktop.services.interfaces import PresetQuery
from desktop.services.presets import LibraryPresets
from desktop.tasks import LaneTask, TaskControl
from tests.desktop.browse.conftest import Stage
from tests.helpers.library import SeedEncoder

CONTROL = TaskControl(LaneTask(lambda _control: None, None, None, None))


def row_where(stage: Stage, is_so: Callable[[object], bool]) -> int:
    model = stage.page._model
    return next(row for row in range(model.total) if is_so(model.preset(row)))


def with_versions(stage: Stage) -> None:
    stage.select(row_where(stage, lambda one: one.version == 3 and one.kind == "text"))  # type: ignore[attr-defined]
    stage.settle()


def opened(stage: Stage) -> ComparePresetsDialog:
    dialog = stage.page._comparing.opened
    assert dialog is not None
    return dialog


def test_versions_say_their_day_and_recipe_and_are_compared_with_now(stage: Stage) -> None:
    with_versions(stage)
    pane = stage.page._details.versions
    lines = [pane.list.itemText(row) for row in range(pane.list.count())]
    assert lines[0].startswith("3, now · 20")
    assert lines[2].endswith(", try 1")
    assert not pane.restore.isEnabled()
    pane.list.setCurrentIndex(2)
    assert pane.restore.isEnabled()
    pane.compare.click()
    stage.settle()
    first, second = opened(stage).sides
    assert (first.version.number, second.version.number) == (1, 3)
    assert first.recipe.text().endswith("try 1")
    assert opened(stage).likeness.text() == "Likeness 100 %"
    assert second.bars["brightness"].value() > first.bars["brightness"].value()
    opened(stage).reject()
    pane.list.setCurrentIndex(0)
    pane.compare.click()
    assert [side.version.number for side in opened(stage).sides] == [2, 3]
    opened(stage).reject()
    stage.settle()


def test_a_and_b_play_and_an_older_one_is_restored_and_undone(stage: Stage) -> None:
    with_versions(stage)
    preset = stage.page.current
    assert preset is not None
    played: list[object] = []
    stage.page.play_wanted.connect(played.append)
    stage.page.timbre_wanted.connect(lambda timbre, name: played.append((timbre, name)))
    stage.page._details.versions.compare.click()
    stage.settle()
    dialog = opened(stage)
    with stage.qtbot.waitExposed(dialog):
        dialog.activateWindow()
    stage.qtbot.keyClick(dialog, Qt.Key.Key_A)
    stage.qtbot.keyClick(dialog, Qt.Key.Key_B)
    assert played == [
        (TextTimbre(f"{preset.summary}, try 2"), f"{preset.name}, version 2"),
        preset.id,
    ]
    dialog.sides[0].restore.click()
    stage.settle()
    assert stage.page.undo_stack.undoText() == "Restore version 2"
    assert stage.presets._get(preset.id).version == 4
    stage.do("undo")
    assert stage.presets._get(preset.id).version == 5


def test_two_presets_are_compared_and_only_two(stage: Stage) -> None:
    compare = stage.page.actions_by_name["browse.compare"]
    stage.select(0)
    assert not compare.isEnabled()
    stage.select(0, 1, 2)
    assert not compare.isEnabled()
    stage.select(0, 1)
    stage.do("compare")
    names = [side.version.name for side in opened(stage).sides]
    assert names == stage.names()[:2]
    assert opened(stage).likeness.text() == "Likeness 62 %"
    assert all(side.restore.isHidden() for side in opened(stage).sides)
    opened(stage).reject()


def test_measured_features_are_suggested_and_kept_as_tags(stage: Stage) -> None:
    stage.page.set_query(PresetQuery(feature="percussive"))
    stage.settle()
    assert 0 < stage.page._model.total < 60
    chips = stage.page._details._suggested.chips
    chips["percussive"].click()
    stage.settle()
    assert stage.page.current is not None
    assert "percussive" in stage.page.current.tags
    assert "percussive" not in stage.page._details._suggested.chips


def test_what_is_alike_in_one_thing_stays_among_the_filters(stage: Stage) -> None:
    filters = stage.page._filters
    filters._owners[True].click()
    filters.axes.families._choose("mallets", True)
    stage.settle()
    assert stage.page._model.total > 1
    stage.page._details.like_wanted.emit("brightness")
    stage.settle()
    assert stage.page.query.mine is True
    assert (stage.page.query.family, stage.page.query.aspect) == ("mallets", "brightness")
    assert "in brightness" in filters._like.text()
    order = filters._order
    assert order.currentText() == "Most like the one at hand"
    order.activated.emit(order.findData("newest"))
    stage.settle()
    assert (stage.page.query.like, stage.page.query.order) == ("", "newest")


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LibraryPresets:
    file = tmp_path / "rendered.wav"
    rng = np.random.default_rng(1)
    write_wav(file, (0.1 * rng.standard_normal((1, 44_100 * 12))).astype(np.float32), 44_100)

    def render(_timbre: Timbre, _clip: Clip | str, _control: TaskControl) -> Path:
        return file

    def render_preset(_id: str, _clip: Clip | str, _control: TaskControl) -> Path:
        copy = tmp_path / "copy.wav"
        copy.write_bytes(file.read_bytes())
        return copy

    Library.open(tmp_path / "library.db", with_factory_bank=False, model=None).close()
    presets = LibraryPresets(tmp_path / "library.db", None, render_preset, render)
    monkeypatch.setattr(presets, "_encoder", SeedEncoder)
    return presets


def test_versions_of_a_real_library_are_measured_and_drawn(real: LibraryPresets) -> None:
    made = real.add("A", TextTimbre("one"), CONTROL)
    real.change_timbre(made.id, TextTimbre("two"), CONTROL)
    old, new = real.versions(made.id)
    assert [(one.number, one.summary, one.is_current) for one in (old, new)] == [
        (1, '"one"', False), (2, '"two"', True),
    ]  # fmt: skip
    assert old.made_at <= new.made_at
    first, second = (real.compared_sound(one, CONTROL) for one in (old, new))
    assert (first.timbre, second.timbre) == (TextTimbre("one"), TextTimbre("two"))
    assert first.places == pytest.approx(second.places)  # both sound as the same file here
    assert first.picture is not None
    assert second.picture is not None
    assert (first.problem, second.problem) == ("", "")
    assert real.likeness(first, first, CONTROL) == pytest.approx(1.0)
    assert real.likeness(first, second, CONTROL) < 0.9
    real.close()
