"""Tells clients how their jobs are doing: progress, heartbeats, and the end until it is heard.

Lives in the server's event loop. Knows no sockets: it is given a way to say a reply to a
client by name, which answers whether that client is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge.errors import CODES, Code
from bridge.jobs.model import Job, JobEvent
from bridge.protocol.replies import NOTE, Accepted, Done, Failed, Progress, Reply

MAX_TRIES = 5
"""How often the end of a job is said, unless it is acknowledged."""

RETRY_AFTER_S = (0.5, 1.0, 2.0, 4.0)
HEARTBEAT_S = 2.0
"""A job that is not over is mentioned at least so often."""

_PROGRESS_EVERY_S = 0.1
_REMEMBERED = 10_000
Say = Callable[[str, Reply], bool]


class JobNotifier:
    """What is still to be said.

    Args:
        say: says something to a client; False if the client is not there.
        settle: called, in the event loop, when a job's end needs no more saying.
    """

    def __init__(self, say: Say, settle: Callable[[Job], None]) -> None:
        self._say, self._settle = say, settle
        self._loop = asyncio.get_running_loop()
        self._active: dict[int, tuple[JobEvent, float]] = {}  # with when it was last said
        self._retries: dict[int, asyncio.TimerHandle] = {}
        self._accepted: dict[int, None] = {}  # jobs said to be accepted, the newest last
        self._over: dict[int, None] = {}  # jobs that have ended, the newest last

    def accepted(self, job: Job, position: int) -> None:
        """A job waits, or runs."""
        self._accepted[job.seq] = None
        if len(self._accepted) > _REMEMBERED:
            del self._accepted[next(iter(self._accepted))]
        self._say(job.client, Accepted(job.job_id, position))
        if job.seq not in self._active and job.seq not in self._over:
            self._active[job.seq] = (JobEvent(job, 0.0, "queued"), self._loop.time())

    def accept_first(self, job: Job) -> None:
        """A quick job's news may come before the answer to its request: put that in front."""
        if job.seq not in self._accepted:
            self.accepted(job, 0)

    def happened(self, event: JobEvent) -> None:
        """Something happened to a job."""
        job = event.job
        if job.is_over:
            self.accept_first(job)
            self.ended(job)
            return
        if job.seq in self._over:  # looked up before it ended, and told after
            return
        self.accept_first(job)
        if event.remark:
            self._say(job.client, Progress(job.job_id, event.fraction, NOTE + event.remark))
            return
        now = self._loop.time()
        before, at = self._active.get(job.seq, (None, 0.0))
        if before and before.stage == event.stage and now - at < _PROGRESS_EVERY_S:
            self._active[job.seq] = (event, at)
            return
        self._active[job.seq] = (event, now)
        self._say(job.client, Progress(job.job_id, event.fraction, event.stage))

    def ended(self, job: Job) -> None:
        """Say how a job ended, again and again until it is acknowledged or said often enough."""
        self._stop(job)
        self._active.pop(job.seq, None)
        self._over[job.seq] = None
        if len(self._over) > _REMEMBERED:
            del self._over[next(iter(self._over))]
        self._try(job, 0)

    def acknowledged(self, job: Job) -> None:
        """The client knows; say it no more."""
        self._stop(job)

    def beat(self) -> None:
        """Mention the jobs that have not been mentioned for a while."""
        now = self._loop.time()
        for seq, (event, at) in list(self._active.items()):
            if now - at >= HEARTBEAT_S:
                self._active[seq] = (event, now)
                job = event.job
                self._say(job.client, Progress(job.job_id, event.fraction, event.stage))

    def close(self) -> None:
        """Say no more."""
        for retry in self._retries.values():
            retry.cancel()
        self._retries.clear()

    def _stop(self, job: Job) -> None:
        retry = self._retries.pop(job.seq, None)
        if retry is not None:
            retry.cancel()

    def _try(self, job: Job, tried: int) -> None:
        self._retries.pop(job.seq, None)
        heard = [self._say(job.client, reply) for reply in ending(job)]
        if not all(heard):
            return  # said when the client is back
        if tried + 1 >= MAX_TRIES:
            self._settle(job)
            return
        self._retries[job.seq] = self._loop.call_later(
            RETRY_AFTER_S[tried], self._try, job, tried + 1
        )


def ending(job: Job) -> list[Reply]:
    """How a job that is over is told of."""
    if job.state == "done":
        return [
            Done(job.job_id, file.take, str(file.path), file.sample_rate, file.frames)
            for file in job.files
        ]
    code: Code = next((known for known in CODES if known == job.code), "internal")
    return [Failed(job.job_id, code, job.message)]
