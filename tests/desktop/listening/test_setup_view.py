"""Before a blind test: who sets something is not disturbed when the sounds are there."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop.listening.setup_view import SetupView
from tests.helpers.waiting import LAST_RESORT_S


@pytest.fixture
def view(qtbot: QtBot) -> SetupView:
    made = SetupView(["Bell", "Bass"])
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=int(LAST_RESORT_S * 1000))
    return made


@pytest.mark.parametrize("choice", ["trials", "abx"])
def test_who_sets_something_goes_on_when_the_sounds_are_there(view: SetupView, choice: str) -> None:
    chosen = view.trials if choice == "trials" else view.abx
    chosen.setFocus()
    view.show_ready()
    assert view.focusWidget() is chosen


def test_else_a_key_begins(view: SetupView) -> None:
    view.preference.setFocus()
    view.show_ready()
    assert view.focusWidget() is view.begin
