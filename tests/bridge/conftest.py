"""Queues with a fake worker, and requests for them."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.jobs.model import Job, JobEvent, JobRequest
from bridge.jobs.queue import JobQueue
from core.clip import Clip, Note
from core.provenance import PresetVersion
from core.timbre import TextTimbre
from tests.helpers.waiting import LAST_RESORT_S

FAKE_WORKER = (sys.executable, "-m", "tests.helpers.fake_worker")
RIFF = tuple(Note(0.2 * i, 55 + 2 * i, 80, 0.18) for i in range(5))


def request(job_id: str, name: str = "", client: str = "me", **changes: object) -> JobRequest:
    """A job whose file depends on its clip's name alone."""
    data: dict[str, object] = {
        "client": client,
        "job_id": job_id,
        "clip": Clip.of(name or job_id, RIFF),
        "timbre": TextTimbre("hollow flute"),
        "preset": PresetVersion("Flute", 1),
        "model": "tiny",
        "model_sha256": "0" * 64,
    }
    return JobRequest(**{**data, **changes})  # type: ignore[arg-type]


class Watched:
    """A queue, and everything that happened in it."""

    def __init__(self, jobs: JobQueue) -> None:
        self.jobs = jobs
        self.ended: list[Job] = []
        self._events: queue.Queue[JobEvent] = queue.Queue()
        jobs.listen(self._events.put)

    def until(self, happened: Callable[[JobEvent], bool]) -> JobEvent:
        """Wait for an event."""
        while True:
            event = self._events.get(timeout=LAST_RESORT_S)
            if event.job.is_over:
                self.ended.append(event.job)
            if happened(event):
                return event

    def end_of(self, *job_ids: str) -> list[Job]:
        """Wait until these jobs are over."""
        left = set(job_ids) - {job.job_id for job in self.ended}
        while left:
            event = self.until(lambda event: event.job.is_over)
            left.discard(event.job.job_id)
        by_id = {job.job_id: job for job in self.ended}
        return [by_id[job_id] for job_id in job_ids]


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the fake worker rendered: clip's name, take, and items in the batch."""
    log = tmp_path / "rendered.txt"
    monkeypatch.setenv("FAKE_WORKER_LOG", str(log))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["."]))
    return lambda: log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def open_queue(
    tmp_path: Path, rendered: Callable[[], list[str]]
) -> Iterator[Callable[..., Watched]]:
    """Open (and at the end close) the queue of this test, started or not."""
    opened: list[JobQueue] = []

    def open_(start: bool = True) -> Watched:
        jobs = JobQueue(tmp_path / "renders", tmp_path / "jobs.sqlite", worker_command=FAKE_WORKER)
        opened.append(jobs)
        watched = Watched(jobs)  # before anything can happen
        if start:
            jobs.start()
        return watched

    yield open_
    for jobs in opened:
        jobs.close()
