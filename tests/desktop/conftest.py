"""A window with fakes, and nothing of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import page_links, stage_link
from desktop.app import Desktop
from desktop.settings import SettingsFile
from tests.desktop.frame_fakes import AddedPresets, FakePage, FakeStage, MadeBy, services

MakeDesktop = Callable[..., Desktop]


@pytest.fixture
def make_desktop(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeDesktop]:
    """Opens windows; each can be closed and opened again with the same settings."""
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    monkeypatch.setattr(page_links, "BROWSE_PAGE", MadeBy(FakePage))
    monkeypatch.setattr(stage_link, "STAGE", MadeBy(FakeStage))
    opened: list[Desktop] = []

    def make(presets: AddedPresets | None = None) -> Desktop:
        desktop = Desktop(qapp, SettingsFile.open(), services(presets))
        qtbot.addWidget(desktop.window)
        opened.append(desktop)
        return desktop

    yield make
    for desktop in opened:
        desktop.tasks.close()
    qapp.setStyleSheet("")
