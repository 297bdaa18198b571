"""The window's bridge: DAWs' clips arrive, and what keeps it from running is said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.client import BridgeClient, BridgeRefused
from core.audio import write_audio
from core.clip import Clip, Note
from desktop.services.bridge import LocalBridge
from desktop.services.bridge_interface import BridgeState
from desktop.services.round_trip import look_at
from tests.bridge.servers import running
from tests.desktop.services.conftest import HeardJobs, Until, control
from tests.helpers.waiting import LAST_RESORT_S

OpenJobs = Callable[[], HeardJobs]
RIFF = Clip.of("riff", [Note(0.0, 60, 90, 0.5), Note(0.5, 64, 90, 0.5)])


@pytest.fixture
def make(open_jobs: OpenJobs, tmp_path: Path) -> Iterator[Callable[..., LocalBridge]]:
    made: list[LocalBridge] = []

    def make_(heard: HeardJobs, port: int = 0) -> LocalBridge:
        bridge = LocalBridge(
            heard.jobs, port=port, answers=tmp_path / "answers", sample_rate=44_100
        )
        made.append(bridge)
        return bridge

    yield make_
    for bridge in made:
        bridge.close()


def test_a_daw_sends_a_clip_and_gets_its_file(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge], until: Until
) -> None:
    heard = open_jobs()
    bridge = make(heard)
    states: list[BridgeState] = []
    bridge.events.changed.connect(states.append)
    on = bridge.turn_on()
    assert on.is_on
    assert "no DAW yet" in on.words
    assert bridge.turn_on().port == on.port
    with BridgeClient(port=on.port, name="ardour-7") as daw:
        (take,) = daw.render(RIFF, "Warm bass")
    assert Path(take.path).is_file()
    until(lambda: any(clip.source == "Ardour" for clip in heard.clips))
    until(lambda: any(t.files == (Path(take.path),) for t in heard.takes.values()))
    until(lambda: any("Ardour connected" in state.words for state in states))
    until(lambda: bridge.state.deliveries)
    assert Path(take.path).name in bridge.state.deliveries[0]
    off = bridge.turn_off()
    assert not off.is_on
    assert off.deliveries == bridge.state.deliveries
    assert bridge.turn_on().is_on


def test_a_port_of_another_program_is_said(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        state = make(open_jobs(), taken.getsockname()[1]).turn_on()
    assert not state.is_on
    assert "another program uses port" in state.problem


def test_a_port_of_another_bridge_of_ours_is_said(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge], tmp_path: Path
) -> None:
    heard = open_jobs()
    with running(tmp_path / "other") as other:
        state = make(heard, other.port).turn_on()
    assert "another Timbre Bridge answers" in state.problem
    assert str(tmp_path / "other") in state.problem


def test_a_queue_that_another_has_is_said(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge]
) -> None:
    open_jobs().jobs.clips()
    state = make(open_jobs()).turn_on()
    assert "another Timbre Bridge is using" in state.problem


def test_closing_does_not_wait_for_a_bridge_that_is_being_turned_on(
    open_jobs: OpenJobs, tmp_path: Path, until: Until
) -> None:
    heard = open_jobs()
    bridge = LocalBridge(heard.jobs, port=0, answers=tmp_path / "answers")
    turning = threading.Thread(target=bridge.turn_on)
    turning.start()  # this test's renderer never says that it has loaded its model
    until(
        lambda: bridge.state.words == "bridge: getting ready" and (tmp_path / "jobs.log").exists()
    )
    bridge.close()
    assert turning.is_alive()
    heard.jobs.close()
    turning.join()
    assert not bridge.state.is_on


def test_a_test_trip_goes_the_way_of_a_daw(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge], until: Until
) -> None:
    heard = open_jobs()
    bridge = make(heard)
    (off,) = bridge.test_trip(control())
    assert not off.is_ok
    assert "turn it on" in off.advice
    bridge.turn_on()
    steps = bridge.test_trip(control())
    # This worker's files are no sound, as from a disk that is full.
    assert [step.is_ok for step in steps] == [True, True, True, False]
    assert steps[-1].advice
    until(lambda: any(clip.source == "the test trip" for clip in heard.clips))
    assert [client.words for client in bridge.clients] == ["the test trip"]


def test_the_file_of_a_trip_must_sound(tmp_path: Path) -> None:
    file = tmp_path / "take.wav"
    write_audio(file, np.zeros((1, 4410), np.float32), 44_100)
    assert not look_at(file).is_ok
    write_audio(file, np.full((1, 4410), 0.5, np.float32), 44_100)
    assert look_at(file).is_ok
    assert "0.1 s at 44.1 kHz, loudest -6 dB" in look_at(file).words
    assert not look_at(tmp_path / "gone.wav").is_ok


def test_the_log_tells_hellos_refusals_clips_and_files(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge], until: Until
) -> None:
    bridge = make(open_jobs())
    lines: list[str] = []
    bridge.events.logged.connect(lines.append)
    on = bridge.turn_on()
    with BridgeClient(port=on.port, name="ardour-7") as daw:
        with pytest.raises(BridgeRefused):
            daw.render(RIFF, "no such preset")
        (take,) = daw.render(RIFF, "Warm bass")
    until(lambda: any(Path(take.path).name in line for line in lines))
    for words in ("bridge on", "ardour-7 says hello", "no such preset", "clip “riff”, 2 notes"):
        until(lambda words=words: words in "\n".join(bridge.log))  # type: ignore[misc]
    bridge.turn_off()
    assert "bridge off" in bridge.log[-1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bridge_whose_server_ended_is_brought_back(
    open_jobs: OpenJobs, make: Callable[..., LocalBridge], until: Until
) -> None:
    bridge = make(open_jobs())
    bridge.turn_on()
    assert bridge._server is not None
    loop = bridge._server._loop
    loop.call_soon_threadsafe(loop.stop)
    until(lambda: any("started again" in line for line in bridge.log))
    until(lambda: bridge.state.is_on and bridge._server is not None)
    with BridgeClient(port=bridge.state.port) as daw:
        assert daw.ping() < LAST_RESORT_S
