"""Starts of the window after the first one, in real windows: beside it, and after work was left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bridge.client import BridgeClient
from core.audio import read_audio
from core.clip import Clip, Note
from desktop.settings import SettingsFile
from tests.helpers.driven_program import DrivenProgram
from tests.helpers.ports import free_port
from tests.helpers.terminal import ROOT
from tests.helpers.virtual_display import screen_environment, virtual_display
from tests.helpers.waiting import LAST_RESORT_S, wait_until

COVERED = (300, 300)
"""A place of the window, with another program's window over it."""

LONG = Clip.of("long", [Note(0.25 * step, 48 + step % 24, 90, 0.25) for step in range(120)])


class _LeftAlone(Exception):
    """The DAW went away while its render was under way."""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    with virtual_display() as display:
        yield screen_environment(display, tmp_path / "home")


@pytest.fixture
def port(tmp_path: Path) -> int:
    """Where the window's bridge answers."""
    free = free_port()
    settings = SettingsFile(tmp_path / "home" / "desktop.json")
    settings.change(first_page_done=True, bridge_port=free, page="takes")
    settings.save()
    return free


def test_a_second_start_raises_the_first_window_and_ends(
    environment: Mapping[str, str], port: int, tmp_path: Path
) -> None:
    corner = [str(at - 20) for at in COVERED]
    with DrivenProgram("desktop", environment=environment) as window:
        window.place("Takes")
        with DrivenProgram("shelf", "a file", *corner, environment=environment) as shelf:
            shelf.place("a file")
            hands = window.hands
            wait_until(lambda: [hands.window_at(COVERED)] == hands.windows("Shelf"))
            second = subprocess.run(
                [sys.executable, "-m", "core.cli", "desktop"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=LAST_RESORT_S,
                check=True,
            )
            assert second.stdout == (
                "Timbre Bridge is open already; its window comes to the front.\n"
            )
            assert second.stderr == ""
            wait_until(lambda: hands.window_at(COVERED) in hands.windows("Timbre Bridge"))
            assert window.process.poll() is None


def test_a_render_that_the_window_was_closed_over_goes_on_at_the_next_start(
    environment: Mapping[str, str], port: int, tmp_path: Path
) -> None:
    renders = tmp_path / "home" / "renders"
    with DrivenProgram("desktop", environment=environment) as window:
        window.place(f"bridge on, port {port}; no DAW yet")
        leave_a_render(port)
        window.click("Takes")
        window.hands.press("ctrl+q")
        window.click("Stop and close")
        assert window.ended() == 0
    assert not list(renders.glob("*.wav"))
    with DrivenProgram("desktop", environment=environment) as window:
        window.click("Clips", LONG.name)
        window.place("Takes of this clip", "done")
        (take,) = renders.glob("*.wav")
        sound, rate = read_audio(take)
        assert sound.shape[1] / rate > LONG.length_s
        window.click("Takes")
        window.hands.press("ctrl+q")  # nothing is under way: it does not ask
        assert window.ended() == 0


def leave_a_render(port: int) -> None:
    """Ask for a render as a DAW does, and go away when it is under way."""

    def leave(fraction: float) -> bool:
        raise _LeftAlone

    with BridgeClient(port=port, name="ardour-1") as daw:
        preset = daw.presets()[0].id
        with pytest.raises(_LeftAlone):
            daw.render(LONG, preset, on_progress=leave)
