"""A handle on the worker process: start it, send it orders, receive its answers, kill it."""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO

from bridge.jobs.model import JobRequest
from bridge.jobs.worker_messages import (
    BatchAnswer,
    FindLimits,
    LimitsFound,
    ModelAnswer,
    ModelFailed,
    ModelReady,
    WorkerDied,
    WorkerOrder,
    answer_from_line,
    to_line,
)
from core.process_logs import opened_log

WORKER_COMMAND = (sys.executable, "-m", "bridge.jobs.worker")


class WorkerProcess:
    """One worker. It may die at any time; then WorkerDied comes, and nothing after it.

    Args:
        log: file its stderr is added to; begun anew when it has grown past 1 MB.
        command: how to start it.

    Attributes:
        answers: what it said of batches, in order.
        model: its answer to LoadModel, once it came; or that it died.
    """

    def __init__(self, log: Path, command: Sequence[str] = WORKER_COMMAND) -> None:
        self.answers: queue.Queue[BatchAnswer | WorkerDied] = queue.Queue()
        self.model: Future[ModelAnswer | WorkerDied] = Future()
        self._asked: dict[int, Future[LimitsFound | WorkerDied]] = {}
        self._asked_count = 0
        self._lock = threading.Lock()  # over what is asked, and over its stdin
        with opened_log(log) as stream:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
            )
        threading.Thread(target=self._receive, name="worker answers", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def send(self, order: WorkerOrder) -> None:
        """Give it an order; if it is dead, WorkerDied is (or will be) among the answers."""
        stdin = self._process.stdin
        if stdin is not None:
            with self._lock, contextlib.suppress(OSError, ValueError):
                stdin.write(to_line(order) + "\n")
                stdin.flush()

    def ask_limits(self, request: JobRequest) -> Future[LimitsFound | WorkerDied]:
        """Ask what a model cannot play of a clip; answered when what was ordered before is done."""
        answer: Future[LimitsFound | WorkerDied] = Future()
        with self._lock:
            self._asked_count += 1
            number = self._asked_count
            self._asked[number] = answer
        self.send(FindLimits(number, request))
        if not self.is_alive:
            self._give_up_asking(WorkerDied("it is gone"))
        return answer

    def kill(self) -> None:
        """End it at once, and wait until it has."""
        self._process.kill()
        self._process.wait()

    def _receive(self) -> None:
        stdout: IO[str] | None = self._process.stdout
        for line in stdout or ():
            with contextlib.suppress(ValueError):  # cut off by its death
                answer = answer_from_line(line)
                if isinstance(answer, ModelReady | ModelFailed):
                    self.model.set_result(answer)
                elif isinstance(answer, LimitsFound):
                    with self._lock:
                        asked = self._asked.pop(answer.number, None)
                    if asked is not None:
                        asked.set_result(answer)
                else:
                    self.answers.put(answer)
        died = WorkerDied(_exit_reason(self._process.wait()))
        self.answers.put(died)
        self._give_up_asking(died)
        if not self.model.done():
            self.model.set_result(died)
        for pipe in (self._process.stdin, stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _give_up_asking(self, died: WorkerDied) -> None:
        with self._lock:
            unanswered, self._asked = list(self._asked.values()), {}
        for asked in unanswered:
            asked.set_result(died)


def _exit_reason(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
