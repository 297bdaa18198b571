"""The one queue of render jobs, for the server and the desktop.

Jobs persist (:mod:`bridge.jobs.store`), are done in a fair order (:mod:`bridge.jobs.fairness`)
by one worker process (:mod:`bridge.jobs.worker`), and what was rendered before is not
rendered again. One thread of ours talks with the worker, a batch at a time
(:mod:`bridge.jobs.batches`); callers never wait for it, they meet it at the
:mod:`bridge.jobs.scheduler`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from bridge.jobs.batches import JobBatch
from bridge.jobs.model import Job, JobEvent, JobRequest, digest_of_asked
from bridge.jobs.process import WORKER_COMMAND, WorkerProcess
from bridge.jobs.scheduler import Listener, Scheduler, check_same
from bridge.jobs.store import JobStore
from bridge.jobs.worker_messages import (
    LimitsFound,
    LoadModel,
    ModelFailed,
    ModelReady,
    WorkerDied,
)
from core import paths
from core.errors import ModelMissing, TimbreError
from core.files import output_error

CANCEL_GRACE_S = 5.0
"""How long a worker may take to notice that its batch is cancelled before it is killed."""

_logger = logging.getLogger(__name__)

_LEFTOVER_S = 3600.0
_DISK_PAUSE_S = 1.0


class JobQueue:
    """Render jobs, from being asked for to their files. Any thread may use it.

    Args:
        output_dir: where files go; made if it is not there.
        path: the database; None is the user's own.
        warm_model: loaded when the worker starts, before any job asks; empty loads none.
        worker_command: how to start a worker; for tests.

    Raises:
        QueueUnusable: if another process owns the queue, or it cannot be used.
        OutputError: if the output folder cannot be made.
    """

    def __init__(
        self,
        output_dir: Path,
        path: Path | None = None,
        *,
        warm_model: str = "",
        worker_command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        self.output_dir = output_dir.absolute()
        try:
            self.output_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(output_dir, error) from None
        _remove_leftovers(self.output_dir)
        file = path or paths.data_dir() / "jobs.sqlite"
        self._store = JobStore(file)
        self._log = file.with_suffix(".log")
        self._warm_model, self._worker_command = warm_model, worker_command
        self._worker: WorkerProcess | None = None
        self._starting = threading.Lock()
        self._is_closed = False
        self._batch_count = 0
        self._scheduler = Scheduler(self._store)
        self._thread = threading.Thread(target=self._run, name="job queue", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._ready_worker()
        self._thread.start()

    def wait_until_warm(self, timeout_s: float = 120.0) -> int:
        """Wait until the worker has loaded its first model; only if one was named.

        Returns:
            The model's sample rate, Hz.

        Raises:
            ModelMissing: if it cannot be loaded.
            TimbreError: if the worker does not start, or takes longer than ``timeout_s``.
        """
        worker = self._ready_worker()
        try:
            answer = worker.model.result(timeout_s)
        except TimeoutError:
            reason = f"it took longer than {timeout_s:.0f} s to load"
            answer = ModelFailed("internal", reason)
        match answer:
            case ModelReady(sample_rate):
                return sample_rate
            case ModelFailed(code, message):
                kind = ModelMissing if code == "model_missing" else TimbreError
                raise kind(f"model {self._warm_model} is not ready: {message}")
            case WorkerDied(reason):
                raise TimbreError(
                    f"model {self._warm_model} is not ready: the worker died ({reason}); "
                    f"see {self._log}"
                )

    def close(self) -> None:
        """Stop. A job under way goes back into the queue, for the next start."""
        self._scheduler.stop()
        if self._thread.is_alive():
            self._thread.join()
        with self._starting:
            self._is_closed = True
            if self._worker is not None:
                self._worker.kill()
        self._store.close()

    def __enter__(self) -> JobQueue:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every event, from the queue's own thread; it must be quick."""
        self._scheduler.listen(listener)

    def unlisten(self, listener: Listener) -> None:
        """Call it no more."""
        self._scheduler.unlisten(listener)

    # Asking

    def submit(self, request: JobRequest) -> Job:
        """Queue a job; one that was submitted before is returned as it stands.

        Raises:
            JobConflict: if the id was used for another request.
        """
        return self._scheduler.add(request)

    def is_repeat(self, client: str, job_id: str, asked: str) -> bool:
        """Whether the client submitted this job before.

        Args:
            client, job_id: name the job.
            asked: as in :class:`~bridge.jobs.model.JobRequest`.

        Raises:
            JobConflict: if the id was used for another request.
        """
        job = self._store.find(client, job_id)
        if job is not None:
            check_same(job, digest_of_asked(asked))
        return job is not None

    def find(self, client: str, job_id: str) -> Job | None:
        """A job as it stands; None if there is none.

        Args:
            client, job_id: name the job.
        """
        return self._store.find(client, job_id)

    def request(self, job: Job) -> JobRequest:
        """What a job asked for."""
        return self._store.request(job.seq)

    def recent(self, limit: int) -> list[Job]:
        """The jobs that came last, those of earlier runs too; the newest first."""
        return self._store.recent(limit)

    def put_first(self, client: str, job_id: str) -> Job | None:
        """Have a job that waits rendered next; one that does not wait is left as it is.

        Args:
            client, job_id: name the job.

        Returns:
            The job as it stands; None if there is none.
        """
        return self._scheduler.put_first(client, job_id)

    def limits(self, request: JobRequest) -> Future[LimitsFound | WorkerDied]:
        """Ask the worker what a model cannot play of a clip; what it renders now comes before.

        Args:
            request: what would be rendered; its timbre does not matter.
        """
        return self._ready_worker().ask_limits(request)

    def position(self, job: Job) -> int:
        """How many jobs are before it; 0 if it is next, running or over."""
        return self._scheduler.position(job)

    def progress(self, job: Job) -> JobEvent | None:
        """The last event of a running job."""
        return self._scheduler.event(job.seq)

    def cancel(self, client: str, job_id: str) -> Job | None:
        """Stop a job: at once if it waits, soon if it runs; a job that is over stays so.

        Args:
            client, job_id: name the job.

        Returns:
            The job as it stands; None if there is none.
        """
        return self._scheduler.cancel(client, job_id)

    def acknowledge(self, job: Job) -> None:
        """The client knows how the job ended, or was told often enough."""
        self._store.acknowledge(job.seq)

    def unacknowledged(self, client: str) -> list[Job]:
        """The client's ended jobs it has not acknowledged, oldest first."""
        return self._store.unacknowledged(client)

    # Working, in the queue's thread

    def _run(self) -> None:
        while jobs := self._scheduler.next_batch():
            try:
                self._process(jobs)
            except Exception as error:
                self._recover(error)

    def _process(self, jobs: list[Job]) -> None:
        self._batch_count += 1
        batch = JobBatch(self._batch_count, jobs, self._scheduler, self._store, self._log)
        batch.plan(self.output_dir)
        if batch.orders:
            batch.render(self._ready_worker(), CANCEL_GRACE_S)

    def _recover(self, error: Exception) -> None:
        """Go on after what should not happen; if nothing can be written, try again later."""
        _logger.error("a batch of jobs failed", exc_info=error)
        for event in self._scheduler.running():
            try:
                self._scheduler.end(
                    event.job.seq, "failed", "internal", " ".join(str(error).split())
                )
            except Exception:  # the disk is full, say: the job is not lost for it
                self._scheduler.put_back(event.job, _DISK_PAUSE_S)

    def _ready_worker(self) -> WorkerProcess:
        with self._starting:  # the queue's thread and those who ask for limits: one worker
            if self._is_closed:
                raise TimbreError("the queue of renders is closed; start the program again")
            if self._worker is None or not self._worker.is_alive:
                self._worker = WorkerProcess(self._log, self._worker_command)
                if self._warm_model:
                    self._worker.send(LoadModel(self._warm_model))
            return self._worker


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed worker left half written, long enough ago to be nobody's now."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFTOVER_S:
                part.unlink()
