"""A worker with no models: what a clip is called says what happens to it.

``slow …`` takes half a second, ``held …`` goes on until there is a file ``release`` beside the
log, ``stuck …`` goes on for ever and ignores that it is cancelled, ``crash …`` kills the process,
``crash once …`` only the first time, ``bad …`` fails, ``high …`` has a note that is left out.
Every file that is rendered is also written down in the log, ``$FAKE_WORKER_LOG``, with the
number of files of its batch.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path

from bridge.jobs.worker_messages import (
    Answer,
    BatchEnded,
    BatchProgress,
    CancelBatch,
    ClipRemarks,
    FindLimits,
    JobFailed,
    JobOrder,
    LimitsFound,
    RenderBatch,
    TakeOrder,
    TakeRendered,
    WorkerOrder,
    order_from_line,
    to_line,
)
from core.files import replacing

LOG = Path(os.environ["FAKE_WORKER_LOG"])
RELEASE = LOG.with_name("release")
cancelled: set[int] = set()
orders: list[WorkerOrder] = []
came = threading.Condition()


def send(answer: Answer) -> None:
    print(to_line(answer), flush=True)


def read() -> None:
    for line in sys.stdin:
        order = order_from_line(line)
        with came:
            if isinstance(order, CancelBatch):
                cancelled.add(order.batch)
            else:
                orders.append(order)
            came.notify()
    os._exit(0)


def write_down(line: str) -> None:
    with LOG.open("a") as log:
        log.write(line + "\n")


def steps(name: str) -> Iterator[None]:
    """Steps of the decoding of a clip."""
    if name.startswith("slow"):
        yield from [None] * 10
    while name.startswith("stuck") or (name.startswith("held") and not RELEASE.exists()):
        yield


def render(batch: int, job: JobOrder, take: TakeOrder, size: int) -> None:
    name = job.request.clip.name
    once = LOG.with_name("crashed once")
    if name.startswith("crash"):
        send(BatchProgress(batch, 0.25 if once.exists() else 0.75, "rendering"))
    if name.startswith("crash") and not (name.startswith("crash once") and once.exists()):
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("bad"):
        send(JobFailed(batch, job.seq, "internal", "no good"))
        return
    if name.startswith("high"):
        send(ClipRemarks(batch, job.seq, ("a note is too high",)))
    for _ in steps(name):
        send(BatchProgress(batch, 0.5, "rendering"))
        time.sleep(0.05)
        if batch in cancelled and not name.startswith("stuck"):
            return
    with replacing(take.path) as stream, wave.open(stream, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 800))
    write_down(f"{name} {take.take} {size}")
    send(TakeRendered(batch, job.seq, take.take, take.path, sample_rate=8000, frames=800))


def main() -> None:
    threading.Thread(target=read, daemon=True).start()
    while True:
        with came:
            came.wait_for(lambda: bool(orders))
            order = orders.pop(0)
        if isinstance(order, RenderBatch):
            takes = [(job, take) for job in order.jobs for take in job.takes]
            for job, take in takes:
                render(order.batch, job, take, len(takes))
            send(BatchEnded(order.batch))
        elif isinstance(order, FindLimits):
            if order.request.clip.name.startswith("crash"):
                os.kill(os.getpid(), signal.SIGKILL)
            is_high = order.request.clip.name.startswith("high")
            send(LimitsFound(order.number, ("a note is too high",) if is_high else ()))


if __name__ == "__main__":
    main()
