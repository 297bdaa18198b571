"""One batch of jobs on its way through a worker: what to render, and what became of it."""

from __future__ import annotations

import queue as queues
import time
from pathlib import Path

from bridge.jobs.model import Job, file_stem
from bridge.jobs.process import WorkerProcess
from bridge.jobs.scheduler import Scheduler
from bridge.jobs.store import JobStore
from bridge.jobs.worker_messages import (
    BatchAnswer,
    BatchEnded,
    BatchProgress,
    CancelBatch,
    ClipRemarks,
    JobFailed,
    JobOrder,
    RenderBatch,
    TakeOrder,
    TakeRendered,
    WorkerDied,
)
from core.files import output_error

MAX_ATTEMPTS = 2
"""Workers that may die over one job: the first, and one retry."""

_POLL_EVERY_S = 0.05


class JobBatch:
    """Jobs that are rendered together.

    Args:
        number: of the batch; a worker is given no number twice.
        jobs: chosen by the scheduler.
        scheduler: every change of a job's state goes through it.
        store: where requests are, and where files are recorded.
        log: where a worker writes why it died, for the user.

    Attributes:
        orders: jobs with files that must be made, as the worker is given them.
    """

    def __init__(
        self, number: int, jobs: list[Job], scheduler: Scheduler, store: JobStore, log: Path
    ) -> None:
        self._number, self._jobs, self._log = number, jobs, log
        self._scheduler, self._store = scheduler, store
        self.orders: list[JobOrder] = []
        self._keys: dict[tuple[int, int], str] = {}  # of ordered files, by job and take
        # The jobs that are not over, in order, and the keys of files each still needs.
        self._missing: dict[int, set[str]] = {}

    def plan(self, output_dir: Path) -> None:
        """Find out what must be rendered; jobs whose files are all there are done with this.

        Args:
            output_dir: where new files go; made again if somebody removed it.

        Raises:
            OutputError: if it cannot be made.
        """
        try:
            output_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(output_dir, error) from error
        ordered: set[str] = set()
        for job in self._jobs:
            self._scheduler.begin(job)
            request = self._store.request(job.seq)
            self._missing[job.seq] = set()
            takes = []
            for take, key in enumerate(self._store.take_keys(job.seq)):
                path, is_complete = self._store.plan(key, output_dir, file_stem(request, key))
                if is_complete:
                    continue
                self._missing[job.seq].add(key)
                if key not in ordered:  # else another job of this batch makes the same file
                    ordered.add(key)
                    self._keys[job.seq, take] = key
                    takes.append(TakeOrder(take, path))
            if takes:
                self.orders.append(JobOrder(job.seq, request, tuple(takes)))
        self._end_complete()

    def render(self, worker: WorkerProcess, cancel_grace_s: float) -> None:
        """Have a worker render it, and follow until it is over or the scheduler stops.

        Args:
            worker: alive, or just dead.
            cancel_grace_s: how long it may take to obey that a job is cancelled.
        """
        worker.send(RenderBatch(self._number, tuple(self.orders)))
        kill_at: float | None = None
        while True:
            kill_at = self._check_cancel(worker, kill_at, cancel_grace_s)
            if self._scheduler.is_stopping:
                return  # the jobs stay `running` on disk, and are queued at the next start
            try:
                answer = worker.answers.get(timeout=_POLL_EVERY_S)
            except queues.Empty:
                continue
            if isinstance(answer, WorkerDied):
                self._return_jobs(answer.reason, killed=kill_at is not None)
                return
            if answer.batch == self._number:
                self._handle(answer)
                if isinstance(answer, BatchEnded):
                    self._return_jobs("", killed=True)
                    return

    def _handle(self, answer: BatchAnswer) -> None:
        """Pass an answer on to the scheduler and the store."""
        scheduler = self._scheduler
        match answer:
            case BatchProgress():
                for seq in self._missing:
                    scheduler.progress(scheduler.job(seq), answer.fraction, answer.stage)
            case ClipRemarks():
                for remark in answer.remarks:
                    scheduler.remark(answer.seq, remark)
            case TakeRendered():
                key = self._keys[answer.seq, answer.take]
                self._store.complete(key, answer.path, answer.sample_rate, answer.frames)
                for needed in self._missing.values():
                    needed.discard(key)
                self._end_complete()
            case JobFailed():
                if self._missing.pop(answer.seq, None) is not None:
                    scheduler.end(answer.seq, "failed", answer.code, answer.message)
                    self._end_complete()

    def _check_cancel(
        self, worker: WorkerProcess, kill_at: float | None, grace_s: float
    ) -> float | None:
        """Ask the worker to stop, then make it; returns when to make it."""
        if kill_at is None and self._scheduler.is_cancelled(self._missing):
            worker.send(CancelBatch(self._number))
            return time.monotonic() + grace_s
        if kill_at is not None and time.monotonic() > kill_at:
            worker.kill()
        return kill_at

    def _end_complete(self) -> None:
        """End jobs that have all their files, but none before an earlier one of its client."""
        held_back = set()
        for seq in list(self._missing):
            client = self._scheduler.job(seq).client
            if self._missing[seq] or client in held_back:
                held_back.add(client)
            else:
                del self._missing[seq]
                self._scheduler.end(seq, "done")

    def _return_jobs(self, reason: str, *, killed: bool) -> None:
        """What becomes of jobs a batch ended without: cancelled, tried again, or failed.

        Args:
            reason: how the worker died, if it did.
            killed: it ended as ordered; the jobs are not to blame.
        """
        for seq, needed in self._missing.items():
            attempts = self._scheduler.job(seq).attempts
            is_to_blame = bool(needed) and not killed
            if self._scheduler.is_cancelled([seq]):
                message = "cancelled while it was rendered"
                self._scheduler.end(seq, "cancelled", "cancelled", message)
            elif is_to_blame and attempts + 1 >= MAX_ATTEMPTS:
                died = f"the worker died {MAX_ATTEMPTS} times over this job ({reason})"
                self._scheduler.end(seq, "failed", "internal", f"{died}; see {self._log}")
            else:
                self._scheduler.requeue(seq, worker_died=is_to_blame)
