"""The one queue of render jobs, for the server and the desktop.

Jobs persist (:mod:`bridge.jobs.store`), are done in a fair order (:mod:`bridge.jobs.order`)
by one worker process (:mod:`bridge.jobs.worker`), and what was rendered before is not
rendered again. One thread of ours talks with the worker; callers never wait for it.
"""

from __future__ import annotations

import contextlib
import queue as queues
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bridge.arguments import BadMessage
from bridge.jobs.model import Job, JobEvent, JobRequest, digest_of_words
from bridge.jobs.order import Turns, batch
from bridge.jobs.process import DIED, WORKER_COMMAND, WorkerProcess
from bridge.jobs.store import JobStore
from bridge.replies import NOTE
from core import paths
from core.errors import ModelMissing, TimbreError
from core.files import output_error

CANCEL_GRACE_S = 5.0
"""How long a worker may take to notice that its batch is cancelled before it is killed."""

MAX_ATTEMPTS = 2
"""Workers that may die over one job: the first, and one retry."""

_LOOK_EVERY_S = 0.05
_LEFTOVER_S = 3600.0
_DISK_PAUSE_S = 1.0
Listener = Callable[[JobEvent], None]
Missing = dict[int, set[str]]
"""The jobs of a batch that are not over, in order, and the keys of files each still needs."""


