"""Worker processes that outlive their own crashes.

Each worker holds one callable made inside it (models are loaded there, once). A death costs the
task it happened in only: pebble starts the worker again, and the task is given once more. A task
that kills two workers has failed, and the rest goes on.
"""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
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
    """Do a task in this process; an exception becomes a failed outcome.

    Args:
        work: does it.
        task: what it is called with.
    """
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
    from pebble import ProcessExpired, ProcessPool

    if not tasks:
        return
    # Spawned, not forked: threads of the numeric libraries do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(min(workers, len(tasks)), context=context)
    pickled = pickle.dumps(make_work)
    try:
        pending: dict[Future[Outcome[None]], tuple[T, int]] = {
            pool.schedule(_attempt_in_worker, (pickled, task)): (task, 1) for task in tasks
        }
        while pending:
            finished, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                task, attempts = pending.pop(future)
                try:
                    outcome = future.result()
                except ProcessExpired as death:
                    if attempts < MAX_ATTEMPTS:
                        again = pool.schedule(_attempt_in_worker, (pickled, task))
                        pending[again] = (task, attempts + 1)
                    else:
                        code = death.exitcode
                        message = f"its worker died {attempts} times (last exit code {code})"
                        yield Outcome(task, None, message, 1)
                else:
                    yield Outcome(task, outcome.value, outcome.error, outcome.exit_code)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _attempt_in_worker(pickled: bytes, task: T) -> Outcome[None]:
    """What a worker process does with each task. The task stays where it came from."""
    outcome = attempt(lambda argument: _unpickle_work(pickled)(argument), task)
    return Outcome(None, outcome.value, outcome.error, outcome.exit_code)


@lru_cache(maxsize=1)
def _unpickle_work(pickled: bytes) -> Work[Any]:
    """The worker's callable: made for its first task, kept for all others.

    One that cannot be made fails the task and is tried again with the next, as errors are not
    kept here.
    """
    work: Work[Any] = pickle.loads(pickled)()
    limit_threads()
    return work


def limit_threads() -> None:
    """One thread for each worker, as they share the machine's cores among them."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
