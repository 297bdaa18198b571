"""Which jobs wait, which run, and who is told: what callers and the queue's thread share.

Every change of a job's state goes through here to the store, and then to the listeners.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from bridge.errors import Code, RequestRefused
from bridge.jobs.fairness import RoundRobin, batch
from bridge.jobs.model import Job, JobEvent, JobRequest, State
from bridge.jobs.store import JobStore

Listener = Callable[[JobEvent], None]

_log = logging.getLogger(__name__)


class Scheduler:
    """The jobs that are not over. Any thread may use it.

    Args:
        store: where jobs persist; what waits there, waits.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._turns = RoundRobin()
        self._listeners: list[Listener] = []
        self._lock = threading.Condition()  # over what follows
        self._waiting = {job.seq: job for job in store.waiting()}
        self._running: dict[int, JobEvent] = {}
        self._cancelled: set[int] = set()
        self._is_stopping = False

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every event."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    def _tell(self, event: JobEvent) -> None:
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:  # a listener's trouble is not the job's
                _log.exception("a listener failed at %s", event)

    # For callers

    def add(self, request: JobRequest) -> Job:
        """As :meth:`bridge.jobs.queue.JobQueue.submit`."""
        with self._lock:
            job = self._store.add(request)
            check_same(job, request.digest)
            if job.state == "queued":
                self._waiting.setdefault(job.seq, job)
                self._lock.notify_all()
        return job

    def position(self, job: Job) -> int:
        """How many jobs are before it; 0 if it is next, running or over."""
        with self._lock:
            if job.seq not in self._waiting:
                return 0
            arranged = [waiting.seq for waiting in self._turns.arrange(self._waiting.values())]
            return len(self._running) + arranged.index(job.seq)

    def event(self, seq: int) -> JobEvent | None:
        """The last event of a running job."""
        with self._lock:
            return self._running.get(seq)

    def cancel(self, client: str, job_id: str) -> Job | None:
        """As :meth:`bridge.jobs.queue.JobQueue.cancel`."""
        with self._lock:
            job = self._store.find(client, job_id)
            if job is None or job.is_over:
                return job
            if self._waiting.pop(job.seq, None) is None:
                self._cancelled.add(job.seq)
                return job
            job = self._store.mark(job.seq, "cancelled", "cancelled", "cancelled before it began")
        self._tell(JobEvent(job, 0.0, "cancelled"))
        return job

    @property
    def is_stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._is_stopping

    def stop(self) -> None:
        """Have :meth:`take` return nothing from now on."""
        with self._lock:
            self._is_stopping = True
            self._lock.notify_all()

    # For the queue's thread

    def take(self) -> list[Job]:
        """Wait for jobs, and take those that go next, together; empty when stopping."""
        with self._lock:
            while not self._waiting and not self._is_stopping:
                self._lock.wait()
            if self._is_stopping:
                return []
            chosen = batch(self._turns.arrange(self._waiting.values()))
            self._turns.serve(chosen)
            for job in chosen:
                del self._waiting[job.seq]
                self._running[job.seq] = JobEvent(job, 0.0, "starting")
            return chosen

    def running(self) -> list[JobEvent]:
        """The last events of all running jobs, in the order the jobs came."""
        with self._lock:
            return [event for _, event in sorted(self._running.items())]

    def job(self, seq: int) -> Job:
        """A running job."""
        return self._running[seq].job

    def is_cancelled(self, seqs: Iterable[int]) -> bool:
        """Whether any of these running jobs was cancelled."""
        with self._lock:
            return not self._cancelled.isdisjoint(seqs)

    def begin(self, job: Job) -> None:
        """A job that was taken starts."""
        self.progress(self._store.mark(job.seq, "running"), 0.0, "starting")

    def progress(self, job: Job, fraction: float, stage: str, remark: str = "") -> None:
        """A running job got further, or something is to be remarked on."""
        event = JobEvent(job, fraction, stage, remark)
        with self._lock:
            self._running[job.seq] = event
        self._tell(event)

    def end(self, seq: int, state: State, code: Code | str = "", message: str = "") -> None:
        """A running job is over."""
        job = self._store.mark(seq, state, code, message)
        with self._lock:
            self._running.pop(seq, None)
            self._cancelled.discard(seq)
        self._tell(JobEvent(job, 1.0 if state == "done" else 0.0, state))

    def requeue(self, seq: int, *, worker_died: bool) -> None:
        """A running job is to be tried again."""
        job = self._store.requeue(seq, worker_died=worker_died)
        with self._lock:
            del self._running[seq]
            self._waiting[seq] = job
        self._tell(JobEvent(job, 0.0, "queued"))

    def put_back(self, job: Job, pause_s: float) -> None:
        """A taken job waits again, though that cannot be written down; and wait a moment."""
        with self._lock:
            self._running.pop(job.seq, None)
            self._waiting[job.seq] = job
            self._lock.wait(pause_s)


def check_same(job: Job, digest: str) -> None:
    """Refuse a job's id for another request.

    Raises:
        BadMessage: if the job asked for something else.
    """
    if job.digest != digest:
        raise RequestRefused(
            f"job id {job.job_id!r} was used for another render; take a new id",
            about=job.job_id,
        )
