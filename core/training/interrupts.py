"""Ctrl-C, and a scheduler's request to end, as a progress callback that says stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from core.progress import ProgressCallback

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_interrupt() -> Iterator[ProgressCallback]:
    """Within this, SIGINT and SIGTERM let a step end and a checkpoint be written.

    The same one again breaks the work off at once. Only for a program's main thread.

    Yields:
        A progress callback that answers False once a signal has come.
    """
    interrupted = False
    # A shell that starts a job in the background has it ignore Ctrl-C: that is left so.
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    before = {number: own for number, own in handlers.items() if own is not signal.SIG_IGN}

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield lambda _fraction: not interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
