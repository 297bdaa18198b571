"""The whole window over real services: only the models are missing, and the sound device."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from bridge.jobs.process import WorkerProcess
from core.models import DEFAULT_BUNDLE
from desktop.app import Desktop
from desktop.faults import Fault
from desktop.parts import Services
from desktop.services.audio_out import SystemAudio
from desktop.services.audition import WorkerAuditions
from desktop.services.bridge import LocalBridge
from desktop.services.fakes.daws import FakeDaws
from desktop.services.fakes.making import fake_making
from desktop.services.jobs import LocalJobService
from desktop.services.presets import LibraryPresets
from desktop.settings import SettingsFile
from desktop.tasks import TaskControl
from tests.bridge.servers import service
from tests.helpers.sound_device import FakeBackend
from tests.helpers.waiting import LAST_RESORT_S

FAKE_WORKER = (sys.executable, "-m", "tests.helpers.fake_worker")


class ColdAuditions(WorkerAuditions):
    """Of a worker that has no model to load before it is asked."""

    def warm_up(self, control: TaskControl) -> None:
        """Nothing to do."""


@dataclass
class OpenWindow:
    """The window of a test.

    Attributes:
        qtbot: drives it.
        desktop: with its real services.
        home: the user's files.
    """

    qtbot: QtBot
    desktop: Desktop
    home: Path

    def wait(self, happened: Callable[[], object]) -> None:
        """Wait until something is so, events being handled meanwhile."""
        self.qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    def fault(self, words: str) -> Fault:
        """Wait for a fault that says some words; those before it are dismissed."""
        line = self.desktop.window.error_line

        def is_shown() -> bool:
            while line.fault is not None and words not in line.fault.message:
                line.dismiss()
            return line.fault is not None

        self.wait(is_shown)
        assert line.fault is not None
        return line.fault

    def take_way_out(self, label: str) -> None:
        """Press the error line's button."""
        (button,) = (
            button
            for button in self.desktop.window.error_line.findChildren(QPushButton)
            if button.text() == label
        )
        button.click()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's files, none yet."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("TIMBRE_HOME", str(home))
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    return home


@pytest.fixture
def open_window(
    qtbot: QtBot, qapp: QApplication, home: Path, tmp_path: Path
) -> Iterator[Callable[..., OpenWindow]]:
    """Opens the window; given the bridge's port, with the bridge on."""
    opened: list[Desktop] = []

    def open_(port: int | None = None, *, is_warmed: bool = False) -> OpenWindow:
        settings = SettingsFile.open()
        settings.change(first_page_done=True, bridge_on=port is not None)
        kind = WorkerAuditions if is_warmed else ColdAuditions
        auditions = kind(start_worker=lambda log: WorkerProcess(log, FAKE_WORKER))
        jobs = LocalJobService(lambda: service(tmp_path))
        answers = tmp_path / "answers"
        services = Services(
            LibraryPresets(None, DEFAULT_BUNDLE, auditions.render),
            auditions,
            SystemAudio(FakeBackend),
            FakeDaws(),
            jobs,
            LocalBridge(jobs, port=port or 0, answers=answers, sample_rate=8000),
            fake_making(),
        )
        desktop = Desktop(qapp, settings, services)
        qtbot.addWidget(desktop.window)
        opened.append(desktop)
        desktop.show()
        return OpenWindow(qtbot, desktop, home)

    yield open_
    for desktop in opened:
        desktop.close()
    qapp.setStyleSheet("")
