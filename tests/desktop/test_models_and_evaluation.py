"""Pulls and evaluations in the whole window: what it says of them, and asks before it closes."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.errors import ModelMissing
from desktop.app import Desktop
from desktop.pages.evaluation.page import EvaluationPage
from desktop.pages.models.page import ModelsPage
from desktop.services.fakes.evaluations import FakeEvaluations
from desktop.services.fakes.models import FakeModels
from desktop.settings import SettingsFile
from desktop.widgets.closing_dialog import ClosingDialog
from tests.desktop.conftest import MakeDesktop
from tests.helpers.waiting import LAST_RESORT_S

LAST_RESORT_MS = int(1000 * LAST_RESORT_S)


@pytest.fixture
def desktop(qtbot: QtBot, make_desktop: MakeDesktop) -> Desktop:
    made = make_desktop()
    with qtbot.waitExposed(made.window):
        made.show()
    return made


def models_of(qtbot: QtBot, desktop: Desktop) -> tuple[ModelsPage, FakeModels]:
    page, service = desktop.window.findChild(ModelsPage), desktop.services.models
    assert isinstance(page, ModelsPage)
    assert isinstance(service, FakeModels)
    desktop.window.show_page("models")
    qtbot.waitUntil(lambda: bool(page.list.entries), timeout=LAST_RESORT_MS)
    return page, service


def test_a_pull_is_in_the_status_line_and_closing_asks(qtbot: QtBot, desktop: Desktop) -> None:
    page, _ = models_of(qtbot, desktop)
    page.list.choose("tokensynth")
    assert desktop.window.commands.run("models.pull")
    line = desktop.window.status_line
    qtbot.waitUntil(lambda: "tokensynth pulling" in line.words, timeout=LAST_RESORT_MS)
    desktop.window.close()
    assert desktop.window.isVisible()
    dialog = desktop.window.findChild(ClosingDialog)
    assert isinstance(dialog, ClosingDialog)
    qtbot.mouseClick(dialog.stop, Qt.MouseButton.LeftButton)
    assert not desktop.window.isVisible()
    desktop.close()


def test_an_evaluation_goes_on_when_its_page_is_left_and_closing_asks(
    qtbot: QtBot, desktop: Desktop
) -> None:
    page, service = desktop.window.findChild(EvaluationPage), desktop.services.evaluations
    assert isinstance(page, EvaluationPage)
    assert isinstance(service, FakeEvaluations)
    desktop.window.show_page("evaluation")
    qtbot.waitUntil(lambda: page.new_run.start.isEnabled(), timeout=LAST_RESORT_MS)
    assert desktop.window.commands.run("evaluation.start")
    qtbot.waitUntil(lambda: service.under_way == 1, timeout=LAST_RESORT_MS)
    qtbot.waitUntil(lambda: page.list.current.startswith("new"), timeout=LAST_RESORT_MS)
    desktop.window.show_page("browse")
    service.get_further(page.list.current, 34)
    assert desktop.window.status_line.words.startswith("evaluating: 34 of 120 sounds")
    desktop.window.close()
    assert desktop.window.isVisible()
    service.get_further(page.list.current, 120)
    dialog = desktop.window.findChild(ClosingDialog)
    assert isinstance(dialog, ClosingDialog)
    qtbot.mouseClick(dialog.wait, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not desktop.window.isVisible(), timeout=LAST_RESORT_MS)


def test_what_is_chosen_is_kept(qtbot: QtBot, desktop: Desktop) -> None:
    page, service = models_of(qtbot, desktop)
    page.devices.chosen.emit("cuda:0")
    service.chosen = "tokensynth"
    page.model_chosen.emit("tokensynth")
    desktop.window.close()
    desktop.close()
    values = SettingsFile.open().values
    assert (values.render_model, values.render_device) == ("tokensynth", "cuda:0")


def test_a_failed_pull_is_said_wherever_one_is(qtbot: QtBot, desktop: Desktop) -> None:
    page, service = models_of(qtbot, desktop)
    page.list.choose("tokensynth")
    service.problem = ModelMissing("cannot pull tokensynth: no network")
    desktop.window.commands.run("models.pull")
    desktop.window.show_page("browse")
    errors = desktop.window.error_line
    qtbot.waitUntil(lambda: errors.fault is not None, timeout=LAST_RESORT_MS)
    assert errors.fault is not None
    assert errors.fault.way_out is not None
    assert errors.fault.way_out.label == "Try again"
    assert "pulling" not in desktop.window.status_line.words
