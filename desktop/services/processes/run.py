"""One piece of work in a process of its own, which ends with it, or when nobody waits any more."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from core.errors import Cancelled, TimbreError, UserInputError
from desktop.tasks import TaskControl

_Argument = TypeVar("_Argument")
_LOOK_EVERY_S = 0.05
_USER_INPUT = 2
"""Exit code of what a user can mend."""


def begun_in(pool: Any, work: Callable[[_Argument], Any], argument: _Argument) -> Future[Any]:
    """Work on its way.

    Args:
        pool: a :class:`pebble.ProcessPool`.
        work: what to do; it can be pickled, as its argument and result can.
        argument: of it.
    """
    from evaluation.pool import attempt

    future: Future[Any] = pool.schedule(attempt, (work, argument))
    return future


def awaited(future: Future[Any], control: TaskControl, what: str) -> Any:
    """The result of :func:`begun_in`; slow.

    Args:
        future: as it gave.
        control: of the task that waits.
        what: that does it, for people, should it die.

    Raises:
        Cancelled: if nobody waits any more; the process is ended.
        TimbreError: as the work raised it, or because it died.
    """
    from pebble import ProcessExpired

    while True:
        if control.is_cancelled:
            future.cancel()  # ends the process, if it has begun
            raise Cancelled("cancelled")
        with contextlib.suppress(TimeoutError):
            try:
                outcome = future.result(_LOOK_EVERY_S)
            except ProcessExpired as death:
                raise TimbreError(
                    f"{what} died (exit code {death.exitcode}); try it again"
                ) from death
            except CancelledError:
                raise Cancelled("cancelled") from None  # its process was ended: the window closes
            break
    if outcome.error is None:
        return outcome.value
    raise (UserInputError if outcome.exit_code == _USER_INPUT else TimbreError)(outcome.error)


def run_in_process(
    work: Callable[[_Argument], Any], argument: _Argument, control: TaskControl, what: str
) -> Any:
    """Do work in a process of its own, which takes a second to start; slow.

    Args:
        work: what to do; it can be pickled, as its argument and result can.
        argument: of it.
        control: of the task that waits.
        what: that does it, for people, should it die.

    Raises:
        Cancelled, TimbreError: as :func:`awaited`.
    """
    pool = new_pool()
    try:
        return awaited(begun_in(pool, work, argument), control, what)
    finally:
        pool.stop()
        pool.join()


def new_pool(initializer: Callable[[], None] | None = None) -> Any:
    """A :class:`pebble.ProcessPool` of one process.

    Args:
        initializer: called once in it.
    """
    import multiprocessing

    from pebble import ProcessPool

    # Spawned, not forked: threads of Qt and of numeric libraries do not survive a fork.
    return ProcessPool(1, initializer=initializer, context=multiprocessing.get_context("spawn"))
