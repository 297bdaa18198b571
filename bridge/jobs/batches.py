"""One batch of jobs on its way through a worker: what to render, and what became of it."""

from __future__ import annotations

import queue as queues
import time
from pathlib import Path
from typing import Any

from bridge.jobs.model import Job
from bridge.jobs.process import DIED, WorkerProcess
from bridge.jobs.scheduler import Scheduler
from bridge.jobs.store import JobStore

MAX_ATTEMPTS = 2
"""Workers that may die over one job: the first, and one retry."""

_LOOK_EVERY_S = 0.05


class Batch:
    """Jobs that are rendered together.

    Args:
        number: of the batch; a worker is told no number twice.
        jobs: taken from the board.
        board, store: who is told.
        log: where a worker writes why it died, for the user.

    Attributes:
        items: files that must be made, as the worker takes them.
    """

    def __init__(
        self, number: int, jobs: list[Job], board: Scheduler, store: JobStore, log: Path
    ) -> None:
        self._number, self._jobs, self._log = number, jobs, log
        self._board, self._store = board, store
        self.items: list[dict[str, Any]] = []
        # The jobs that are not over, in order, and the keys of files each still needs.
        self._missing: dict[int, set[str]] = {}

    def plan(self, output_dir: Path) -> None:
        """Find out what must be rendered; jobs whose files are all there are done with this."""
        asked: set[str] = set()
        for job in self._jobs:
            self._board.begin(job)
            request = self._store.request(job.seq)
            self._missing[job.seq] = set()
            for take in range(request.takes):
                key = request.key(take)
                path, is_complete = self._store.plan(request, take, output_dir)
                if is_complete:
                    continue
                self._missing[job.seq].add(key)
                if key not in asked:  # two jobs that wait for the same file
                    asked.add(key)
                    data = request.to_json()
                    item = {"seq": job.seq, "take": take, "path": str(path), "request": data}
                    self.items.append({**item, "key": key})
        self._end_complete()

    def render(self, worker: WorkerProcess, cancel_grace_s: float) -> None:
        """Have a worker render it, and follow until it is over or the board stops.

        Args:
            worker: alive, or just dead.
            cancel_grace_s: how long it may take to hear that a job is cancelled.
        """
        worker.order(do="render", batch=self._number, items=self.items)
        kill_at: float | None = None
        while True:
            kill_at = self._check_cancel(worker, kill_at, cancel_grace_s)
            if self._board.is_stopping:
                return  # the jobs stay `running` on disk, and are queued at the next start
            try:
                answer = worker.answers.get(timeout=_LOOK_EVERY_S)
            except queues.Empty:
                continue
            if answer["is"] == DIED:
                self._give_back(answer["reason"], killed=kill_at is not None)
                return
            if answer.get("batch") == self._number and self._hear(answer):
                self._give_back("", killed=True)
                return

    def _hear(self, answer: dict[str, Any]) -> bool:
        """Pass on what the worker says; True if that was all."""
        board = self._board
        match answer["is"]:
            case "progress":
                for seq in self._missing:
                    board.progress(board.job(seq), answer["fraction"], answer["stage"])
            case "limits":
                for message in answer["messages"]:
                    event = board.event(answer["seq"])
                    if event is not None:
                        board.progress(event.job, event.fraction, event.stage, message)
            case "taken":
                self._take(answer)
            case "failed":
                seq = answer["seq"]
                if self._missing.pop(seq, None) is not None:
                    board.end(seq, "failed", answer["code"], answer["message"])
                    self._end_complete()
        return bool(answer["is"] == "end")

    def _take(self, answer: dict[str, Any]) -> None:
        key = next(
            item["key"]
            for item in self.items
            if (item["seq"], item["take"]) == (answer["seq"], answer["take"])
        )
        self._store.complete(key, Path(answer["path"]), answer["sample_rate"], answer["frames"])
        for needed in self._missing.values():
            needed.discard(key)
        self._end_complete()

    def _check_cancel(
        self, worker: WorkerProcess, kill_at: float | None, grace_s: float
    ) -> float | None:
        """Ask the worker to stop, then make it; returns when to make it."""
        if kill_at is None and self._board.is_cancelled(self._missing):
            worker.order(do="cancel", batch=self._number)
            return time.monotonic() + grace_s
        if kill_at is not None and time.monotonic() > kill_at:
            worker.kill()
        return kill_at

    def _end_complete(self) -> None:
        """End jobs that have all their files, but none before an earlier one of its client."""
        held_back = set()
        for seq in list(self._missing):
            client = self._board.job(seq).client
            if self._missing[seq] or client in held_back:
                held_back.add(client)
            else:
                del self._missing[seq]
                self._board.end(seq, "done")

    def _give_back(self, reason: str, *, killed: bool) -> None:
        """What becomes of jobs a batch ended without: cancelled, tried again, or failed.

        Args:
            reason: how the worker died, if it did.
            killed: it did as it was told; the jobs are not to blame.
        """
        for seq, needed in self._missing.items():
            attempts = self._board.job(seq).attempts
            is_to_blame = bool(needed) and not killed
            if self._board.is_cancelled([seq]):
                self._board.end(seq, "cancelled", "cancelled", "cancelled while it was rendered")
            elif is_to_blame and attempts + 1 >= MAX_ATTEMPTS:
                died = f"the worker died {MAX_ATTEMPTS} times over this job ({reason})"
                self._board.end(seq, "failed", "internal", f"{died}; see {self._log}")
            else:
                self._board.requeue(seq, worker_died=is_to_blame)