class JobQueue:
    """Render jobs, from being asked for to their files. Any thread may use it.

    Args:
        output_dir: where files go; made if it is not there.
        path: the database; None is the user's own.
        warm_model: loaded when the worker starts, before any job asks; empty loads none.
        worker_command: how to start a worker; for tests.

    Raises:
        StoreUnusable: if another process owns the queue, or it cannot be used.
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
        _sweep(self.output_dir)
        file = path or paths.data_dir() / "jobs.sqlite"
        self._store = JobStore(file)
        self._log = file.with_suffix(".log")
        self._warm_model, self._worker_command = warm_model, worker_command
        self._worker: WorkerProcess | None = None
        self._turns = Turns()
        self._batches = 0
        self._listeners: list[Listener] = []
        self._lock = threading.Condition()  # over what follows
        self._waiting = {job.seq: job for job in self._store.waiting()}
        self._running: dict[int, JobEvent] = {}
        self._cancelled: set[int] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="job queue", daemon=True)

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
            answer = worker.warmed.result(timeout_s)
        except TimeoutError:
            answer = {"is": "cold", "message": f"it took longer than {timeout_s:.0f} s to load"}
        if answer["is"] == "warm":
            return int(answer["sample_rate"])
        kind = ModelMissing if answer.get("code") == "model_missing" else TimbreError
        reason = answer.get("message") or f"the worker died ({answer['reason']}); see {self._log}"
        raise kind(f"model {self._warm_model} is not ready: {reason}")

    def close(self) -> None:
        """Stop. A job under way goes back into the queue, for the next start."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        if self._thread.is_alive():
            self._thread.join()
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
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    # Asking

    def submit(self, request: JobRequest) -> Job:
        """Queue a job; one that is known already is returned as it stands.

        Raises:
            BadMessage: if the id was used for another request.
        """
        with self._lock:
            job = self._store.add(request)
            _check_same(job, request.digest)
            if job.state == "queued":
                self._waiting.setdefault(job.seq, job)
                self._lock.notify_all()
        return job

    def is_known(self, client: str, job_id: str, asked: str) -> bool:
        """Whether the client asked for this before, in the same words.

        Raises:
            BadMessage: if the id was used for another request.
        """
        job = self._store.find(client, job_id)
        if job is not None:
            _check_same(job, digest_of_words(asked))
        return job is not None

    def find(self, client: str, job_id: str) -> Job | None:
        """A job as it stands."""
        return self._store.find(client, job_id)

    def request(self, job: Job) -> JobRequest:
        """What a job asked for."""
        return self._store.request(job.seq)

    def position(self, job: Job) -> int:
        """How many jobs are before it; 0 if it is next, running or over."""
        with self._lock:
            if job.seq not in self._waiting:
                return 0
            arranged = [waiting.seq for waiting in self._turns.arrange(self._waiting.values())]
            return len(self._running) + arranged.index(job.seq)

    def progress(self, job: Job) -> JobEvent | None:
        """The last event of a running job."""
        with self._lock:
            return self._running.get(job.seq)

    def cancel(self, client: str, job_id: str) -> Job | None:
        """Stop a job: at once if it waits, soon if it runs; a job that is over stays so."""
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

    def settle(self, job: Job) -> None:
        """The client knows how the job ended."""
        self._store.settle(job.seq)

    def unsettled(self, client: str) -> list[Job]:
        """The client's ended jobs it has not acknowledged, oldest first."""
        return self._store.unsettled(client)

    # Working, in the queue's thread

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._waiting and not self._stopping:
                    self._lock.wait()
                if self._stopping:
                    return
                chosen = batch(self._turns.arrange(self._waiting.values()))
                self._turns.serve(chosen)
                for job in chosen:
                    del self._waiting[job.seq]
                    self._running[job.seq] = JobEvent(job, 0.0, "starting")
            try:
                self._do(chosen)
            except Exception as error:
                self._survive(error)

    def _survive(self, error: Exception) -> None:
        """Go on after what should not happen; if nothing can be written, try again later."""
        for seq, event in sorted(self._running.items()):
            try:
                self._end(seq, "failed", "internal", " ".join(str(error).split()))
            except Exception:  # the disk is full, say: the job is not lost for it
                with self._lock:
                    self._running.pop(seq, None)
                    self._waiting[seq] = event.job
                    self._lock.wait(_DISK_PAUSE_S)

    def _ready_worker(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive:
            self._worker = WorkerProcess(self._log, self._worker_command)
            if self._warm_model:
                self._worker.order(do="warm", model=self._warm_model)
        return self._worker

    def _do(self, chosen: list[Job]) -> None:
        items: list[dict[str, Any]] = []
        missing: Missing = {}
        asked: set[str] = set()
        for job in chosen:
            job = self._store.mark(job.seq, "running")
            self._progress(job, 0.0, "starting")
            request = self._store.request(job.seq)
            missing[job.seq] = set()
            for take in range(request.takes):
                key = request.key(take)
                path, is_complete = self._store.plan(request, take, self.output_dir)
                if is_complete:
                    continue
                missing[job.seq].add(key)
                if key not in asked:  # two jobs that wait for the same file
                    asked.add(key)
                    data = request.to_json()
                    item = {"seq": job.seq, "take": take, "path": str(path), "request": data}
                    items.append({**item, "key": key})
        self._end_complete(missing)
        if items:
            self._render(items, missing)

    def _render(self, items: list[dict[str, Any]], missing: Missing) -> None:
        worker = self._ready_worker()
        self._batches += 1
        number = self._batches
        keys = {(item["seq"], item["take"]): item["key"] for item in items}
        worker.order(do="render", batch=number, items=items)
        kill_at: float | None = None
        while True:
            kill_at = self._check_cancel(worker, number, missing, kill_at)
            if self._stopping:
                return  # the jobs stay `running` on disk, and are queued at the next start
            try:
                answer = worker.answers.get(timeout=_LOOK_EVERY_S)
            except queues.Empty:
                continue
            if answer["is"] == DIED:
                self._give_back(missing, answer["reason"], killed=kill_at is not None)
                return
            if answer.get("batch") != number:
                continue
            match answer["is"]:
                case "progress":
                    for seq in missing:
                        job = self._running[seq].job
                        self._progress(job, answer["fraction"], answer["stage"])
                case "limits":
                    for message in answer["messages"]:
                        event = self._running[answer["seq"]]
                        self._progress(event.job, event.fraction, NOTE + message)
                case "taken":
                    key = keys[answer["seq"], answer["take"]]
                    self._store.complete(
                        key, Path(answer["path"]), answer["sample_rate"], answer["frames"]
                    )
                    for needed in missing.values():
                        needed.discard(key)
                    self._end_complete(missing)
                case "failed":
                    seq = answer["seq"]
                    if missing.pop(seq, None) is not None:
                        self._end(seq, "failed", answer["code"], answer["message"])
                        self._end_complete(missing)
                case "end":
                    self._give_back(missing, "", killed=True)
                    return

    def _check_cancel(
        self,
        worker: WorkerProcess,
        number: int,
        missing: Missing,
        kill_at: float | None,
    ) -> float | None:
        """Ask the worker to stop, then make it; returns when to make it."""
        with self._lock:
            wanted = not self._cancelled.isdisjoint(missing)
        if wanted and kill_at is None:
            worker.order(do="cancel", batch=number)
            return time.monotonic() + CANCEL_GRACE_S
        if kill_at is not None and time.monotonic() > kill_at:
            worker.kill()
        return kill_at

    def _end_complete(self, missing: Missing) -> None:
        """End jobs that have all their files, but none before an earlier one of its client."""
        held_back = set()
        for seq in list(missing):
            client = self._running[seq].job.client
            if missing[seq] or client in held_back:
                held_back.add(client)
            else:
                del missing[seq]
                self._end(seq, "done")

    def _give_back(self, missing: Missing, reason: str, *, killed: bool) -> None:
        """What becomes of jobs a batch ended without: cancelled, tried again, or failed.

        Args:
            missing: these jobs.
            reason: how the worker died, if it did.
            killed: it did as it was told; the jobs are not to blame.
        """
        for seq, needed in missing.items():
            attempts = self._running[seq].job.attempts
            is_to_blame = bool(needed) and not killed
            with self._lock:
                is_cancelled = seq in self._cancelled
            if is_cancelled:
                self._end(seq, "cancelled", "cancelled", "cancelled while it was rendered")
            elif is_to_blame and attempts + 1 >= MAX_ATTEMPTS:
                self._end(
                    seq,
                    "failed",
                    "internal",
                    f"the worker died {MAX_ATTEMPTS} times over this job ({reason}); "
                    f"see {self._log}",
                )
            else:
                job = self._store.requeue(seq, worker_died=is_to_blame)
                with self._lock:
                    del self._running[seq]
                    self._waiting[seq] = job
                self._tell(JobEvent(job, 0.0, "queued"))

    def _progress(self, job: Job, fraction: float, stage: str) -> None:
        event = JobEvent(job, fraction, stage)
        with self._lock:
            self._running[job.seq] = event
        self._tell(event)

    def _end(self, seq: int, state: Any, code: str = "", message: str = "") -> None:
        job = self._store.mark(seq, state, code, message)
        with self._lock:
            self._running.pop(seq, None)
            self._cancelled.discard(seq)
        self._tell(JobEvent(job, 1.0 if state == "done" else 0.0, state))

    def _tell(self, event: JobEvent) -> None:
        for listener in list(self._listeners):
            with contextlib.suppress(Exception):  # a listener's trouble is not the job's
                listener(event)


def _check_same(job: Job, digest: str) -> None:
    if job.digest != digest:
        raise BadMessage(
            f"job id {job.job_id!r} was used for another render; take a new id",
            about=job.job_id,
        )


def _sweep(folder: Path) -> None:
    """Remove what a killed worker left half written, long enough ago to be nobody's now."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFTOVER_S:
                part.unlink()
