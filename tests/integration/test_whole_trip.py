"""From a recording to a take in the DAW, in the real window, as a person does it.

A recording is dropped from another program, becomes a preset, a clip comes by OSC, its take is
heard (what the sound device played is looked at) and dragged out into the other program.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from bridge.client import BridgeClient
from core.audio import read_audio, write_audio
from core.clip import Clip, Note
from core.library import Library
from desktop.settings import SettingsFile
from tests.helpers.sound_tape import SoundTape, sound_tape
from tests.helpers.virtual_display import DrivenProgram, Hands, Place, virtual_display
from tests.helpers.waiting import LAST_RESORT_S, wait_until

SHELF = (1340, 820)
RIFF = Clip.of("riff", [Note(0.4 * step, 57 + 5 * step, 100, 0.4) for step in range(4)])


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[SoundTape]:
    folder = tmp_path / "sound"
    folder.mkdir()
    with sound_tape(folder) as made:
        yield made


@pytest.fixture
def environment(tmp_path: Path, tape: SoundTape) -> Iterator[Mapping[str, str]]:
    with virtual_display() as display:
        own = {"DISPLAY": display, "TIMBRE_HOME": str(tmp_path / "home")}
        variables = {**os.environ, **tape.environment, **own}
        variables.pop("QT_QPA_PLATFORM", None)
        yield variables


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def pluck() -> np.ndarray:
    """A plucked string (Karplus and Strong, 1983), two seconds of A3."""
    rng = np.random.default_rng(0)
    line = rng.uniform(-1, 1, 200)
    out = np.empty(88_200)
    for i in range(len(out)):
        out[i] = line[i % 200]
        line[i % 200] = 0.498 * (line[i % 200] + line[(i + 1) % 200])
    return (0.5 * out / np.abs(out).max()).astype(np.float32)[None]


class Session:
    """The window and the other program."""

    def __init__(self, environment: Mapping[str, str], recording: Path) -> None:
        self.hands = Hands(environment)
        self.window = DrivenProgram("desktop", environment=environment)
        self.shelf = DrivenProgram(
            "shelf", str(recording), *map(str, SHELF), environment=environment
        )

    def place(self, name: str, row: str = "") -> Place:
        """Where something in the window is, once it is there."""
        found: list[Place] = []

        def look() -> bool:
            place = self.window.find(name, row)
            if place is not None:
                found.append(place)
            return bool(found)

        wait_until(look, lambda: f"nothing is called {name} {row}")
        return found[-1]

    def click(self, name: str, row: str = "") -> None:
        self.hands.click(self.place(name, row).middle)

    def close(self) -> None:
        for program in (self.window, self.shelf):
            program.process.send_signal(signal.SIGINT)
        for program in (self.window, self.shelf):
            program.process.wait(LAST_RESORT_S)


def test_a_recording_becomes_a_take_in_the_daw(
    environment: Mapping[str, str], tape: SoundTape, tmp_path: Path
) -> None:
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    settings = SettingsFile(home / "desktop.json")
    settings.change(first_page_done=True, bridge_port=port)
    settings.save()
    recording = tmp_path / "my string.wav"
    write_audio(recording, pluck(), 44_100)
    session = Session(environment, recording)
    try:
        presets = session.place("Presets")
        shelf = session.shelf.find(recording.name)
        assert shelf is not None
        session.hands.drag(shelf.middle, presets.middle)
        library_file = home / "library.sqlite"

        def preset_id() -> str:
            with Library.open(library_file, model=None) as library:
                found = [p.id for p in library.list(0, 100).presets if p.name == "my string"]
            return found[0] if found else ""

        wait_until(lambda: library_file.exists() and preset_id())
        with BridgeClient(port=port, name="ardour-1") as daw:
            (take,) = daw.render(RIFF, preset_id())
        sound, rate = read_audio(take.path)
        assert np.abs(sound).max() > 0.01
        session.click("Takes")
        session.click("Clips", "riff")
        # Heard: what the sound device got is the take.
        before = len(tape.heard())
        session.hands.click(session.place("Takes of this clip", "my string").middle, times=2)
        wait_until(lambda: np.abs(tape.heard()[before:]).max(initial=0.0) > 0.01)
        wait_until(lambda: np.abs(tape.heard()[-rate // 2 :]).max(initial=0.0) < 1e-3)
        heard = tape.heard()[before:].mean(axis=1)
        assert likeness(heard, sound.mean(axis=0)) > 0.9
        # Out into the other program.
        row = session.place("Takes of this clip", "my string")
        session.hands.drag(row.middle, shelf.middle)
        wait_until(lambda: session.shelf.ask(dropped=True))
        assert session.shelf.ask(dropped=True) == [take.path]
    finally:
        session.close()
    assert session.window.process.returncode == 0
    assert Path(take.path).is_file()


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The highest correlation of two sounds over all shifts, 0…1."""
    size = 1 << (len(one) + len(other)).bit_length()
    product = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)))
    return float(product.max() / (np.linalg.norm(one) * np.linalg.norm(other)))
