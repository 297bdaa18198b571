"""What commands show on a terminal besides their results."""

from __future__ import annotations

import sys
import time

from core.progress import ProgressCallback


def print_note(remark: str) -> None:
    """Tell the user something that keeps nothing from being done, on stderr."""
    print(f"note: {remark}", file=sys.stderr, flush=True)


def progress_line(label: str) -> ProgressCallback:
    """A progress callback that keeps one line of a terminal's stderr up to date."""
    if not sys.stderr.isatty():
        return lambda _fraction: True
    last = 0.0

    def show(fraction: float) -> bool:
        nonlocal last
        now = time.monotonic()
        if fraction >= 1.0:
            print(f"\r\x1b[K{label}: done", file=sys.stderr, flush=True)
        elif now - last > 0.1:
            last = now
            print(f"\r\x1b[K{label}: {100 * fraction:.0f} %", end="", file=sys.stderr, flush=True)
        return True

    return show
