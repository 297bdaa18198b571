"""From a recording to a take in the DAW, in the real window, as a person does it.

A recording is dropped from another program, becomes a preset, a clip comes by OSC, its take is
heard (what the sound device played is looked at) and dragged out into the other program; then two
takes are voted on blind. There is no window manager, and what Qt does off screen does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from bridge.client import BridgeClient
from bridge.protocol.replies import Done
from core.audio import read_audio, write_audio
from core.clip import Clip, Note
from core.library import Library
from core.types import FloatArray
from desktop.listening.vote_store import LocalVotes
from desktop.listening.votes import Vote
from desktop.settings import SettingsFile
from tests.helpers.driven_program import DrivenProgram
from tests.helpers.ports import free_port
from tests.helpers.sound_tape import SoundTape, sound_tape
from tests.helpers.virtual_display import screen_environment, virtual_display
from tests.helpers.waiting import wait_until

SHELF = ("1340", "820")
RIFF = Clip.of("riff", [Note(0.4 * step, 57 + 5 * step, 100, 0.4) for step in range(4)])
PRESET = "my string"
TAKES = "Takes of this clip"
TRIALS = 2


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[SoundTape]:
    folder = tmp_path / "sound"
    folder.mkdir()
    with sound_tape(folder) as made:
        yield made


@pytest.fixture
def environment(tmp_path: Path, tape: SoundTape) -> Iterator[Mapping[str, str]]:
    with virtual_display() as display:
        yield {**screen_environment(display, tmp_path / "home"), **tape.environment}


def test_a_recording_becomes_takes_that_are_heard_dragged_and_voted_on(
    environment: Mapping[str, str], tape: SoundTape, tmp_path: Path
) -> None:
    home, port = tmp_path / "home", free_port()
    settings = SettingsFile(home / "desktop.json")
    settings.change(first_page_done=True, bridge_port=port)
    settings.save()
    recording = tmp_path / f"{PRESET}.wav"
    write_audio(recording, pluck(), 44_100)
    with (
        DrivenProgram("desktop", environment=environment) as window,
        DrivenProgram("shelf", str(recording), *SHELF, environment=environment) as shelf,
    ):
        drop_recording(window, shelf, recording)
        preset = preset_in(home / "library.sqlite")
        window.click("Takes")
        window.place(f"bridge on, port {port}; no DAW yet")
        first, second = render(port, preset)
        window.click("Clips", RIFF.name)
        hear_take(window, tape, second)
        window.hands.drag(window.place(TAKES, PRESET).middle, shelf.place(recording.name).middle)
        wait_until(lambda: shelf.ask(dropped=True))
        assert shelf.ask(dropped=True) == [second.path]
        vote(window, tape)
        window.click("Browse")
        window.hands.press("ctrl+q")
        assert window.ended() == 0
    votes = votes_in(home / "votes.sqlite")
    assert [each.answer for each in votes] == ["a"] * TRIALS
    for each in votes:
        assert {each.a.seed, each.b.seed} == {0, 1}
        assert (each.a.preset, each.b.preset) == (PRESET, PRESET)
    assert Path(first.path).is_file()
    assert Path(second.path).is_file()


def drop_recording(window: DrivenProgram, shelf: DrivenProgram, recording: Path) -> None:
    """Drag the recording among the presets, and see that it became one."""
    shelf.hands.drag(shelf.place(recording.name).middle, window.place("Presets").middle)
    window.place("Presets", PRESET)


def preset_in(library_file: Path) -> str:
    """The id that the library has for the preset."""
    with Library.open(library_file, model=None) as library:
        return library.get(PRESET).id


def render(port: int, preset: str) -> list[Done]:
    """A DAW's clip comes by OSC, and again with another seed; the takes."""
    takes: list[Done] = []
    with BridgeClient(port=port, name="ardour-1") as daw:
        for seed in range(2):
            takes += daw.render(RIFF, preset, seed=seed)
    return takes


def hear_take(window: DrivenProgram, tape: SoundTape, take: Done) -> None:
    """Play the newest take; what the sound device got is the take."""
    sound, rate = read_audio(take.path)
    assert np.abs(sound).max() > 0.01
    before = len(tape.heard())
    window.click(TAKES, PRESET, times=2)
    wait_for_sound(tape)
    wait_until(lambda: not is_loud(tape.heard()[-rate // 2 :]))
    heard = tape.heard()[before:].mean(axis=1)
    assert part_heard(sound.mean(axis=0), heard, rate) > 0.5


def vote(window: DrivenProgram, tape: SoundTape) -> None:
    """Compare both takes blind by keys alone, and see what was which."""
    window.click(TAKES, PRESET)
    window.hands.press("ctrl+a")
    window.click("Blind A/B")
    window.click("How many trials")
    window.hands.press("ctrl+a")
    window.hands.type(str(TRIALS))
    window.click("Begin")
    for number in range(TRIALS):
        window.place(f"Trial {number + 1} of {TRIALS}")
        wait_for_sound(tape)  # A, at once
        window.hands.press("b")
        window.place("A better")  # open to votes, now that both were heard
        window.hands.press("1")
    for take in (1, 2):
        window.place("What was which", f"{PRESET} v1, take {take}")
    window.click("Close")


def votes_in(file: Path) -> list[Vote]:
    """The votes that were kept."""
    kept = LocalVotes(file)
    try:
        return list(kept.votes())
    finally:
        kept.close()


def pluck() -> FloatArray:
    """A plucked string (Karplus and Strong, 1983), two seconds of A3, float32 [1, 88,200]."""
    line = np.random.default_rng(0).uniform(-1, 1, 200)
    out = np.empty(88_200)
    for i in range(len(out)):
        out[i] = line[i % 200]
        line[i % 200] = 0.498 * (line[i % 200] + line[(i + 1) % 200])
    return (0.5 * out / np.abs(out).max()).astype(np.float32)[None]


def wait_for_sound(tape: SoundTape) -> None:
    """Return when something is heard from now on."""
    before = len(tape.heard())
    wait_until(lambda: is_loud(tape.heard()[before:]))


def is_loud(sound: FloatArray) -> bool:
    """Whether anything is to be heard."""
    return bool(np.abs(sound).max(initial=0.0) > 2e-3)


def part_heard(sound: FloatArray, heard: FloatArray, rate: int) -> float:
    """How much of a sound is in what was heard, 0…1: a busy machine leaves gaps in it.

    Args:
        sound: [frames].
        heard: [frames], at the same rate, the sound somewhere in it, louder or softer.
        rate: Hz.
    """
    length = rate // 10
    pieces = [sound[at : at + length] for at in range(0, len(sound) - length, length)]
    loud = [piece for piece in pieces if is_loud(piece)]
    size = 1 << (len(heard) + length).bit_length()
    spectrum = np.fft.rfft(heard, size)
    energy = np.cumsum(np.concatenate([np.zeros(1), heard.astype(np.float64) ** 2]))
    norms = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1e-6))
    found = 0
    for piece in loud:
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(norms)]
        found += bool((product / norms).max() > 0.95 * np.linalg.norm(piece))
    return found / len(loud)
