"""Keeps other threads of this process from holding the window."""

from __future__ import annotations

import gc
import sys

_SWITCH_S = 0.0005
_GENERATIONS = (50_000, 20, 100)


def favour_the_window() -> None:
    """Call once, when the window's modules are imported.

    A thread that reads a large clip makes many objects, and with the interpreter's usual limits
    the collector looks through all of them again and again, for half a second at 100,000 notes,
    while no other thread runs. What is there at the start is looked at no more, the rest more
    rarely; and a thread that wants to run waits half a millisecond for its turn, not five.
    """
    gc.freeze()
    gc.set_threshold(*_GENERATIONS)
    sys.setswitchinterval(_SWITCH_S)
