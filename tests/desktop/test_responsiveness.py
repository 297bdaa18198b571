"""The whole window with its real services stays free, and does not grow."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from benchmarks.window import held_with_everything, memory_over_renders
from tests.helpers.gui_watchdog import ALLOWED_MS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    return tmp_path


def test_render_import_pull_and_map_at_once_hold_the_window_only_shortly(home: Path) -> None:
    watchdog = held_with_everything(home, presets=40, notes=100, mebibytes=16)
    print(watchdog)
    # What other programs and threads do is in the figures by the clock, and is not ours to hold.
    assert watchdog.longest_busy_ms < ALLOWED_MS, watchdog


def test_renders_leave_nothing_behind(home: Path) -> None:
    memory = memory_over_renders(home, count=20, every=5)
    print(memory.rows)
    own_mb, others_mb = memory.growth()
    assert own_mb < 10, memory.rows
    assert others_mb < 40, memory.rows
