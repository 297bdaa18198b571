"""Answers as files: a client that cannot listen finds there what it was answered."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import RequestRefused
from bridge.protocol import (
    ANSWER_IN_FILES,
    Ack,
    ClientMessage,
    ClipBegin,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Render,
)
from bridge.protocol.replies import (
    REPLIES,
    Accepted,
    Done,
    Failed,
    Progress,
    Reply,
)
from bridge.server.file_replies import MAX_CLIENTS, FileReplies
from bridge.server.sessions import Session, Sessions, Source
from tests.bridge.conftest import RIFF
from tests.bridge.server.test_server import Peer
from tests.bridge.servers import Running, running
from tests.helpers.waiting import wait_until

HELLO = Hello("daw", ANSWER_IN_FILES)


@pytest.fixture
def bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    with running(tmp_path) as found:
        yield found


def say(bridge: Running, *messages: ClientMessage) -> None:
    peer = Peer(bridge.port)
    for message in messages:
        peer.send(message.address, *message.arguments())
    peer.close()


def read(path: Path, wanted: Callable[[Any], bool] = lambda data: True) -> Any:
    """What a file says, once it says what is wanted."""
    data = None

    def is_said() -> bool:
        nonlocal data
        if not path.exists():
            return False
        data = json.loads(path.read_bytes())
        return wanted(data)

    wait_until(is_said, lambda: f"{path} says {data}")
    return data


def all_is_answered(bridge: Running, own: Path) -> None:
    """Wait until what was said has been dealt with, and what is to be written is written."""
    (own / "presets.json").unlink(missing_ok=True)
    say(bridge, HELLO, FindPresets())
    read(own / "presets.json")


def render(job_id: str, preset: str = "Hollow flute") -> list[ClientMessage]:
    return [
        ClipBegin(job_id, "riff", len(RIFF), 1.0),
        ClipNotes(job_id, 0, RIFF),
        ClipEnd(job_id),
        Render(job_id, job_id, preset, takes=2),
    ]


def test_a_render_is_answered_in_files(bridge: Running, tmp_path: Path) -> None:
    own = tmp_path / "answers" / "daw"
    say(bridge, HELLO, FindPresets(), *render("one"))
    assert read(own / "welcome.json")["model_id"] == "tiny"
    names = [preset["name"] for preset in read(own / "presets.json")["presets"]]
    assert sorted(names) == ["Hollow flute", "Warm bass"]
    data = read(own / "jobs" / "one.json", lambda data: data["state"] == "done")
    assert [take["take"] for take in data["takes"]] == [0, 1]
    assert all(Path(take["path"]).is_file() for take in data["takes"])
    # What was read and removed is not said again once it is acknowledged.
    say(bridge, HELLO, Ack("one"))
    wait_until(lambda: not bridge.jobs.unacknowledged("daw"))
    all_is_answered(bridge, own)
    (own / "jobs" / "one.json").unlink()
    all_is_answered(bridge, own)
    assert not (own / "jobs" / "one.json").exists()


def test_what_goes_wrong_is_answered_in_files(bridge: Running, tmp_path: Path) -> None:
    own = tmp_path / "answers" / "daw"
    say(bridge, HELLO, *render("two", "No such preset"))
    data = read(own / "jobs" / "two.json", lambda data: data["state"] == "failed")
    assert data["code"] == "unknown_preset"
    say(bridge, HELLO, ClipBegin("three", "riff", len(RIFF), 1.0), ClipEnd("three"))
    assert "lost" in read(own / "jobs" / "three.json")["message"]
    peer = Peer(bridge.port)
    peer.send("/timbre/1/hello", "daw", ANSWER_IN_FILES)
    peer.send("/timbre/1/cancel")
    assert "job_id" in read(own / "refused.json")["message"]
    peer.close()


def test_an_end_that_nobody_was_there_for_is_told_at_the_next_hello(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    path = tmp_path / "answers" / "daw" / "jobs" / "four.json"
    with running(tmp_path) as bridge:
        say(bridge, HELLO, *render("four"))
        read(path, lambda data: data["state"] == "done")
    path.unlink()
    with running(tmp_path) as bridge:
        say(bridge, HELLO)
        assert len(read(path, lambda data: data["state"] == "done")["takes"]) == 2


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "C:", "-x", "x" * 101, "é"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with FileReplies(tmp_path / "answers") as file_replies:
        with pytest.raises(RequestRefused, match="name"):
            file_replies.send_to(name)
        send = file_replies.send_to("daw")
        for reply in (Done(name or ".", 0, "/x.wav", 48000, 1), Failed("fine", "cancelled", "")):
            send(reply)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert found == {"answers/daw/jobs/fine.json"}


def test_it_says_where_the_bridge_listens_while_it_does(tmp_path: Path) -> None:
    where = tmp_path / "answers" / "bridge.json"
    with FileReplies(where.parent) as file_replies:
        file_replies.publish("0.0.0.0", 9270, 9271)
        data = json.loads(where.read_bytes())
        assert data == {"host": "127.0.0.1", "port": 9270, "tcp_port": 9271}
    assert not where.exists()


def test_clients_are_bounded_and_what_is_old_goes(tmp_path: Path) -> None:
    with FileReplies(tmp_path) as file_replies:
        for number in range(MAX_CLIENTS):
            file_replies.send_to(f"daw{number}")
        file_replies.send_to("daw0")
        with pytest.raises(RequestRefused, match="remove"):
            file_replies.send_to("one-more")
    old, new = (tmp_path / "daw0" / "jobs" / f"{name}.json" for name in ("old", "new"))
    for path in (old, new):
        path.write_text("{}")
    os.utime(old, (0, time.time() - 31 * 86_400))
    with FileReplies(tmp_path):
        assert not old.exists()
        assert new.exists()


def test_files_are_for_this_machine_alone(tmp_path: Path) -> None:
    def nowhere(*_where: object) -> Callable[[Reply], None]:
        raise AssertionError("asked for a way out")

    far = Source(("udp", "10.0.0.9", 5), "10.0.0.9", False, "10.0.0.9:5", lambda reply: None)
    near = Source(("udp", "127.0.0.1", 5), "127.0.0.1", True, "here", lambda reply: None)
    sent: list[Reply] = []
    sessions = Sessions("", nowhere, lambda client: sent.append)
    with pytest.raises(RequestRefused, match="this machine"):
        sessions.hello(far, HELLO)
    assert sessions.hello(near, HELLO) == Session("daw", sent.append, reads_files=True)


def test_every_kind_of_reply_has_a_file_or_a_reason_for_none() -> None:
    decide = FileReplies.__dict__["write"].dispatcher
    undecided = [kind for kind in REPLIES if decide.dispatch(kind) is decide.dispatch(object)]
    assert undecided == []


def test_remarks_are_listed_beside_the_stage_and_stay_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "daw" / "jobs" / "j.json"
    with FileReplies(tmp_path) as file_replies:
        session = Session("daw", file_replies.send_to("daw"), reads_files=True)
        session.send(Accepted("j", 0))
        session.send(Progress("j", 0.25, "rendering"))
        for text in ("two notes are too high", "one is too long", "two notes are too high"):
            session.send_remark("j", 0.25, text)
        data = read(path, lambda data: len(data["notes"]) == 2)
        assert (data["state"], data["fraction"], data["stage"]) == ("running", 0.25, "rendering")
        session.send(Done("j", 0, "/x.wav", 48000, 1))
        done = read(path, lambda data: data["state"] == "done")
    assert done["notes"] == ["two notes are too high", "one is too long"]


def test_a_path_that_is_no_unicode_is_written_as_it_is_on_the_disk(tmp_path: Path) -> None:
    path = os.fsdecode(b"/renders/caf\xe9.wav")
    with FileReplies(tmp_path) as file_replies:
        file_replies.send_to("daw")(Done("j", 0, path, 48000, 1))
    assert b"caf\xe9.wav" in (tmp_path / "daw" / "jobs" / "j.json").read_bytes()
