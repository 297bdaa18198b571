"""How many threads torch computes with, so that a machine that is busy costs little.

A DAW always runs beside us. torch's threads wait for each other at every step, and one that has
lost its core to another program holds up all: with two threads on two busy cores a fit of a
recording took five times as long as with one, and on two quiet cores one was as quick as two,
since the steps of the embedded engine are small. So it computes with one thread unless
``TIMBRE_THREADS`` says otherwise; engines with large steps keep torch's own choice.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from core.errors import SettingsError

VARIABLE = "TIMBRE_THREADS"


def thread_count(has_small_steps: bool) -> int | None:
    """Threads to compute with; None leaves it to torch.

    Args:
        has_small_steps: whether the work is many small steps, which one thread does best.

    Raises:
        SettingsError: if ``TIMBRE_THREADS`` is no whole number from 1 up.
    """
    wanted = os.environ.get(VARIABLE, "").strip()
    if wanted:
        if not (wanted.isascii() and wanted.isdigit() and int(wanted) >= 1):
            raise SettingsError(f"{VARIABLE} is {wanted!r}; give a number of threads, such as 2")
        return int(wanted)
    return 1 if has_small_steps else None


@contextlib.contextmanager
def computing(has_small_steps: bool) -> Iterator[None]:
    """Compute with :func:`thread_count` threads until the block ends, then with as many as before.

    Args:
        has_small_steps: as there.
    """
    count = thread_count(has_small_steps)
    if count is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
