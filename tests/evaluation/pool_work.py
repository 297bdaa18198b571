"""Work for the pool's tests, apart so that workers start without the numeric libraries."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

from core.errors import AudioError, ModelMissing

POISON, BAD, BUG = 13, 14, 15


def work(folder: Path, number: int) -> tuple[int, int]:
    """Square a number; 7 ends the process the first time, POISON every time."""
    first_time = folder / "crashed"
    if number == POISON or (number == 7 and not first_time.exists()):
        first_time.touch()
        os._exit(9)
    if number == BAD:
        raise AudioError("the recording is silent")
    if number == BUG:
        raise ZeroDivisionError("oops")
    with (folder / "calls.txt").open("a") as calls:
        calls.write(f"{number}\n")
    return number * number, os.getpid()


def make_work(folder: Path) -> Callable[[int], tuple[int, int]]:
    """See :data:`evaluation.pool.Work`."""
    return functools.partial(work, folder)


def make_nothing() -> Callable[[int], int]:
    """A worker whose model is not there."""
    raise ModelMissing("model x is not on this machine")
