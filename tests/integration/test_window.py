"""The window as it really opens, under an X server, with a person's keys and clicks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.library import Library
from desktop.settings import SettingsFile
from tests.helpers.terminal import heed_ctrl_c
from tests.helpers.waiting import LAST_RESORT_S, wait_until

FIELD = (640, 90)
"""Where the first page asks for words, in a window of 1280 × 800."""


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """An X server of the test's own."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(LAST_RESORT_S)


def test_words_become_a_preset_that_is_heard(display: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = SettingsFile(home / "desktop.json")
    settings.change(bridge_on=False)  # its port may be somebody's
    settings.save()
    environment = {**os.environ, "DISPLAY": display, "TIMBRE_HOME": str(home)}
    environment.pop("QT_QPA_PLATFORM", None)

    def x(*arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    window = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "desktop"],
        env=environment,
        preexec_fn=heed_ctrl_c,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: x("search", "--onlyvisible", "--name", "Timbre Bridge"))
        wait_until((home / "library.sqlite").exists)
        x("mousemove", *map(str, FIELD), "click", "1")
        x("type", "glassy bell")
        x("key", "Return")
        wait_until(lambda: any((home / "cache" / "auditions").glob("*.wav")))
    finally:
        window.send_signal(signal.SIGINT)
        said, _ = window.communicate(timeout=LAST_RESORT_S)
    assert (window.returncode, said) == (0, "")
    with Library.open(home / "library.sqlite", model=None) as library:
        preset = library.get("Glassy bell")
    assert preset.summary == '"glassy bell"'
