"""Which jobs wait, which run, and who listens: what callers and the queue's thread share.

Every change of a job's state goes through here to the store, and then to the listeners.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from bridge.errors import Code
from bridge.jobs.errors import JobConflict
from bridge.jobs.fairness import RoundRobin, choose_batch
from bridge.jobs.model import Job, JobEvent, JobRequest, JobState
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
        self._round_robin = RoundRobin()
        self._listeners: list[Listener] = []
        self._lock = threading.Condition()  # over what follows
        self._waiting = {job.seq: job for job in store.waiting()}
        self._running: dict[int, JobEvent] = {}
        self._furthest: dict[int, float] = {}  # fractions of jobs that ran
        self._cancelled: set[int] = set()
        self._is_stopping = False

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every event."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    def _notify(self, event: JobEvent) -> None:
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
            arranged = [
                waiting.seq for waiting in self._round_robin.arrange(self._waiting.values())
            ]
            return len(self._running) + arranged.index(job.seq)

    def event(self, seq: int) -> JobEvent | None:
        """The last event of a running job."""
        with self._lock:
            return self._running.get(seq)

    def cancel(self, client: str, job_id: str) -> Job | None:
        """As :meth:`bridge.jobs.queue.JobQueue.cancel`.

        Args:
            client, job_id: name the job.
        """
        with self._lock:
            job = self._store.find(client, job_id)
            if job is None or job.is_over:
                return job
            if self._waiting.pop(job.seq, None) is None:
                self._cancelled.add(job.seq)
                return job
            self._furthest.pop(job.seq, None)
            job = self._store.mark(job.seq, "cancelled", "cancelled", "cancelled before it began")
        self._notify(JobEvent(job, 0.0, "cancelled"))
        return job

    def put_first(self, client: str, job_id: str) -> Job | None:
        """As :meth:`bridge.jobs.queue.JobQueue.put_first`.

        Args:
            client, job_id: name the job.
        """
        with self._lock:
            job = self._store.find(client, job_id)
            if job is None or job.seq not in self._waiting:
                return job
            others = [waiting.priority for seq, waiting in self._waiting.items() if seq != job.seq]
            job = self._store.prioritize(job.seq, max([job.priority, *(p + 1 for p in others)]))
            self._waiting[job.seq] = job
            return job

    @property
    def is_stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._is_stopping

    def stop(self) -> None:
        """Have :meth:`next_batch` return nothing from now on."""
        with self._lock:
            self._is_stopping = True
            self._lock.notify_all()

    # For the queue's thread

    def next_batch(self) -> list[Job]:
        """Wait for jobs; those that go next, together. Empty when stopping."""
        with self._lock:
            while not self._waiting and not self._is_stopping:
                self._lock.wait()
            if self._is_stopping:
                return []
            chosen = choose_batch(self._round_robin.arrange(self._waiting.values()))
            self._round_robin.serve(chosen)
            for job in chosen:
                del self._waiting[job.seq]
                self._running[job.seq] = JobEvent(job, self._reach(job.seq), "starting")
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
        """A job that was chosen starts."""
        self.progress(self._store.mark(job.seq, "running"), 0.0, "starting")

    def progress(self, job: Job, fraction: float, stage: str) -> None:
        """A running job got further.

        Args:
            job: as it stands now.
            fraction: how far it is, 0–1; what is begun again counts once it gets further.
            stage: what is being done, one or a few words.
        """
        with self._lock:
            event = JobEvent(job, self._reach(job.seq, fraction), stage)
            self._running[job.seq] = event
        self._notify(event)

    def remark(self, seq: int, text: str) -> None:
        """Pass on what the model cannot say about the clip of a job, if it still runs.

        Args:
            seq: the job's number.
            text: one line for the user.
        """
        event = self.event(seq)
        if event is not None:  # not stored: it happens once, progress goes on as it was
            self._notify(replace(event, remark=text))

    def end(self, seq: int, state: JobState, code: Code | str = "", message: str = "") -> None:
        """A running job is over.

        Args:
            seq: the job's number.
            state: how it ended.
            code: why, unless it is done; empty if it is.
            message: the same in words.
        """
        job = self._store.mark(seq, state, code, message)
        with self._lock:
            self._running.pop(seq, None)
            self._furthest.pop(seq, None)
            self._cancelled.discard(seq)
        self._notify(JobEvent(job, 1.0 if state == "done" else 0.0, state))

    def requeue(self, seq: int, *, worker_died: bool) -> None:
        """A running job is to be tried again.

        Args:
            seq: the job's number.
            worker_died: whether that was over this job, and counts as an attempt.
        """
        job = self._store.requeue(seq, worker_died=worker_died)
        with self._lock:
            del self._running[seq]
            self._waiting[seq] = job
            reached = self._reach(seq)
        self._notify(JobEvent(job, reached, "queued"))

    def _reach(self, seq: int, fraction: float = 0.0) -> float:
        """The furthest that a job ever was, if it is at this fraction now; the lock is held."""
        self._furthest[seq] = max(fraction, self._furthest.get(seq, 0.0))
        return self._furthest[seq]

    def put_back(self, job: Job, pause_s: float) -> None:
        """A chosen job waits again, though that cannot be stored; and wait a moment.

        Args:
            job: as it was before it was chosen.
            pause_s: how long to wait, seconds, unless another job comes.
        """
        with self._lock:
            self._running.pop(job.seq, None)
            self._waiting[job.seq] = job
            self._lock.wait(pause_s)


def check_same(job: Job, digest: str) -> None:
    """Refuse a job's id for another request.

    Args:
        job: that has the id.
        digest: of the other request.

    Raises:
        JobConflict: if the job asked for something else.
    """
    if job.digest != digest:
        raise JobConflict(f"job id {job.job_id!r} was used for another render; take a new id")
