"""What threads are worth: ``python -m benchmarks.threads``, on one, two and many cores.

Hearing a recording and rendering ten seconds with 1, 2, 4, … threads, up to all cores, on a quiet
machine and beside as many busy processes as it has cores. :mod:`core.threads` decides by it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np

from benchmarks.waits import (
    busy_processes,
    four_voices,
    longest_references_s,
    reference_work_s,
    render_s,
)
from core.threads import VARIABLE

_TIMES = 3


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Everything within computes with so many threads, as a user would have it."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(threads)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        if before is not None:
            os.environ[VARIABLE] = before


def counts(cores: int) -> list[int]:
    """Numbers of threads to try: powers of two, and all cores."""
    powers = [2**n for n in range(cores.bit_length()) if 2**n < cores]
    return [*powers, cores]


def main() -> None:
    """Print a table: threads, quiet and beside busy processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    cores: int = arguments.cores
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    clip = four_voices(10.0)
    longest_references_s()  # loads and warms
    print(f"{cores} cores, reference work {reference_work_s():.2f} s", flush=True)
    print("threads  hear quiet  hear busy  render quiet  render busy   (s)", flush=True)
    for threads in counts(cores):
        figures = []
        with computing_with(threads):
            for busy in (0, cores):
                with busy_processes(busy) if busy else nullcontext():
                    hear = [longest_references_s() for _ in range(_TIMES)]
                    render = [render_s(clip, 1) for _ in range(_TIMES)]
                figures.append((float(np.median(hear)), float(np.median(render))))
        (hear_quiet, render_quiet), (hear_busy, render_busy) = figures
        print(
            f"{threads:7}  {hear_quiet:10.2f}  {hear_busy:9.2f}  {render_quiet:12.2f}  "
            f"{render_busy:11.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
