"""The window as it really opens, under an X server, with a person's keys and clicks."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core.library import Library
from desktop.settings import SettingsFile
from tests.helpers.terminal import heed_ctrl_c
from tests.helpers.virtual_display import Hands, screen_environment, virtual_display
from tests.helpers.waiting import LAST_RESORT_S, wait_until

FIELD = (640, 90)
"""Where the first page asks for words, in a window of 1280 × 800."""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    with virtual_display("1400x900") as display:
        yield screen_environment(display, tmp_path / "home")


def test_words_become_a_preset_that_is_heard(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    home, hands = tmp_path / "home", Hands(environment)
    settings = SettingsFile(home / "desktop.json")
    settings.change(bridge_on=False)  # its port may be somebody's
    settings.save()
    window = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "desktop"],
        env=environment,
        preexec_fn=heed_ctrl_c,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: hands.windows("Timbre Bridge"))
        wait_until((home / "library.sqlite").exists)
        hands.click(FIELD)
        hands.type("glassy bell")
        hands.press("Return")
        wait_until(lambda: any((home / "cache" / "auditions").glob("*.wav")))
    finally:
        window.send_signal(signal.SIGINT)
        said, _ = window.communicate(timeout=LAST_RESORT_S)
    assert (window.returncode, said) == (0, "")
    with Library.open(home / "library.sqlite", model=None) as library:
        preset = library.get("Glassy bell")
    assert preset.summary == '"glassy bell"'
