"""A handle on the worker process: start it, give it orders, hear its answers, kill it."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any

WORKER_COMMAND = (sys.executable, "-m", "bridge.jobs.worker")
DIED = "died"
"""``is`` of the last answer of every worker, made here; ``reason`` says how it ended."""

_LOG_BYTES = 2**20


class WorkerProcess:
    """One worker. It may die at any time; then an answer ``died`` comes, and nothing after it.

    Args:
        log: file its stderr is added to; begun anew when it has grown past 1 MB.
        command: how to start it.

    Attributes:
        answers: what it said of batches, in order.
        warmed: its answer to the order ``warm``, once it came; or that it died.
    """

    def __init__(self, log: Path, command: Sequence[str] = WORKER_COMMAND) -> None:
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.warmed: Future[dict[str, Any]] = Future()
        grown = log.exists() and log.stat().st_size > _LOG_BYTES
        with log.open("wb" if grown else "ab") as stream:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
            )
        threading.Thread(target=self._listen, name="worker answers", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def order(self, **order: object) -> None:
        """Tell it to do something; if it is dead, ``died`` is (or will be) among the answers."""
        stdin = self._process.stdin
        if stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                stdin.write(json.dumps(order) + "\n")
                stdin.flush()

    def kill(self) -> None:
        """End it at once, and wait until it has."""
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        stdout: IO[str] | None = self._process.stdout
        for line in stdout or ():
            with contextlib.suppress(ValueError):  # cut off by its death
                self._sort(json.loads(line))
        last = {"is": DIED, "reason": _reason(self._process.wait())}
        self._sort(last)
        if not self.warmed.done():
            self.warmed.set_result(last)
        for pipe in (self._process.stdin, stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _sort(self, answer: dict[str, Any]) -> None:
        if answer["is"] in ("warm", "cold"):
            self.warmed.set_result(answer)
        else:
            self.answers.put(answer)


def _reason(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
