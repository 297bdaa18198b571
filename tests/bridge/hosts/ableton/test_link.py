"""From a message to a clip in Live: the server, the link, and what is installed inside Live."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.client import BridgeClient, BridgeRefused
from bridge.hosts.ableton import live as live_module
from bridge.hosts.ableton import placing as placing_module
from bridge.hosts.ableton.host import AbletonHost
from bridge.hosts.ableton.messages import RenderSelected
from bridge.hosts.ableton.placing import NotPlaced, Placing, place
from bridge.protocol import ClientMessage, Status, osc
from bridge.protocol.replies import Progress, Reply
from core.errors import Cancelled
from tests.bridge.hosts.ableton.live_stand_in import (
    EXTENSION,
    FakeLive,
    LiveClip,
    MidiNote,
    OldClipSlot,
    live_with,
)
from tests.bridge.servers import running
from tests.helpers.waiting import LAST_RESORT_S, wait_until


def riff(name: str = "riff") -> LiveClip:
    return LiveClip(name, [MidiNote(60 + i, float(i), 0.5) for i in range(4)])


@pytest.fixture(autouse=True)
def fake_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Live that answers is waited for, however loaded the machine is."""
    monkeypatch.setattr(live_module, "GIVE_UP_S", LAST_RESORT_S)
    monkeypatch.setattr(placing_module, "_GIVE_UP_S", LAST_RESORT_S)


@contextmanager
def linked(folder: Path, live: FakeLive) -> Iterator[tuple[BridgeClient, list[str]]]:
    """A bridge that talks with a Live, a client of it, and what the link says."""
    said: list[str] = []
    with (
        running(folder, host=AbletonHost(live.ports), report=said.append) as own,
        BridgeClient(port=own.port, timeout_s=LAST_RESORT_S) as client,
    ):
        yield client, said


def once_rendering(folder: Path, do: Callable[[], object]) -> Callable[[float], bool]:
    """What does something while a clip named ``held …`` is rendered, and then lets that end."""

    def on_progress(fraction: float) -> bool:
        if fraction > 0 and not (folder / "release").exists():
            do()
            (folder / "release").touch()
        return True

    return on_progress


def test_the_selected_clip_comes_back_beside_itself(tmp_path: Path) -> None:
    clip = riff("Zoë’s hook")
    clip.notes.append(MidiNote(70, 1.0, 1.0, 90.0, mute=True))
    remarks: list[str] = []
    with live_with(clip) as live, linked(tmp_path, live) as (client, said):
        (take,) = client.render_selected("Warm bass", on_note=remarks.append)
        wait_until(lambda: said)
        song = live.song()
        assert [track.name for track in song.tracks] == ["Drums", "Keys", "Keys – Timbre"]
        placed = song.tracks[2].clip_slots[1].clip
        assert placed is not None
        assert (placed.file_path, placed.name) == (take.path, "Zoë’s hook – Warm bass")
        assert placed.warping is False
        assert said == [f"{take.path}: on track 3, scene 2 of Live"]
        assert len(song.undo) == 1
        # Another clip of the track joins it there; the same once more gets a track of its own.
        song.tracks[1].clip_slots[2].clip = riff("bridge")
        song.selected = (1, 2)
        client.render_selected("Hollow flute")
        client.render_selected("Warm bass", seed=3)
        wait_until(lambda: len(said) == 3)
        assert [[slot.has_clip for slot in t.clip_slots] for t in song.tracks[2:]] == [
            [False, False, True],
            [False, True, True],
        ]
    assert remarks == ["1 notes that are deactivated are left out"]
    assert "Timbre: bridge – Hollow flute is on track 3" in live.messages


