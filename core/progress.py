"""How long work tells its caller how far it is, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Cancelled

Progress = Callable[[float], bool]
"""``on_progress(fraction in 0…1)``; returning False cancels. Called often, must be quick."""


def always_continue(_fraction: float) -> bool:
    """The progress callback of a caller who does not watch."""
    return True


def report(on_progress: Progress, fraction: float) -> None:
    """Tell the caller how far the work is.

    Raises:
        Cancelled: if the caller answered False.
    """
    if not on_progress(min(1.0, max(0.0, fraction))):
        raise Cancelled("cancelled")
