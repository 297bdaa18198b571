"""The order of takes: by what was measured of them, best first, before anyone listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from desktop.services.checks.interface import TakeCheck
from desktop.services.jobs_interface import TakeItem

TakeKey = Callable[[TakeItem], float | str | None]
"""What takes are sorted by; None comes last in either direction."""


def newest_first(takes: Sequence[TakeItem]) -> list[TakeItem]:
    """As they were asked for."""
    return sorted(takes, key=lambda take: -take.id)


def sorted_takes(takes: Sequence[TakeItem], key: TakeKey, descending: bool) -> list[TakeItem]:
    """Takes in order; equal ones the newest first.

    Args:
        takes: to sort.
        key: of each.
        descending: the highest first.
    """
    known = [take for take in newest_first(takes) if key(take) is not None]
    rest = [take for take in newest_first(takes) if key(take) is None]
    return sorted(known, key=key, reverse=descending) + rest  # type: ignore[arg-type]


def best_first(takes: Sequence[TakeItem], checks: Mapping[int, TakeCheck]) -> list[TakeItem]:
    """By notes heard and by likeness alike: by the sum of a take's ranks in both.

    Args:
        takes: to sort.
        checks: by a take's id; takes without one come last.
    """
    measured = [take for take in takes if take.id in checks]

    def ranks(figure: Callable[[TakeCheck], float | None]) -> dict[int, float]:
        figures = {take.id: figure(checks[take.id]) for take in measured}
        known = [value for value in figures.values() if value is not None]
        return {
            take_id: float(len(known) if value is None else sum(other > value for other in known))
            for take_id, value in figures.items()
        }

    by_notes, by_likeness = ranks(lambda one: one.note_f), ranks(lambda one: one.likeness)

    def key(take: TakeItem) -> float | None:
        return by_notes[take.id] + by_likeness[take.id] if take.id in checks else None

    return sorted_takes(takes, key, descending=False)