def test_tracks_that_moved_meanwhile_are_found_by_name(tmp_path: Path) -> None:
    with live_with(riff("held riff"), tick_s=0.02) as live, linked(tmp_path, live) as (client, _):
        song = live.song()
        meanwhile = once_rendering(tmp_path, lambda: song.add_track("Intro", index=0))
        client.render_selected("Warm bass", on_progress=meanwhile)
        wait_until(lambda: len(song.tracks) == 4 and song.tracks[3].clip_slots[1].has_clip)
    assert [track.name for track in song.tracks] == ["Intro", "Drums", "Keys", "Keys – Timbre"]


@pytest.mark.parametrize("why", ["no extension", "old Live", "track gone"])
def test_what_live_does_not_take_is_shown_for_drag_and_drop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    options: dict[str, Any] = {"with_extension": why != "no extension"}
    if why == "no extension":
        monkeypatch.setattr(placing_module, "_GIVE_UP_S", 0.6)
    if why == "old Live":
        options["slot"] = OldClipSlot
    with (
        live_with(riff("held riff"), tick_s=0.02, **options) as live,
        linked(tmp_path, live) as (client, said),
    ):
        gone = once_rendering(
            tmp_path, lambda: live.song().tracks.pop(1) if why == "track gone" else None
        )
        (take,) = client.render_selected("Warm bass", on_progress=gone)
        wait_until(lambda: said and live.osc.shown)
        assert said[0].startswith(f"{take.path}: drag it into Live (")
        assert said[0].endswith(
            {
                "no extension": "TimbreBridge does not answer)",
                "old Live": "12.0.5 or newer can)",
                "track gone": "the track Keys is gone)",
            }[why]
        )
        path = Path(take.path)
        assert live.osc.shown == [f"Timbre: drag {path.name} into Live, from {path.parent}"]
        assert len(live.song().tracks) == (1 if why == "track gone" else 2)
        assert live.song().undo == []


def test_a_button_that_says_no_id_gets_a_new_job_each_time(tmp_path: Path) -> None:
    with live_with(riff(), tick_s=0.02) as live, linked(tmp_path, live) as (client, said):
        for _ in range(2):
            client.conversation.send(RenderSelected("", "Warm bass"))
        wait_until(lambda: len(said) == 2)
        assert len(live.song().tracks) == 4  # from one file: nothing was rendered twice
    assert len((tmp_path / "rendered.txt").read_text().splitlines()) == 1


def test_a_repeated_request_is_read_once_and_placed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "ASK_AGAIN_S", LAST_RESORT_S)
    with live_with(riff()) as live, linked(tmp_path, live) as (client, said):
        for _ in range(20):
            client.conversation.send(RenderSelected("one", "Warm bass"))
        wait_until(lambda: said)
        client.render_selected("Warm bass", job_id="one")
        asked = [address for address, _ in live.osc.heard]
        assert asked.count("/live/view/get/selected_clip") == 1
        other = client.render_selected("Hollow flute", job_id="two")  # placed after all of "one"
        wait_until(lambda: len(said) >= 2 and said[-1].startswith(other[0].path))
        assert len(said) == 2


def test_a_slow_live_is_no_silence_and_reading_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_with(riff(), tick_s=0.02) as live, linked(tmp_path, live) as (client, _said):
        live.stalled.set()
        sent: list[ClientMessage] = []
        send = client.conversation.send
        monkeypatch.setattr(client.conversation, "send", lambda m: (sent.append(m), send(m)))
        seen: list[float] = []

        def cancel_soon(fraction: float) -> bool:
            seen.append(fraction)
            if any(isinstance(message, Status) for message in sent):  # and it was answered
                live.stalled.clear()
                return False
            return True

        with pytest.raises(Cancelled, match="while the clip was read"):
            client.render_selected("Warm bass", on_progress=cancel_soon)
        assert client.ping() > 0.0
    assert set(seen) == {0.0}
    assert not (tmp_path / "rendered.txt").exists()


