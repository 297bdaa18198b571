"""Waiting for what happens, however loaded the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

LAST_RESORT_S = 240.0
"""Below pytest's own limit for a test. Nothing should ever take so long; what does, hangs."""


def wait_until(happened: Callable[[], object], what: Callable[[], object] = str) -> None:
    """Wait until something is so.

    Args:
        happened: looks whether it is.
        what: what to say of it if it never comes to be so.
    """
    give_up = time.monotonic() + LAST_RESORT_S
    while not happened():
        assert time.monotonic() < give_up, what()
        time.sleep(0.01)
