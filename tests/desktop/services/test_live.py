"""Keys played live: the engine in the callback, MIDI keyboards, and the process around them."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import mido
import numpy as np
import pytest

from core.clip import Bend
from core.types import Embedding, FloatArray
from desktop.services.interfaces import LiveState
from desktop.services.live import ProcessLive
from desktop.services.live_keys.engine import LiveEngine
from desktop.services.live_keys.messages import state_from_line, state_to_line
from desktop.services.live_keys.midi_inputs import MidiInputs
from tests.helpers.waiting import wait_until


class RecordingStream:
    """A stream that remembers what was asked of it."""

    sample_rate, latency, sounding = 44_100, 441, 0

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.level = 0.5

    def note_on(self, pitch: int, velocity: int, at: int = 0, bend: Bend = ()) -> int:
        self.asked.append(("on", pitch, velocity))
        return 1

    def note_off(self, pitch: int, at: int = 0) -> None:
        self.asked.append(("off", pitch))

    def release(self, note_id: int, at: int = 0) -> None:
        self.asked.append(("release", note_id))

    def all_notes_off(self, at: int = 0) -> None:
        self.asked.append(("all off",))

    def bend(self, semitones: float, note_id: int | None = None, at: int = 0) -> None:
        self.asked.append(("bend", semitones))

    def set_timbre(self, embedding: Embedding) -> None:
        self.asked.append(("timbre",))

    def process(self, samples: int) -> FloatArray:
        return np.full(samples, self.level, np.float32)


@pytest.fixture
def stream() -> RecordingStream:
    return RecordingStream()


@pytest.fixture
def engine(stream: RecordingStream) -> LiveEngine:
    return LiveEngine(stream)


def test_keys_reach_the_stream_with_the_next_block(
    engine: LiveEngine, stream: RecordingStream
) -> None:
    engine.note_on(60, 90, time.perf_counter())
    engine.note_off(60)
    assert stream.asked == []
    assert engine.block(256).shape == (256,)
    assert stream.asked == [("on", 60, 90), ("off", 60)]


def test_key_to_sound_counts_all_that_lies_between(engine: LiveEngine) -> None:
    engine.output_s = 0.0116
    engine.note_on(60, 90, time.perf_counter() - 0.005)
    engine.block(256)
    assert engine.key_to_sound_s is not None
    assert engine.key_to_sound_s >= 0.005 + 0.01 + 0.0116


def test_what_is_too_loud_is_held_within_full_scale(
    engine: LiveEngine, stream: RecordingStream
) -> None:
    stream.level = 3.0
    assert np.all(engine.block(64) == 1.0)
    assert engine.level_db == 0.0
    stream.level = 0.0
    engine.block(64)
    assert engine.level_db == -math.inf


def test_the_pedal_holds_keys_until_it_is_lifted(
    engine: LiveEngine, stream: RecordingStream
) -> None:
    engine.pedal(True)
    engine.note_on(60, 90, 0.0)
    engine.note_off(60)
    engine.note_on(60, 80, 0.0)  # the first one ends where its key is struck again
    engine.note_off(60)
    engine.block(64)
    assert stream.asked == [("on", 60, 90), ("off", 60), ("on", 60, 80)]
    engine.pedal(False)
    engine.block(64)
    assert stream.asked[3:] == [("off", 60)]


def test_a_midi_keyboard_plays(engine: LiveEngine, stream: RecordingStream) -> None:
    inputs = MidiInputs()
    inputs.take(mido.Message("note_on", note=60, velocity=90))  # nothing plays yet
    inputs._engine = lambda: engine
    for message in (
        mido.Message("note_on", note=60, velocity=90),
        mido.Message("pitchwheel", pitch=4096),
        mido.Message("note_on", note=64, velocity=70),
        mido.Message("note_on", note=60, velocity=0),
    ):
        inputs.take(message)
    down = [inputs.keys_down]
    inputs.take(mido.Message("control_change", control=123, value=0))
    down.append(inputs.keys_down)
    engine.block(64)
    assert stream.asked == [
        ("on", 60, 90), ("bend", 1.0), ("on", 64, 70), ("off", 60), ("all off",),
    ]  # fmt: skip
    assert down == [(64,), ()]


@pytest.mark.parametrize("level_db", [-12.5, -math.inf])
def test_a_state_is_read_as_it_was_written(level_db: float) -> None:
    state = LiveState("", "", 18.5, level_db, 2, ("Keystation",), "", (60, 64))
    assert state_from_line(state_to_line(state)) == state
    with pytest.raises(ValueError, match="is no state"):
        state_from_line('["other", {}]')


ECHO = """
import sys, json
from desktop.services.interfaces import LiveState
from desktop.services.live_keys.messages import state_to_line
for line in sys.stdin:
    about, *rest = json.loads(line)
    if about == "off": sys.exit(3)
    if about == "end": break
    print(state_to_line(LiveState(words=line.strip())), flush=True)
"""


def test_orders_reach_the_process_and_its_death_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    live = ProcessLive([sys.executable, "-c", ECHO])
    live.note_on(60, 90)  # nothing plays: nothing happens
    live.begin("bell")
    wait_until(lambda: '"preset", "bell", ""' in live.state.words)
    live.set_weights([1.0])  # of a preset: nothing happens
    live.begin_blend([("bell", 0.5), ("pad", 0.5)], "Scarlett", mode="linear")
    wait_until(
        lambda: (
            '["blend", 1, [["bell", 0.5], ["pad", 0.5]], "linear", "Scarlett"]' in live.state.words
        )
    )
    live.set_weights([0.2, 0.8])
    wait_until(lambda: '"weights", 1, [0.2, 0.8]' in live.state.words)
    live.note_on(60, 90)
    wait_until(lambda: '"on", 60, 90' in live.state.words)
    live.note_off(60)
    wait_until(lambda: live.state.problem)
    assert "the live player ended (status 3)" in live.state.problem
    live.begin("pad")  # which starts it anew
    wait_until(lambda: '"preset", "pad", ""' in live.state.words)
    live.end()
    assert live.state == LiveState()
    live.begin("bell")
    wait_until(lambda: '"preset", "bell", ""' in live.state.words)
    process = live._process
    assert process is not None
    live.close()  # as the window does, which waits for no signal of a page
    assert process.poll() is not None
    live.begin_blend([("bell", 0.5), ("pad", 0.5)])
    assert live._process is None
    live.close()