def test_others_are_served_while_live_is_silent(tmp_path: Path) -> None:
    def reading(reply: Reply) -> bool | None:
        return reply == Progress("stuck", 0.0, "reading the clip in Live") or None

    with live_with(riff()) as live, linked(tmp_path, live) as (client, _said):
        live.stalled.set()
        client.conversation.ask(RenderSelected("stuck", "Warm bass"), reading, "stuck")
        assert client.presets("bass")
        client.conversation.ask(Status("stuck"), reading, "stuck")  # it is silent still
        live.stalled.clear()
        assert client.render_selected("Warm bass", job_id="stuck")


def test_a_live_that_stays_silent_is_refused_until_it_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_with(riff()) as live, linked(tmp_path, live) as (client, _said):
        live.stalled.set()
        with monkeypatch.context() as impatient:
            impatient.setattr(live_module, "GIVE_UP_S", 0.5)
            with pytest.raises(BridgeRefused, match="choose AbletonOSC as a control surface"):
                client.render_selected("Warm bass")
        live.stalled.clear()
        with pytest.raises(BridgeRefused, match="no preset"):
            client.render_selected("None such")


def test_a_bridge_without_live_says_how_to_have_one(tmp_path: Path) -> None:
    with (
        running(tmp_path) as own,
        BridgeClient(port=own.port, timeout_s=LAST_RESORT_S) as client,
        pytest.raises(BridgeRefused, match="timbre serve --ableton"),
    ):
        client.render_selected("Warm bass")


# The control surface itself


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "täke.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    return path


def test_the_extension_does_a_repeated_request_once(sound: Path) -> None:
    with live_with(riff(), tick_s=0.02) as live, socket.socket(type=socket.SOCK_DGRAM) as peer:
        peer.settimeout(LAST_RESORT_S)
        request = osc.pack("/timbre/live/place", ["r1", str(sound), 1, "Keys", 1, "a – b"])
        answers = set()
        for _ in range(5):
            peer.sendto(b"noise", ("127.0.0.1", live.ports.extension))
            peer.sendto(b"/timbre/live/place\0\0,f\0\0....", ("127.0.0.1", live.ports.extension))
            peer.sendto(request, ("127.0.0.1", live.ports.extension))
            answers.add(peer.recv(65_536))
        assert [list(osc.unpack(answer)) for answer in answers] == [
            [("/timbre/live/placed", ["r1", 2, 1])]
        ]
        assert len(live.song().tracks) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"path": Path("/no/such.wav")}, "does not see the file"),
        ({"scene": 9}, "scene 10 is gone"),
        ({"track_name": "Pads"}, "the track Pads is gone"),
    ],
)
def test_the_extension_changes_nothing_if_it_fails(
    sound: Path, change: dict[str, Any], says: str
) -> None:
    placing = replace(Placing(sound, 1, 1, "Keys", "name"), **change)
    with live_with(riff(), tick_s=0.02) as live:
        with pytest.raises(NotPlaced, match=says):
            place(placing, live.ports.extension)
        sound.write_bytes(b"no sound")  # Live itself refuses it, after a track was made
        with pytest.raises(NotPlaced):
            place(Placing(sound, 1, 1, "Keys", "name"), live.ports.extension)
        assert [track.name for track in live.song().tracks] == ["Drums", "Keys"]


def test_the_extension_is_read_by_the_python_of_live_11() -> None:
    ast.parse((EXTENSION / "__init__.py").read_text(), feature_version=(3, 7))


def test_a_port_that_is_taken_is_said_in_live() -> None:
    with live_with(riff()) as live:
        again = type(live.extension)(live, port=live.ports.extension)
        assert "cannot be had" in live.messages[-1]
        again.disconnect()


def test_the_command_line_asks_for_one_thing_to_play(tmp_path: Path) -> None:
    code = "import sys; from core.cli import main; main()"
    for arguments in (["--ableton", "clip.mid"], []):
        command = [sys.executable, "-c", code, "send", "--preset", "x", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 2
        assert "say what to play" in done.stderr
