"""How long work tells its caller how far it is, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Cancelled

ProgressCallback = Callable[[float], bool]
"""``on_progress(fraction in 0…1)``; returning False cancels, and what answers nothing, such as
``print``, cancels nothing. Called often, must be quick."""


StageCallback = Callable[[str], object]
"""``on_stage(words)``: what is done from now on, in the user's words: ``listening to bell.wav``.

Beside a progress callback, whose fraction is of all stages together and goes on rising.
"""


LOADING = "loading the model"
"""The stage in which weights are read, and most of the libraries imported."""


RemarkCallback = Callable[[str], object]
"""``on_remark(line)``: something to tell the user that keeps nothing from being done."""


def ignore_remark(_line: str) -> None:
    """The remark callback of a caller who does not ask."""


def ignore_stage(_words: str) -> None:
    """The stage callback of a caller who does not ask."""


def always_continue(_fraction: float) -> bool:
    """The progress callback of a caller who does not watch."""
    return True


def report(on_progress: ProgressCallback, fraction: float) -> None:
    """Tell the caller how far the work is.

    Args:
        on_progress: the caller's.
        fraction: of the work that is done; values outside 0…1 count as the nearer end.

    Raises:
        Cancelled: if the caller answered False.
    """
    answer: bool | None = on_progress(min(1.0, max(0.0, fraction)))
    if answer is not None and not answer:
        raise Cancelled("cancelled")


def part_of(on_progress: ProgressCallback, start: float, end: float) -> ProgressCallback:
    """The progress callback of a part of the work.

    Args:
        on_progress: of the whole.
        start, end: the fractions of the whole at which the part begins and ends, 0…1.
    """
    return lambda fraction: on_progress(start + (end - start) * fraction)
