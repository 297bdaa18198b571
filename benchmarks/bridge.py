"""What the bridge must hold, measured: ``python -m benchmarks.bridge clips latency fuzz …``.

Every trial runs ``timbre serve`` as a process of its own, with small random weights and in a
folder of its own. Prints one line of figures a trial.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import soundfile

from bridge.client import BridgeClient, BridgeUnreachable
from bridge.protocol import (
    Ack,
    ClipBegin,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Ping,
    Render,
    osc,
)
from bridge.protocol.replies import REPLIES, Done, Progress
from core.clip import Clip, Note
from tests.bridge.processes import ServeProcess
from tests.helpers.lossy import LossyProxy

PRESET = "Warm Drawbars"
RIFF = Clip.of("riff", [Note(0.2 * i, 55 + 2 * i, 80, 0.18) for i in range(5)])


def clips(home: Path, count: int) -> None:
    """3,000 notes over UDP with 20 % loss, duplication and reordering, and over TCP."""
    took, lost, arrived = [], 0, Counter[str]()
    with ServeProcess(home) as server:
        for trial in range(count):
            luck = random.Random(trial)
            clip = Clip.of("long", [
                Note(luck.uniform(0, 60), luck.randrange(128), luck.randrange(1, 128), 0.2)
                for _ in range(3000)
            ])  # fmt: skip
            began = time.perf_counter()
            with LossyProxy(server.port, trial) as proxy, BridgeClient(port=proxy.port) as me:
                # The id is the content's hash, and the server says ok to a whole clip only.
                arrived["udp"] += me.send_clip(clip) == clip.content_hash[:32]
                lost += proxy.lost
            took.append(time.perf_counter() - began)
            with BridgeClient(port=server.tcp_port, transport="tcp") as me:
                arrived["tcp"] += me.send_clip(clip) == clip.content_hash[:32]
    print(
        f"clips of 3,000 notes whole: UDP {arrived['udp']} of {count} ({lost} datagrams lost, "
        f"median {statistics.median(took):.2f} s), TCP {arrived['tcp']} of {count}"
    )


def latency(home: Path, count: int) -> None:
    """From render sent to job started, with a warm worker."""
    started, whole = [], []
    with ServeProcess(home) as server, socket.socket(type=socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", server.port))
        peer.settimeout(10)

        def say(*messages: Hello | ClipBegin | ClipNotes | ClipEnd | Render) -> None:
            for message in messages:
                peer.send(osc.pack(message.address, message.arguments()))

        say(Hello("latency"))
        clip = (ClipBegin("c", "riff", 5, 1.0), ClipNotes("c", 0, RIFF.notes), ClipEnd("c"))
        say(*clip)
        for trial in range(count):
            began = time.perf_counter()
            say(Render(f"{trial}", "c", PRESET, seed=trial))
            first = True
            while True:
                (content,) = osc.unpack(peer.recv(65_536))
                reply = REPLIES.read(*content)
                if getattr(reply, "job_id", "") != f"{trial}":
                    continue
                if first and isinstance(reply, Progress):
                    started.append(time.perf_counter() - began)
                    first = False
                if isinstance(reply, Done):
                    whole.append(time.perf_counter() - began)
                    peer.send(osc.pack("/timbre/1/ack", [f"{trial}"]))
                    break
    ms = [1000 * value for value in started]
    print(
        f"render to started: median {statistics.median(ms):.1f} ms, worst {max(ms):.1f} ms; "
        f"to done: median {1000 * statistics.median(whole):.0f} ms ({count} renders of 1 s)"
    )


def overhead(home: Path, count: int) -> None:
    """The same renders of 10 s by the shipped model: in this process, and through the bridge."""
    from core.library import Library
    from core.synthesizer import Synthesizer

    clip = Clip.of("ten seconds", [Note(0.25 * i, 50 + i % 24, 90, 0.5) for i in range(40)])
    with Library.open(home / "library.sqlite") as library:
        timbre = library.recipe(PRESET)
    synth = Synthesizer.load("embedded")
    alone, bridged = [], []
    with (
        ServeProcess(home, "embedded") as server,
        BridgeClient(port=server.port) as me,
    ):
        synth.render(clip, timbre)  # warm, both
        me.render(clip, PRESET)
        for seed in range(1, count + 1):
            began = time.perf_counter()
            synth.render(clip, timbre, seed=seed).write(home / "alone.wav")
            alone.append(1000 * (time.perf_counter() - began))
            began = time.perf_counter()
            me.render(clip, PRESET, seed=seed)
            bridged.append(1000 * (time.perf_counter() - began))
    print(
        f"the same render and file: in process {statistics.median(alone):.0f} ms, through the "
        f"bridge {statistics.median(bridged):.0f} ms (medians of {count})"
    )


def fuzz(home: Path, count: int) -> None:
    """Random and mutated packets; then a ping, a real render, and the memory."""
    luck = random.Random(1)
    messages = (
        Hello("fuzz"),
        ClipBegin("c", "n", 5, 1.0),
        ClipNotes("c", 0, RIFF.notes),
        ClipEnd("c"),
        Render("j", "c", PRESET, 7),
        FindPresets("warm"),
        Ping(3),
    )
    real = [osc.pack(message.address, message.arguments()) for message in messages]
    real.append(b"#bundle\0" + bytes(7) + b"\1\0\0\0\x10" + real[-1])
    with ServeProcess(home) as server:
        with BridgeClient(port=server.port) as me:
            me.render(RIFF, PRESET)
        _hostile(server, luck, real, 20_000)
        before_mb = _resident_mb(server.pid)
        began = time.perf_counter()
        _hostile(server, luck, real, count)
        took_s = time.perf_counter() - began
        after_mb = _resident_mb(server.pid)
        began = time.perf_counter()
        with BridgeClient(port=server.port) as me:
            answered_ms = 1000 * (time.perf_counter() - began)
            me.render(RIFF, PRESET, seed=1)
    print(
        f"{count} hostile packets in {took_s:.0f} s: memory {before_mb:.0f} → {after_mb:.0f} MB, "
        f"next hello answered in {answered_ms:.1f} ms, next clip rendered"
    )


def _hostile(server: ServeProcess, luck: random.Random, real: list[bytes], count: int) -> None:
    peers = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(8)]
    stream, sent_tcp = None, 0
    for number in range(count):
        packet = bytearray(luck.choice(real) if luck.random() < 0.8 else luck.randbytes(60))
        for _ in range(luck.randrange(4)):
            packet[luck.randrange(len(packet))] = luck.randrange(256)
        cut = bytes(packet[: luck.randrange(1, len(packet) + 1)] if number % 3 else packet)
        if number % 5:
            peers[number % 8].sendto(cut, ("127.0.0.1", server.port))
            continue
        try:
            if stream is None or sent_tcp > 50:
                if stream is not None:
                    stream.close()
                stream = socket.create_connection(("127.0.0.1", server.tcp_port), timeout=10)
                sent_tcp = 0
            frame = osc.SizePrefix.frame if number % 2 else osc.Slip.frame
            stream.sendall(frame(cut) if luck.random() < 0.9 else cut)
            sent_tcp += 1
        except OSError:
            stream = None
    for peer in peers:
        peer.close()
    if stream is not None:
        stream.close()


def kills(home: Path, count: int) -> None:
    """Kill -9 of the worker, then of the server, at random moments of a stream of jobs."""
    luck = random.Random(2)
    asked: list[str] = []
    ended: Counter[str] = Counter()
    partial = 0
    server = ServeProcess(home)
    for trial in range(2 * count):
        try:
            with BridgeClient(port=server.port, name="kills", timeout_s=3) as me:
                ids = [f"{trial}-{n}" for n in range(3)]
                asked += ids
                victim = server.worker_pid() if trial % 2 else server.pid
                timer = threading.Timer(luck.uniform(0.0, 0.4), os.kill, (victim, signal.SIGKILL))
                timer.start()
                for n, job_id in enumerate(ids):
                    me.render(RIFF, PRESET, seed=3 * trial + n, job_id=job_id)
                timer.join()
        except BridgeUnreachable:
            pass
        timer.join()
        if not trial % 2:
            server.kill()
            server = ServeProcess(home)
        else:
            time.sleep(0.05)
    with server, BridgeClient(port=server.port, name="kills", timeout_s=60) as me:
        for job_id in asked:
            trial, n = (int(part) for part in job_id.split("-"))
            (take,) = me.render(RIFF, PRESET, seed=3 * trial + n, job_id=job_id)
            ended[take.path] += 1
            partial += soundfile.info(take.path).frames != take.frames
    files = list((home / "renders").glob("*.wav"))
    print(
        f"{count} kills of the worker, {count} of the server: {len(asked)} jobs asked, "
        f"{ended.total()} done, {max(ended.values()) - 1} done twice, {partial} partial, "
        f"{len(files) - len(ended)} files more than jobs"
    )


def fair(home: Path, count: int) -> None:
    """50 clients, ``count`` jobs between them, all asked at once."""
    order: list[tuple[int, int]] = []
    lock = threading.Lock()
    per_client = count // 50

    def run(number: int, port: int, barrier: threading.Barrier) -> None:
        with BridgeClient(port=port, name=f"client {number}", timeout_s=60) as me:
            clip_id = me.send_clip(RIFF)
            barrier.wait()
            for job in range(per_client):
                me.conversation.send(Render(f"{job}", clip_id, PRESET, seed=1000 * number + job))
            seen: set[str] = set()
            while len(seen) < per_client:
                for reply in me.conversation.replies(1.0):
                    if isinstance(reply, Done) and reply.job_id not in seen:
                        seen.add(reply.job_id)
                        with lock:
                            order.append((number, int(reply.job_id)))
                        me.conversation.send(Ack(reply.job_id))
                        if len(seen) == per_client:
                            break

    with ServeProcess(home) as server:
        barrier = threading.Barrier(50)
        began = time.perf_counter()
        threads = [threading.Thread(target=run, args=(n, server.port, barrier)) for n in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    ordered = all(
        [job for who, job in order if who == n] == list(range(per_client)) for n in range(50)
    )
    firsts = [next(at for at, (who, _) in enumerate(order) if who == n) for n in range(50)]
    print(
        f"50 clients, {count} jobs: {len(order)} ended in {time.perf_counter() - began:.0f} s, "
        f"in order within a client: {ordered}, last client's first job was number "
        f"{max(firsts) + 1}"
    )


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


TRIALS = {
    "clips": (clips, 100),
    "latency": (latency, 50),
    "overhead": (overhead, 20),
    "fuzz": (fuzz, 1_000_000),
    "kills": (kills, 50),
    "fair": (fair, 500),
}


def main() -> None:
    """Run the trials named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trial", nargs="*", choices=[*TRIALS, []], default=list(TRIALS))
    parser.add_argument("--count", type=int, help="instead of the trial's own number")
    arguments = parser.parse_args()
    for name in arguments.trial:
        trial, count = TRIALS[name]
        with tempfile.TemporaryDirectory() as folder:
            trial(Path(folder), arguments.count or count)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
