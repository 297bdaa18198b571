"""With nothing warm, a sound that was rendered before does not wait for the model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app import Desktop
from desktop.parts import fake_services
from desktop.services.fakes.audition import FakeAuditions
from desktop.settings import SettingsFile
from desktop.tasks import TaskControl
from tests.helpers.waiting import LAST_RESORT_S


class ColdAuditions(FakeAuditions):
    """Whose model loads until the end of the test, or until nobody waits for it any more."""

    def __init__(self) -> None:
        super().__init__()
        self.loading, self.may_end, self.is_given_up = threading.Event(), threading.Event(), False

    def warm_up(self, control: TaskControl) -> None:
        self.loading.set()
        while not self.may_end.wait(0.01):
            if control.is_cancelled:
                self.is_given_up = True
                return


@pytest.fixture
def auditions() -> ColdAuditions:
    return ColdAuditions()


def test_the_first_arrow_key_plays_what_is_there_while_the_model_loads(
    qtbot: QtBot,
    qapp: QApplication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    auditions: ColdAuditions,
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    services = replace(fake_services(), auditions=auditions)
    desktop = Desktop(qapp, SettingsFile.open(), services)
    qtbot.addWidget(desktop.window)

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    desktop.show()
    wait(auditions.loading.is_set)
    browse = desktop._pages.browse
    wait(lambda: browse.current is not None)
    browse.actions_by_name["browse.next"].trigger()
    wait(lambda: services.audio.is_playing)
    assert auditions.is_given_up
    desktop.close()
    qapp.setStyleSheet("")
