"""A handle on the process that listens: what it hears in recordings, and where words lie.

Started when it is first asked, and again when it died. One question at a time: who waits looks
now and then whether it is still wanted, and an answer that nobody waits for is dropped.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any, Protocol

from core import errors, paths
from core.errors import Cancelled, TimbreError
from core.process_logs import opened_log

LISTENER_COMMAND = (sys.executable, "-m", "desktop.services.making.worker")
_LOOK_UP_S = 0.03


class ListenerDied(TimbreError):
    """The process ended before it had answered."""


class Asking(Protocol):
    """Who waits for an answer: a task's control, for instance."""

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants it any more."""

    def stage(self, words: str) -> None:
        """What is being done."""

    def progress(self, fraction: float) -> bool:
        """How far it is, 0…1."""


class ListeningProcess:
    """See the module's first lines.

    Args:
        command: how to start it.
    """

    def __init__(self, command: Sequence[str] = LISTENER_COMMAND) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._is_closed = False

    def ask(self, control: Asking, question: str, **arguments: Any) -> Any:
        """Ask and wait.

        Args:
            control: of the task; its stages and progress are told.
            question: of :mod:`desktop.services.making.worker`.
            arguments: JSON-ready.

        Raises:
            Cancelled: if nobody wants it any more.
            TimbreError: what the process says, or that it ended.
        """
        while not self._lock.acquire(timeout=_LOOK_UP_S):
            if control.is_cancelled:
                raise Cancelled("cancelled")
        try:
            return self._ask(control, {**arguments, "question": question})
        finally:
            self._lock.release()

    def close(self) -> None:
        """End it."""
        self._is_closed = True
        process = self._process
        if process is not None:
            process.kill()
            process.wait()

    def _ask(self, control: Asking, order: dict[str, Any]) -> Any:
        process = self._living()
        number = next(self._numbers)
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it died, which its last answer tells
            process.stdin.write(json.dumps({**order, "number": number}) + "\n")
            process.stdin.flush()
        while True:
            if control.is_cancelled:
                raise Cancelled("cancelled")
            try:
                answer = self._answers.get(timeout=_LOOK_UP_S)
            except queue.Empty:
                continue
            if answer is None:
                raise self._ended(process)
            if answer["number"] != number:
                continue
            if "stage" in answer:
                control.stage(answer["stage"])
            elif "progress" in answer:
                control.progress(answer["progress"])
            elif "error" in answer:
                raise _error(answer)
            else:
                return answer["result"]

    def _living(self) -> subprocess.Popen[str]:
        if self._is_closed:
            raise Cancelled("the window closes")
        process = self._process
        if process is not None and process.poll() is None:
            return process
        with opened_log(paths.cache_dir() / "listener.log") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        self._process, self._answers = process, queue.SimpleQueue()
        arguments = (process, self._answers)
        threading.Thread(target=_receive, args=arguments, name="listener", daemon=True).start()
        return process

    def _ended(self, process: subprocess.Popen[str]) -> TimbreError:
        status = process.wait()
        if self._is_closed:
            return Cancelled("the window closes")
        return ListenerDied(
            f"the listening process ended (status {status}); try again, and if it stays so see "
            f"{paths.cache_dir() / 'listener.log'}"
        )


def _receive(
    process: subprocess.Popen[str], answers: queue.SimpleQueue[dict[str, Any] | None]
) -> None:
    for line in process.stdout or ():
        with contextlib.suppress(ValueError):  # cut off by its death
            answers.put(json.loads(line))
    answers.put(None)
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()


def _error(answer: dict[str, Any]) -> TimbreError:
    """What went wrong there, as the same kind here."""
    kind = getattr(errors, str(answer.get("kind")), None)
    is_ours = isinstance(kind, type) and issubclass(kind, TimbreError)
    made: TimbreError = (kind if is_ours else TimbreError)(answer["error"])  # type: ignore[misc]
    return made
