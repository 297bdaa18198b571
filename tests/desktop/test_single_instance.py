"""A second start raises the first window."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.single_instance import SingleInstance, usual_name
from tests.helpers.waiting import LAST_RESORT_S

LAST_RESORT_MS = int(1000 * LAST_RESORT_S)


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    return usual_name()


def test_the_second_start_raises_the_first(qtbot: QtBot, name: str) -> None:
    first, second = SingleInstance(name), SingleInstance(name)
    assert first.is_first()
    with qtbot.waitSignal(first.raise_wanted, timeout=LAST_RESORT_MS):
        assert not second.is_first()
    first.close()
    assert second.is_first()
    second.close()


def test_what_a_crash_left_keeps_nobody_out(qtbot: QtBot, name: str) -> None:
    import socket
    import tempfile

    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("this system's servers leave no file")
    with socket.socket(socket.AF_UNIX) as left:  # bound, and nobody listens any more
        left.bind(str(Path(tempfile.gettempdir()) / name))
    after = SingleInstance(name)
    assert after.is_first()
    after.close()


def test_another_home_is_another_window(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "other"))
    assert usual_name() != name
