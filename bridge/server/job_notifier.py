"""Notifies clients of their jobs: progress, heartbeats, remarks, and the end until it is known.

Lives in the server's event loop. Knows no sockets: it is given a way to look up where answers
to a client go, if the client is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from bridge.errors import CODES, Code
from bridge.jobs.model import Job, JobEvent
from bridge.protocol.replies import Accepted, Done, Failed, Progress, Reply
from bridge.server.sessions import Session
from bridge.service import JobStatus

MAX_TRIES = 5
"""How often the end of a job is said, unless it is acknowledged."""

RETRY_AFTER_S = (0.5, 1.0, 2.0, 4.0)
HEARTBEAT_S = 2.0
"""A job that is not over is mentioned at least so often."""

_PROGRESS_EVERY_S = 0.1
_MAX_REMEMBERED = 10_000


class JobNotifier:
    """What is still to be said of jobs.

    Args:
        find_session: where answers to a client go, given its name and the id of the job they are
            about; None if it is not there.
        on_delivered: called, in the event loop, when a job's end needs no more saying.
    """

    def __init__(
        self,
        find_session: Callable[[str, str], Session | None],
        on_delivered: Callable[[Job], object],
    ) -> None:
        self._find_session, self._on_delivered = find_session, on_delivered
        self._loop = asyncio.get_running_loop()
        self._active: dict[int, tuple[JobEvent, float]] = {}  # with when it was last sent
        self._retries: dict[int, asyncio.TimerHandle] = {}
        self._accepted: dict[int, None] = {}  # jobs said to be accepted, the newest last
        self._over: dict[int, None] = {}  # jobs that have ended, the newest last

    def report(self, status: JobStatus) -> None:
        """Answer how a job stands."""
        job = status.job
        if job.is_over:
            self._ensure_accepted(job)
        else:
            self.accepted(job, status.position)
        for remark in status.remarks:
            self._send_remark(JobEvent(job, 0.0, "queued", remark))
        if job.is_over:
            self.report_end(job)
        elif status.event is not None:
            self.on_event(status.event)

    def accepted(self, job: Job, position: int) -> None:
        """Say that a job waits, or runs.

        Args:
            job: not over.
            position: jobs before it.
        """
        self._accepted[job.seq] = None
        if len(self._accepted) > _MAX_REMEMBERED:
            del self._accepted[next(iter(self._accepted))]
        self._send(job, Accepted(job.job_id, position))
        if job.seq not in self._active and job.seq not in self._over:
            self._active[job.seq] = (JobEvent(job, 0.0, "queued"), self._loop.time())

    def on_event(self, event: JobEvent) -> None:
        """Something happened to a job."""
        job = event.job
        if job.is_over:
            self._ensure_accepted(job)
            self.report_end(job)
            return
        if job.seq in self._over:  # looked up before it ended, and reported after
            return
        self._ensure_accepted(job)
        if event.remark:
            self._send_remark(event)
            event = replace(event, remark="")
        now = self._loop.time()
        last, sent_at = self._active.get(job.seq, (None, 0.0))
        if last and last.stage == event.stage and now - sent_at < _PROGRESS_EVERY_S:
            self._active[job.seq] = (event, sent_at)
            return
        self._send_progress(event)

    def report_end(self, job: Job) -> None:
        """Say how a job ended, again and again until it is acknowledged or said often enough."""
        self._cancel_retry(job)
        self._active.pop(job.seq, None)
        self._over[job.seq] = None
        if len(self._over) > _MAX_REMEMBERED:
            del self._over[next(iter(self._over))]
        self._send_end(job, 0)

    def report_ends(self, jobs: Iterable[Job]) -> None:
        """As :meth:`report_end`, of several."""
        for job in jobs:
            self.report_end(job)

    def acknowledged(self, job: Job) -> None:
        """The client knows how the job ended; say it no more."""
        self._cancel_retry(job)

    def heartbeat(self) -> None:
        """Mention the jobs that have not been mentioned for a while."""
        now = self._loop.time()
        for event, sent_at in list(self._active.values()):
            if now - sent_at >= HEARTBEAT_S:
                self._send_progress(event)

    def close(self) -> None:
        """Say no more."""
        for retry in self._retries.values():
            retry.cancel()
        self._retries.clear()

    def _ensure_accepted(self, job: Job) -> None:
        """A quick job's news may come before the answer to its request: put that in front."""
        if job.seq not in self._accepted:
            self.accepted(job, 0)

    def _send(self, job: Job, reply: Reply) -> bool:
        """Send a reply to a job's client; False if the client is not there."""
        session = self._find_session(job.client, job.job_id)
        if session is not None:
            session.send(reply)
        return session is not None

    def _send_progress(self, event: JobEvent) -> None:
        job = event.job
        self._active[job.seq] = (event, self._loop.time())
        self._send(job, Progress(job.job_id, event.fraction, event.stage))

    def _send_remark(self, event: JobEvent) -> None:
        session = self._find_session(event.job.client, event.job.job_id)
        if session is not None:
            session.send_remark(event.job.job_id, event.fraction, event.remark)

    def _cancel_retry(self, job: Job) -> None:
        retry = self._retries.pop(job.seq, None)
        if retry is not None:
            retry.cancel()

    def _send_end(self, job: Job, tries: int) -> None:
        self._retries.pop(job.seq, None)
        is_sent = [self._send(job, reply) for reply in end_replies(job)]
        if not all(is_sent):
            return  # said when the client is back
        if tries + 1 >= MAX_TRIES:
            self._on_delivered(job)
            return
        self._retries[job.seq] = self._loop.call_later(
            RETRY_AFTER_S[tries], self._send_end, job, tries + 1
        )


def end_replies(job: Job) -> list[Reply]:
    """What is said of a job that is over."""
    if job.state == "done":
        return [
            Done(job.job_id, file.take, str(file.path), file.sample_rate, file.frames)
            for file in job.files
        ]
    code: Code = next((code for code in CODES if code == job.code), "internal")
    return [Failed(job.job_id, code, job.message)]
