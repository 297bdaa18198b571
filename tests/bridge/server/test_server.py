"""The server as clients meet it: whole clips over bad networks, answers to anything, bounds."""

from __future__ import annotations

import contextlib
import math
import random
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from bridge.client import BridgeClient, BridgeRefused, BridgeUnreachable
from bridge.protocol import osc
from bridge.protocol.replies import (
    REPLIES,
    ClipOk,
    ClipRemark,
    Done,
    Failed,
    Pong,
    PresetsEnd,
    Progress,
    Reply,
    Welcome,
)
from bridge.server import Address
from bridge.server.job_notifier import RETRY_AFTER_S
from core.clip import Clip, Note
from core.errors import Cancelled, ModelMissing, SettingsError, TimbreError
from tests.bridge.conftest import RIFF
from tests.bridge.servers import Running, running
from tests.helpers.lossy import LossyProxy
from tests.helpers.waiting import LAST_RESORT_S, wait_until

Transport = Literal["udp", "tcp"]
CLIP = Clip.of("riff", RIFF)
LONG = Clip.of("long", [Note(0.01 * i, i % 128, 1 + i % 127, 0.013) for i in range(3000)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bridge")


@pytest.fixture(scope="module")
def bridge(home: Path) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_WORKER_LOG", str(home / "rendered.txt"))
        with running(home) as found:
            yield found


class Peer:
    """A foreign client: a UDP socket and nothing clever."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(LAST_RESORT_S)
        self.server = ("127.0.0.1", port)
        self.port = self.socket.getsockname()[1]

    def close(self) -> None:
        self.socket.close()

    def send(self, address: str, *arguments: Any) -> None:
        self.socket.sendto(osc.pack(address, arguments), self.server)

    def until(self, wanted: Callable[[Reply], bool]) -> Reply:
        """The first reply that is wanted; fails if none comes."""
        while True:
            for content in osc.unpack(self.socket.recv(65_536)):
                reply = REPLIES.read(*content)
                if wanted(reply):
                    return reply

    def discard_received(self) -> int:
        """How many packets have come since the last that was read; they are thrown away."""
        count = 0
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(65_536):
                count += 1
        self.socket.settimeout(LAST_RESORT_S)
        return count

    def ask(self, address: str, *arguments: Any) -> Reply:
        self.send(address, *arguments)
        return self.until(lambda reply: True)

    def send_clip(self, clip_id: str, clip: Clip = CLIP) -> None:
        self.send("/timbre/1/clip/begin", clip_id, clip.name, len(clip.notes), clip.length_s)
        for index, note in enumerate(clip.notes):
            values = (note.pitch, note.start_s, note.duration_s, note.velocity)
            self.send("/timbre/1/clip/notes", clip_id, index, *values)
        self.send("/timbre/1/clip/end", clip_id)
        self.until(lambda reply: reply.address == "/timbre/1/clip/ok")


@pytest.fixture
def peer(bridge: Running) -> Iterator[Peer]:
    found = Peer(bridge.port)
    with contextlib.closing(found):
        yield found


def client(bridge: Running, transport: Transport = "udp", **given: Any) -> BridgeClient:
    port = bridge.port if transport == "udp" else bridge.tcp_port
    return BridgeClient(port=port, transport=transport, timeout_s=LAST_RESORT_S, **given)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_clip_goes_out_and_files_come_back(bridge: Running, transport: Transport) -> None:
    seen: list[float] = []

    def watch(fraction: float) -> bool:
        seen.append(fraction)
        return True

    with client(bridge, transport) as me:
        assert me.welcome == Welcome("0.1", "tiny", 44100, str(bridge.jobs.output_dir))
        assert [preset.name for preset in me.presets()] == ["Hollow flute", "Warm bass"]
        assert [preset.name for preset in me.presets("bass")] == ["Warm bass"]
        assert me.ping() > 0.0
        takes = me.render(CLIP, "warm bass", takes=2, on_progress=watch)
    assert [take.take for take in takes] == [0, 1]
    assert all(Path(take.path).is_file() for take in takes)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


@pytest.mark.parametrize("seed", range(3))
def test_three_thousand_notes_survive_a_bad_network(bridge: Running, seed: int) -> None:
    bend = tuple((0.01 * i, math.sin(i)) for i in range(150))
    notes = [replace(note, bend=bend if i % 300 == 0 else ()) for i, note in enumerate(LONG.notes)]
    clip = Clip.of(f"long {seed}", notes)
    with (
        LossyProxy(bridge.port, seed) as proxy,
        BridgeClient(port=proxy.port, name=f"me {seed}", timeout_s=LAST_RESORT_S) as me,
    ):
        (take,) = me.render(clip, "Warm bass", job_id=f"lossy {seed}")
        assert proxy.lost > 5
    job = bridge.jobs.find(f"me {seed}", f"lossy {seed}")
    assert job is not None
    assert bridge.jobs.request(job).clip == clip
    assert Path(take.path).is_file()


def test_what_is_refused_and_with_which_code(bridge: Running) -> None:
    with client(bridge, name="refused") as me:
        with pytest.raises(BridgeRefused, match="preset") as caught:
            me.render(CLIP, "No such preset")
        assert caught.value.code == "unknown_preset"
        with pytest.raises(ModelMissing):
            me.render(CLIP, "Warm bass", model="../../etc")
        with pytest.raises(TimbreError, match="no good"):
            me.render(Clip.of("bad clip", RIFF), "Warm bass")
        me.render(CLIP, "Warm bass", job_id="mine")
        with pytest.raises(BridgeRefused, match="take a new id") as caught:
            me.render(CLIP, "Hollow flute", job_id="mine")
        assert caught.value.code == "bad_request"


def test_a_remark_comes_as_a_message_and_as_a_stage_for_older_clients(
    bridge: Running, peer: Peer
) -> None:
    peer.ask("/timbre/1/hello", "remarks", 0)
    peer.send_clip("c", Clip.of("high riff", RIFF))
    peer.send("/timbre/1/render", "j", "c", "Warm bass")
    said: list[Reply] = []
    peer.until(lambda reply: said.append(reply) or isinstance(reply, Done))
    peer.send("/timbre/1/ack", "j")
    assert said.count(ClipRemark("j", "a note is too high")) == 1
    stages = [reply.stage for reply in said if isinstance(reply, Progress)]
    assert stages.count("note: a note is too high") == 1
    shown: list[str] = []
    with client(bridge, name="python") as me:
        me.render(Clip.of("high hook", RIFF), "Warm bass", on_note=shown.append)
    assert shown == ["a note is too high"]


def test_a_client_can_cancel(bridge: Running) -> None:
    with client(bridge) as me, pytest.raises(Cancelled):
        me.render(Clip.of("held one", RIFF), "Warm bass", on_progress=lambda _fraction: False)


def test_a_callback_that_answers_nothing_cancels_nothing(bridge: Running) -> None:
    seen: list[float] = []
    with client(bridge) as me:
        me.render(CLIP, "Warm bass", on_progress=seen.append)  # type: ignore[arg-type]
    assert seen[-1] == 1.0


def test_nobody_there_is_one_clear_error() -> None:
    with pytest.raises(BridgeUnreachable, match="timbre serve"):
        BridgeClient(port=1, timeout_s=0.5)
    with pytest.raises(BridgeUnreachable, match="timbre serve"):
        BridgeClient(port=1, transport="tcp")


def test_done_is_repeated_until_acknowledged(bridge: Running, peer: Peer) -> None:
    peer.ask("/timbre/1/hello", "repeats", 0)
    peer.send_clip("c")
    peer.send("/timbre/1/render", "j", "c", "Warm bass", "seed", 5.0)
    first = peer.until(lambda reply: isinstance(reply, Done))
    second = peer.until(lambda reply: isinstance(reply, Done))
    assert first == second
    peer.send("/timbre/1/ack", "j")
    peer.send("/timbre/1/presets")  # answered after it
    peer.until(lambda reply: isinstance(reply, PresetsEnd))
    time.sleep(RETRY_AFTER_S[1] + RETRY_AFTER_S[2])
    assert peer.discard_received() == 0
    again = peer.ask("/timbre/1/render", "j", "c", "Warm bass", "seed", 5.0)
    assert again == first
    assert bridge.jobs.unacknowledged("repeats") == []


def test_answers_go_to_the_port_a_client_names_whatever_port_it_speaks_from(
    bridge: Running, peer: Peer
) -> None:
    speaker = Peer(bridge.port)
    with contextlib.closing(speaker):
        speaker.send("/timbre/1/hello", "daw", peer.port)
        assert isinstance(peer.until(lambda _: True), Welcome)
        other = Peer(bridge.port)
        with contextlib.closing(other):
            other.send("/timbre/1/ping", 4.0)
            assert peer.until(lambda _: True) == Pong(4)
            other.send("/timbre/1/status", "nothing")
            answer = peer.until(lambda _: True)
    assert isinstance(answer, Failed)
    assert (answer.job_id, answer.code) == ("nothing", "bad_request")
    # Whoever says hello itself is answered itself.
    own = Peer(bridge.port)
    with contextlib.closing(own):
        assert isinstance(own.ask("/timbre/1/hello", "own", 0), Welcome)


def test_who_never_said_hello_is_answered_where_it_asks_from(bridge: Running, peer: Peer) -> None:
    """While another client listens on a port that it named: both are told."""
    stranger, daw = Peer(bridge.port), Peer(bridge.port)
    with contextlib.closing(stranger.socket), contextlib.closing(daw.socket):
        daw.send("/timbre/1/hello", "a daw", peer.port)
        assert isinstance(peer.until(lambda _: True), Welcome)
        assert stranger.ask("/timbre/1/ping", 5) == Pong(5)
        assert peer.until(lambda _: True) == Pong(5)
        refused = stranger.ask("/timbre/1/render", "j", "nowhere", "Warm bass")
        assert isinstance(refused, Failed)
        assert refused.code == "unknown_clip"
        stranger.send("/timbre/1/clip/begin", "c", "n", 1, 1.0)
        stranger.send("/timbre/1/clip/notes", "c", 0, 60, 0.0, 0.5, 100)
        assert isinstance(stranger.ask("/timbre/1/clip/end", "c"), ClipOk)
        stranger.send("/timbre/1/render", "strange", "c", "Warm bass")
        for told in (stranger, peer):
            done = told.until(lambda reply: isinstance(reply, Done))
            assert isinstance(done, Done)
            assert done.job_id == "strange"
        stranger.send("/timbre/1/ack", "strange")
        stranger.discard_received()
        # The client's own answers stay its own, also those it asks for from its listening port.
        daw.send("/timbre/1/ping", 6)
        peer.until(lambda reply: reply == Pong(6))
        assert peer.ask("/timbre/1/ping", 7) == Pong(7)
        assert peer.discard_received() == 0
        assert stranger.discard_received() == 0


def test_a_bundle_for_several_listeners_is_obeyed_where_it_is_ours(
    bridge: Running, peer: Peer
) -> None:
    peer.ask("/timbre/1/hello", "bundles", 0)
    foreign = [
        osc.pack("/foo", [1]),
        b"/foo\0\0\0\0,[ii]\0\0\0" + bytes(8),
        b"/foo\0\0\0\0,b\0\0" + struct.pack(">i", 3) + b"abc\0",
        b"/foo\0\0\0\0,tm\0" + bytes(12),
    ]
    parts = [part for k, other in enumerate(foreign) for part in
             (other, osc.pack("/timbre/1/ping", [k]))]  # fmt: skip
    sized = b"".join(struct.pack(">i", len(part)) + part for part in parts)
    peer.socket.sendto(b"#bundle\0" + bytes(8) + sized, peer.server)
    assert [peer.until(lambda _: True) for _ in foreign] == [Pong(k) for k in range(4)]
    assert peer.discard_received() == 0


def test_oscsend_and_oscdump_drive_a_render_by_hand(bridge: Running, peer: Peer) -> None:
    """With liblo's own tools, over UDP and TCP."""
    for scheme, port in (("osc.udp", bridge.port), ("osc.tcp", bridge.tcp_port)):
        name = scheme[-3:]

        def send(*words: str, scheme: str = scheme, port: int = port) -> None:
            target = f"{scheme}://127.0.0.1:{port}/"
            subprocess.run(["oscsend", target, *words], check=True, timeout=LAST_RESORT_S)

        listening = _free_port()
        with _oscdump(listening) as said, contextlib.closing(Peer(listening)) as probe:
            wait_until(lambda: probe.send("/are/you/there") or said)
            send("/timbre/1/hello", "si", f"by hand {name}", str(listening))
            send("/timbre/1/clip/begin", "ssif", "c", "by hand", "1", "1.0")
            send("/timbre/1/clip/notes", "siiffi", "c", "0", "60", "0.0", "0.5", "100")
            send("/timbre/1/clip/end", "s", "c")
            send("/timbre/1/render", "sss", "j", "c", "Warm bass")
            wait_until(lambda: any("/timbre/1/done" in line for line in said))
            send("/timbre/1/ack", "s", "j")
        for word in ("welcome", "clip/ok", "accepted", "progress"):
            assert any(f"/timbre/1/{word}" in line for line in said)
        assert all(".wav" in line for line in said if "/timbre/1/done" in line)


@contextlib.contextmanager
def _oscdump(port: int) -> Iterator[list[str]]:
    """What comes at a port, by liblo's tool: a list that grows by a line a message."""
    said: list[str] = []
    command = ["oscdump", "-L", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dump:
        lines = dump.stdout
        assert lines is not None

        def read() -> None:
            for line in lines:
                said.append(line)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield said
        finally:
            dump.terminate()
            reader.join()


def test_both_framings_are_heard_on_one_port(bridge: Running) -> None:
    ping = osc.pack("/timbre/1/ping", [3])
    hello = osc.pack("/timbre/1/hello", [f"framed {random.random()}", 0])
    for framing in (osc.SizePrefix, osc.Slip):
        where = ("127.0.0.1", bridge.tcp_port)
        with socket.create_connection(where, timeout=LAST_RESORT_S) as stream:
            reader = framing()
            packets: list[bytes] = []
            stream.sendall(framing.frame(hello) + framing.frame(ping)[:5])
            while not packets:  # the hello is answered, so the cut packet has been read too
                packets += reader.feed(stream.recv(65_536))
            stream.sendall(framing.frame(ping)[5:])
            while len(packets) < 2:
                packets += reader.feed(stream.recv(65_536))
            assert REPLIES.read(*next(osc.unpack(packets[1]))) == Pong(3)


def test_hostile_packets_are_survived_and_real_ones_answered(bridge: Running, peer: Peer) -> None:
    luck = random.Random(5)
    real = [
        osc.pack("/timbre/1/hello", ["x", 0]),
        osc.pack("/timbre/1/clip/begin", ["c", "n", 9000, 1.0]),
        osc.pack("/timbre/1/clip/notes", ["c", 0, 60, 0.0, 1.0, 100]),
        osc.pack("/timbre/1/render", ["j", "c", "Warm bass", "seed", 1]),
        osc.pack("/timbre/1/presets", []),
        b"#bundle\0" + bytes(8) + struct.pack(">i", -4),
    ]
    for _ in range(4000):
        packet = bytearray(luck.choice(real))
        for _ in range(luck.randrange(4)):
            packet[luck.randrange(len(packet))] = luck.randrange(256)
        peer.socket.sendto(bytes(packet[: luck.randrange(1, len(packet) + 1)]), peer.server)
    where = ("127.0.0.1", bridge.tcp_port)
    for _ in range(50):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(where, timeout=LAST_RESORT_S) as stream,
        ):
            stream.sendall(luck.randbytes(luck.randrange(1, 3000)))
    with client(bridge) as me:
        assert me.ping() > 0.0
        assert me.render(CLIP, "Warm bass")


def test_other_servers_are_not_answered(bridge: Running, peer: Peer) -> None:
    peer.ask("/timbre/1/hello", "another server", 0)
    peer.send("/timbre/1/failed", "j", "nonsense")
    peer.send("/live/error", "what?")
    peer.send("/timbre/1/ping", 8)
    assert peer.until(lambda _: True) == Pong(8)
    peer.send("/timbre/9/ping", 8)
    assert isinstance(peer.until(lambda _: True), Failed)


def test_a_token_is_asked_for_and_needed_beyond_this_machine(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--token"):
        Address(host="0.0.0.0")
    Address(host="0.0.0.0", token="sesame")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
        with running(tmp_path, token="sesame") as bridge:
            stranger = Peer(bridge.port)
            with contextlib.closing(stranger):
                answer = stranger.ask("/timbre/1/ping", 1)
                assert isinstance(answer, Failed)
                assert "token" in answer.message
            with pytest.raises(BridgeRefused, match="token"):
                client(bridge, token="seasame")
            with client(bridge, token="sesame") as me:
                assert me.ping() > 0.0


def test_a_restart_loses_nothing_and_is_told_of_at_the_next_hello(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
        with running(tmp_path) as bridge:
            peer = Peer(bridge.port)
            peer.ask("/timbre/1/hello", "me", 0)
            peer.send_clip("c", Clip.of("held clip", RIFF))
            peer.send("/timbre/1/render", "j", "c", "Warm bass")
            peer.until(lambda reply: isinstance(reply, Progress) and reply.fraction == 0.5)
        (tmp_path / "release").touch()
        with running(tmp_path) as bridge:
            peer.server = ("127.0.0.1", bridge.port)
            peer.send("/timbre/1/hello", "me", 0)
            done = peer.until(lambda reply: isinstance(reply, Done))
            peer.close()
        assert isinstance(done, Done)
        assert Path(done.path).is_file()
        assert len((tmp_path / "rendered.txt").read_text().splitlines()) == 1


def test_many_clients_are_served_in_turn_and_in_order(bridge: Running) -> None:
    ended: list[tuple[str, str]] = []
    bridge.jobs.listen(
        lambda event: (
            ended.append((event.job.client, event.job.job_id)) if event.job.is_over else None
        )
    )
    peers = [Peer(bridge.port) for _ in range(10)]
    for number, peer in enumerate(peers):
        peer.ask("/timbre/1/hello", f"many {number}", 0)
        peer.send_clip("c", Clip.of(f"many {number}", RIFF))
    for job in range(4):
        for peer in peers:
            peer.send("/timbre/1/render", f"{job}", "c", "Warm bass", "seed", job)
    wait_until(lambda: len([one for one in ended if one[0].startswith("many")]) == 40)
    for number, peer in enumerate(peers):
        own = [job for name, job in ended if name == f"many {number}"]
        assert own == ["0", "1", "2", "3"]
        peer.close()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
