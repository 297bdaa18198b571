"""The Models page: what it shows, and what is done for a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.errors import ModelMissing, OutputError
from desktop.commands import Commands
from desktop.faults import Fault
from desktop.pages.models.dialogs import ByHandDialog, LicenceDialog
from desktop.pages.models.page import ModelsPage
from desktop.services.fakes.models import FakeModels
from tests.desktop.models.conftest import Until


def press(qtbot: QtBot, page: ModelsPage, name: str) -> None:
    button = page.details.buttons[name]
    assert button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def state_of(page: ModelsPage, bundle_id: str) -> str:
    return next(entry.state for entry in page.list.entries if entry.id == bundle_id)


def test_every_bundle_says_how_it_stands(page: ModelsPage) -> None:
    assert [(entry.id, entry.state, entry.mark) for entry in page.list.entries] == [
        ("embedded", "ready · 31.7 MB", "renders"),
        ("tokensynth", "not pulled", ""),
        ("tokensynth-aug", "pulled in part (871.3 MB here)", ""),
        ("tokensynth-mini", "damaged", ""),
    ]
    assert page.list.current == "embedded"
    assert "used for renders" in page.details.words
    assert not page.details.buttons["remove"].isEnabled()
    assert page.details.why_not("remove") == "it ships with the program"


def test_a_pull_is_watched_cancelled_and_gone_on_with(
    qtbot: QtBot, page: ModelsPage, models: FakeModels, until: Until
) -> None:
    said: list[str] = []
    page.status.connect(said.append)
    page.list.choose("tokensynth-aug")
    assert page.details.buttons["pull"].text() == "Resume"
    press(qtbot, page, "pull")
    until(lambda: "871 of 2,614 MB" in page.details.words)
    for _ in range(3):
        models.steps.release()
    until(lambda: "pulling 63 %: 1,656 of 2,614 MB" in page.details.words)
    assert "tokensynth-aug pulling 63 %" in said[-1]
    page.list.choose("embedded")  # it goes on when another is looked at
    assert state_of(page, "tokensynth-aug").startswith("pulling 63 %")
    page.list.choose("tokensynth-aug")
    press(qtbot, page, "cancel")
    until(lambda: state_of(page, "tokensynth-aug") == "pulled in part (1.7 GB here)")
    until(lambda: page.details.buttons["pull"].isEnabled())
    press(qtbot, page, "pull")
    for _ in range(10):
        models.steps.release()
    until(lambda: state_of(page, "tokensynth-aug") == "ready · 2.6 GB")
    assert said[-1] == "tokensynth-aug is here, every file checked"


def test_a_pull_that_fails_says_why_and_both_ways_out(
    qtbot: QtBot, page: ModelsPage, models: FakeModels, until: Until
) -> None:
    faults: list[Fault] = []
    page.failed.connect(faults.append)
    page.list.choose("tokensynth")
    models.problem = ModelMissing("cannot pull tokensynth: ConnectError; try again")
    press(qtbot, page, "pull")
    until(lambda: "cannot pull tokensynth: ConnectError" in page.details.words)
    press(qtbot, page, "by hand")
    dialog = page.findChild(ByHandDialog)
    assert dialog is not None
    assert "timbre models export tokensynth -o tokensynth.zip" in dialog.commands.toPlainText()
    dialog.close()
    way_out = faults[0].way_out
    assert way_out is not None
    assert way_out.label == "Try again"
    way_out.run()
    for _ in range(10):
        models.steps.release()
    until(lambda: state_of(page, "tokensynth").startswith("ready"))
    assert "cannot pull" not in page.details.words


def test_a_damaged_bundle_is_mended_from_a_file(
    qtbot: QtBot,
    page: ModelsPage,
    models: FakeModels,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page.list.choose("tokensynth-mini")
    press(qtbot, page, "verify")
    until(lambda: "import it again" in page.details.words)
    chosen = ("/media/stick/mini.zip", "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: chosen)
    qtbot.mouseClick(page.import_button, Qt.MouseButton.LeftButton)
    until(lambda: state_of(page, "tokensynth-mini") == "ready · 91.0 MB")
    assert ("import", Path("/media/stick/mini.zip")) in models.asked
    assert "import it again" not in page.details.words


def test_the_model_of_renders_is_chosen_and_removing_it_brings_the_default_back(
    qtbot: QtBot, page: ModelsPage, models: FakeModels, until: Until
) -> None:
    chosen: list[str] = []
    page.model_chosen.connect(chosen.append)
    page.import_file(Path("mini.zip"))
    until(lambda: state_of(page, "tokensynth-mini").startswith("ready"))
    page.list.choose("tokensynth-mini")
    until(lambda: page.details.buttons["choose"].isEnabled())
    press(qtbot, page, "choose")
    until(lambda: chosen == ["tokensynth-mini"])
    until(lambda: page.details.buttons["remove"].isEnabled())
    for answer in ("Keep", "Remove"):
        press(qtbot, page, "remove")
        box = page.findChildren(QMessageBox)[-1]
        assert "Renders are made with the default model then." in box.informativeText()
        by_text = {button.text(): button for button in box.findChildren(QPushButton)}
        qtbot.mouseClick(by_text[answer], Qt.MouseButton.LeftButton)
        if answer == "Keep":
            assert ("remove", "tokensynth-mini") not in models.asked
    until(lambda: chosen == ["tokensynth-mini", "embedded"])
    until(lambda: state_of(page, "tokensynth-mini") == "not pulled")


def test_a_bundle_is_saved_to_a_file_and_a_full_disk_is_said(
    page: ModelsPage, models: FakeModels, until: Until, tmp_path: Path
) -> None:
    models.problem = OutputError("cannot write x.zip: the disk is full; free some space")
    page.export_file("embedded", tmp_path / "x.zip")
    until(lambda: "the disk is full" in page.details.words)
    page.export_file("embedded", tmp_path / "x.zip")
    until(lambda: "the disk is full" not in page.details.words)
    until(lambda: ("export", "embedded", tmp_path / "x.zip") in models.asked)


def test_the_licence_can_be_read(qtbot: QtBot, page: ModelsPage, until: Until) -> None:
    press(qtbot, page, "licence")
    until(lambda: page.findChild(LicenceDialog) is not None)
    dialog = page.findChild(LicenceDialog)
    assert dialog is not None
    assert "GPL-3.0-or-later" in dialog.text.toPlainText()


def test_devices_are_found_and_one_is_chosen(
    qtbot: QtBot, page: ModelsPage, models: FakeModels, until: Until
) -> None:
    chosen: list[str] = []
    page.device_chosen.connect(chosen.append)
    field = page.devices.field
    until(lambda: field.count() == 3)
    assert field.itemText(0) == "what each engine prefers"
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    assert chosen == ["cuda:0"]
    assert models.chosen_device == "cuda:0"


def test_everything_is_a_command_that_says_why_it_cannot_be_used(
    qtbot: QtBot, page: ModelsPage, models: FakeModels, until: Until
) -> None:
    commands, refused = Commands(page), list[str]()
    commands.refused.connect(refused.append)
    page.add_commands(commands)
    assert not commands.run("models.remove")
    assert refused == ["Remove the model: it ships with the program"]
    assert not commands.run("models.cancel")
    page.list.choose("tokensynth")
    assert commands.run("models.pull")
    until(lambda: "0 of 2,614 MB" in page.details.words)
    assert not commands.run("models.verify")
    assert refused[-1] == "Verify the model: something is being done for it already"
    assert commands.run("models.cancel")
    until(lambda: page.details.buttons["pull"].isEnabled())


def test_everything_can_be_reached_and_read_aloud(page: ModelsPage) -> None:
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
