"""The Evaluation page: a run is planned, started, watched, stopped, read, compared, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.errors import UserInputError
from desktop.commands import Commands
from desktop.faults import Fault
from desktop.pages.evaluation.compare_dialog import CompareDialog
from desktop.pages.evaluation.page import EvaluationPage
from desktop.services.evaluations.interface import EvaluationRequest
from desktop.services.fakes.evaluations import FakeEvaluations
from tests.desktop.evaluation.conftest import Until


def press(qtbot: QtBot, page: EvaluationPage, name: str) -> None:
    button = page.details.buttons[name]
    assert button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    places: list[str] = []

    def open_url(url: QUrl) -> bool:
        places.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return places


def test_what_a_run_will_take_is_said_before_it_starts(page: EvaluationPage, until: Until) -> None:
    new = page.new_run
    assert new.words == "24 items, about 120 sounds: about 1 min 48 s, at low priority."
    new.limit.setValue(4)
    until(lambda: new.words.startswith("4 items, about 20 sounds: about 18 s"))
    new.models["tokensynth"].click()
    until(lambda: "about 28 sounds: how long is known after the first few" in new.words)
    for box in new.models.values():
        box.setChecked(False)
    until(lambda: new.words == "Choose a model.")
    assert not new.start.isEnabled()


def test_a_run_is_watched_stopped_and_gone_on_with(
    qtbot: QtBot, page: EvaluationPage, evaluations: FakeEvaluations, until: Until
) -> None:
    said: list[str] = []
    page.status.connect(said.append)
    qtbot.mouseClick(page.new_run.start, Qt.MouseButton.LeftButton)
    until(lambda: page.list.current.startswith("new"))
    run_id = page.list.current
    assert evaluations.asked[0] == ("start", EvaluationRequest("embedded-v1", ("embedded",)))
    assert not page.new_run.start.isEnabled()
    assert page.new_run.why_not == "one goes on already"
    evaluations.get_further(run_id, 34)
    assert said[-1] == "evaluating: 34 of 120 sounds, 2 min 05 s left"
    assert "34 of 120 sounds, 2 min 05 s left" in page.details.words
    page.list.choose("b")  # it goes on when another is looked at
    evaluations.get_further(run_id, 60)
    assert page.list.entries[0].fraction == 0.5
    page.list.choose(run_id)
    press(qtbot, page, "cancel")
    until(lambda: "stopped after 34 sounds" in page.details.words)
    assert page.new_run.start.isEnabled()
    press(qtbot, page, "go on")
    until(lambda: page.details.run is not None and page.details.run.state == "running")
    evaluations.get_further(run_id, 120)
    until(lambda: page.details.table.isVisible())
    assert page.details.table.cells[0][2] == "0.953 ±0.028"
    heading = page.details.table.horizontalHeaderItem(3)
    assert heading is not None
    assert (heading.text(), "lower is better" in heading.toolTip()) == ("MSS ↓", True)


def test_a_failure_is_said_and_the_way_is_free_again(
    qtbot: QtBot, page: EvaluationPage, evaluations: FakeEvaluations, until: Until
) -> None:
    faults: list[Fault] = []
    page.failed.connect(faults.append)
    page.list.choose("0")
    assert "tokensynth is not on this machine" in page.details.words
    evaluations.problem = UserInputError("manifest.jsonl: line 3 is wrong")
    qtbot.mouseClick(page.new_run.start, Qt.MouseButton.LeftButton)
    until(lambda: faults)
    assert faults[0].message == "manifest.jsonl: line 3 is wrong"
    assert page.new_run.start.isEnabled()


def test_report_and_folder_open(
    qtbot: QtBot, page: EvaluationPage, until: Until, opened: list[str]
) -> None:
    page.list.choose("b")
    press(qtbot, page, "report")
    until(lambda: opened)
    press(qtbot, page, "folder")
    assert [Path(place).name for place in opened] == ["report.html", "2026-11-26 18.02 embedded"]


def test_two_are_compared(
    qtbot: QtBot,
    page: EvaluationPage,
    evaluations: FakeEvaluations,
    until: Until,
    opened: list[str],
) -> None:
    page.list.choose("b")
    press(qtbot, page, "compare")
    dialog = page.findChild(CompareDialog)
    assert dialog is not None
    until(lambda: dialog.table.rowCount() == 3)
    assert evaluations.asked[-1] == ("compare", ("a", "embedded"), ("b", "embedded"))
    assert dialog.table.cells[1][5] == "better"
    dialog.fields[0][1].setCurrentText("sine")
    until(lambda: evaluations.asked[-1] == ("compare", ("a", "sine"), ("b", "embedded")))
    evaluations.problem = UserInputError("the runs are of different sets")
    dialog.fields[0][0].setCurrentIndex(dialog.fields[0][0].findData("b"))
    until(lambda: dialog.words == "the runs are of different sets")
    button = next(b for b in dialog.findChildren(QPushButton) if "report after" in b.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    until(lambda: opened)


def test_a_run_is_deleted_after_a_question_and_an_added_one_stays_on_disk(
    qtbot: QtBot, page: EvaluationPage, evaluations: FakeEvaluations, until: Until
) -> None:
    page.list.choose("b")
    for answer in ("Keep", "Delete"):
        press(qtbot, page, "remove")
        box = page.findChildren(QMessageBox)[-1]
        by_text = {button.text(): button for button in box.findChildren(QPushButton)}
        qtbot.mouseClick(by_text[answer], Qt.MouseButton.LeftButton)
        if answer == "Keep":
            assert ("remove", "b") not in evaluations.asked
    until(lambda: "b" not in [entry.id for entry in page.list.entries])
    page.list.choose("a")
    assert page.details.buttons["remove"].text() == "Take off the list"
    press(qtbot, page, "remove")
    assert "Its folder stays" in page.findChildren(QMessageBox)[-1].informativeText()
    page.findChildren(QMessageBox)[-1].close()


def test_a_run_of_the_command_line_is_added(page: EvaluationPage, until: Until) -> None:
    page.add_folder(Path("/home/me/runs/a"))
    until(lambda: page.list.current == "/home/me/runs/a")
    until(lambda: page.details.table.isVisible())


def test_everything_is_a_command_and_can_be_reached(
    page: EvaluationPage, evaluations: FakeEvaluations, until: Until
) -> None:
    commands, refused = Commands(page), list[str]()
    commands.refused.connect(refused.append)
    page.add_commands(commands)
    page.list.choose("c")
    assert not commands.run("evaluation.report")
    assert refused == ["Open the evaluation's report: it is stopped after 31 sounds"]
    assert commands.run("evaluation.go_on")
    until(lambda: ("go on", "c") in evaluations.asked)
    assert not commands.run("evaluation.start")
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
