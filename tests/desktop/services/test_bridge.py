"""The window's bridge: DAWs' clips arrive, and what keeps it from running is said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.client import BridgeClient
from core.clip import Clip, Note
from desktop.services.bridge import LocalBridge
from desktop.services.bridge_interface import BridgeState
from tests.bridge.servers import running
from tests.desktop.services.conftest import HeardJobs, Until

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
