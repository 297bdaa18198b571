"""Worker processes that outlive their own crashes.

Each worker holds one callable made inside it (models are loaded there, once) and is given one
task at a time, so that a death costs that task only: the worker is started again and its task
given once more. A task that kills two workers has failed, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from core.errors import TimbreError

T = TypeVar("T")
MAX_ATTEMPTS = 2
Work = Callable[[T], Any]


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of a task.

    Attributes:
        task: which.
        value: what the worker returned; None if it failed.
        error: one line; None if it did not fail.
        exit_code: the error's, see :mod:`core.errors`; 0 if it did not fail.
    """

    task: T
    value: Any = None
    error: str | None = None
    exit_code: int = 0


def attempt(work: Work[T], task: T) -> Outcome[T]:
    """Do a task in this process; an exception becomes a failed outcome."""
    try:
        return Outcome(task, work(task))
    except TimbreError as error:
        return Outcome(task, None, str(error), error.exit_code)
    except Exception as error:
        return Outcome(task, None, f"{type(error).__name__}: {error}", 1)


def run(tasks: Sequence[T], make_work: Callable[[], Work[T]], workers: int) -> Iterator[Outcome[T]]:
    """Do tasks in worker processes, in the order they finish.

    Args:
        tasks: picklable.
        make_work: picklable; called once in each worker.
        workers: processes, ≥ 1.

    Closing the iterator ends the workers.
    """
    waiting = deque((task, 1) for task in tasks)
    pool = [_Worker(make_work) for _ in range(min(workers, len(tasks)))]
    try:
        while waiting or any(worker.task for worker in pool):
            for worker in pool:
                if waiting and worker.task is None:
                    worker.give(*waiting.popleft())
            busy = {worker.pipe: worker for worker in pool if worker.task is not None}
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                given = worker.task
                if given is None:
                    continue
                task, attempts = given
                outcome = worker.take()
                if outcome is not None:
                    yield Outcome(task, outcome.value, outcome.error, outcome.exit_code)
                    continue
                code = worker.restart()
                if attempts < MAX_ATTEMPTS:
                    waiting.appendleft((task, attempts + 1))
                else:
                    message = f"its worker died {attempts} times (last exit code {code})"
                    yield Outcome(task, None, message, 1)
    finally:
        for worker in pool:
            worker.end()


class _Worker(Generic[T]):
    """One process and what it is doing."""

    def __init__(self, make_work: Callable[[], Work[T]]) -> None:
        self._make_work = make_work
        self._start()

    def _start(self) -> None:
        # Spawned, not forked: threads of the numeric libraries do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.task: tuple[T, int] | None = None
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._make_work), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, task: T, attempts: int) -> None:
        self.task = (task, attempts)
        # If it died while idle, its closed pipe wakes the loop, which starts it again.
        with contextlib.suppress(OSError):
            self.pipe.send(task)

    def take(self) -> Outcome[T] | None:
        """The outcome, or None if the process died."""
        try:
            outcome: Outcome[T] = self.pipe.recv()
        except (EOFError, OSError):
            return None
        self.task = None
        return outcome

    def restart(self) -> int | None:
        """Start a new process; returns the old one's exit code."""
        self.end()
        code = self._process.exitcode
        self._start()
        return code

    def end(self) -> None:
        self.pipe.close()
        if self.task is not None:
            self._process.terminate()
        self._process.join(timeout=5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(pipe: Connection, make_work: Callable[[], Work[Any]]) -> None:
    """What a worker process does until its pipe closes."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    work: Work[Any] | None = None
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        if work is None:
            try:
                work = make_work()
                limit_threads()
            except TimbreError as error:
                pipe.send(Outcome(None, None, str(error), error.exit_code))
                continue
        outcome = attempt(work, task)
        try:
            pipe.send(Outcome(None, outcome.value, outcome.error, outcome.exit_code))
        except (BrokenPipeError, OSError):
            return


def limit_threads() -> None:
    """One thread for each worker, as they share the machine's cores among them."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
