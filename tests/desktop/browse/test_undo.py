"""What came from files or from an earlier version goes and comes back in one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.library import Library, PresetBlend
from core.timbre import TextTimbre
from desktop.pages.browse.edits import PresetEdits
from desktop.pages.browse.files import PresetFiles
from desktop.services.interfaces import PresetQuery
from desktop.services.presets import LibraryPresets
from desktop.tasks import LaneTask, TaskControl, Tasks
from tests.desktop.browse.conftest import Stage
from tests.helpers.waiting import LAST_RESORT_S

QUERY = PresetQuery()
CONTROL = TaskControl(LaneTask(lambda _control: None, None, None, None))


def files_named(folder: Path, *names: str) -> list[Path]:
    files = [folder / f"{name}.wav" for name in names]
    for file in files:
        file.write_bytes(b"made up")
    return files


def test_many_files_are_one_step_to_undo_and_redo(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    files = files_named(tmp_path, "a", "b") + files_named(tmp_path / "inner", "c", "d")
    gone = tmp_path / "gone.wav"
    stage.page._files.import_([*files[:2], tmp_path / "inner", gone])
    stage.settle()
    assert stage.page._model.total == 64
    assert stage.failures == [f"{gone}: no such file"]
    undo, redo = (stage.page.actions_by_name[f"browse.{name}"] for name in ("undo", "redo"))
    assert undo.text() == "Undo Import of 4"
    stage.do("undo")
    assert stage.page._model.total == 60
    assert redo.text() == "Redo Import of 4"
    stage.do("redo")
    assert stage.page._model.total == 64
    assert {"a", "b", "c", "d"} <= {preset.name for preset in stage.presets._presets.values()}
    assert "4 presets: imported" in stage.said


def test_files_that_brought_nothing_leave_nothing_to_undo(stage: Stage, tmp_path: Path) -> None:
    stage.page._files.import_([tmp_path / "gone.wav"])
    stage.settle()
    assert not stage.page.undo_stack.canUndo()


@pytest.fixture
def real(tmp_path: Path) -> LibraryPresets:
    presets = LibraryPresets(tmp_path / "library.db", model=None)
    Library.open(tmp_path / "library.db", with_factory_bank=False, model=None).close()
    return presets


def test_what_was_here_already_stays_when_an_import_is_undone(
    qtbot: QtBot, tmp_path: Path, real: LibraryPresets
) -> None:
    library = real.library
    library.add("A", TextTimbre("a"))
    library.add("B", TextTimbre("b"))
    mix = library.add("Mix", PresetBlend([("A", 1.0), ("B", 1.0)]))
    file = real.export_file(mix.id, tmp_path)
    for name in ("Mix", "B"):
        library.remove(name)
    owner, tasks = QWidget(), Tasks()
    qtbot.addWidget(owner)
    edits, files = PresetEdits(real, tasks), PresetFiles(real, tasks, owner)
    files.imported.connect(lambda report: edits.take_in(report.added))
    before = real.page(QUERY, 0, 20).presets

    def settle() -> None:
        qtbot.waitUntil(lambda: not tasks.under_way, timeout=int(LAST_RESORT_S * 1000))

    files.import_([file])
    settle()
    imported = real.page(QUERY, 0, 20).presets
    for _ in range(2):
        edits.stack.undo()
        settle()
        assert real.page(QUERY, 0, 20).presets == before
        edits.stack.redo()
        settle()
        assert real.page(QUERY, 0, 20).presets == imported
    tasks.close()
    real.close()


def test_a_restored_version_is_undone_and_redone(qtbot: QtBot, real: LibraryPresets) -> None:
    first = real.add("A", TextTimbre("one"), CONTROL)
    second = real.change_timbre(first.id, TextTimbre("two"), CONTROL)
    tasks = Tasks()
    edits = PresetEdits(real, tasks)
    said: list[str] = []
    edits.done.connect(lambda outcome: said.append(outcome.words))
    edits.restore_version(second, 1)

    def recipe() -> object:
        qtbot.waitUntil(lambda: not tasks.under_way, timeout=int(LAST_RESORT_S * 1000))
        return real.library.recipe("A")

    assert recipe() == TextTimbre("one")
    edits.stack.undo()
    assert recipe() == TextTimbre("two")
    edits.stack.redo()
    assert recipe() == TextTimbre("one")
    assert edits.stack.undoText() == "Restore version 1"
    assert said == ["A: as it was at version 1", "A: as before", "A: as it was at version 1"]
    tasks.close()
    real.close()
