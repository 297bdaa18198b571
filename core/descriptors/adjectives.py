"""Pairs of adjectives that sounds are described by, and searched by. No sound is read here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.coercion.type_errors import real_number
from core.errors import SettingsError


@dataclass(frozen=True)
class Adjective:
    """A pair of opposites between which a sound has its place, 0 (low) … 1 (high).

    Attributes:
        name: of what is measured.
        low, high: the words at the ends.
        lower, higher: the same, compared.
    """

    name: str
    low: str
    high: str
    lower: str
    higher: str


ADJECTIVES = (
    Adjective("brightness", "dark", "bright", "darker", "brighter"),
    Adjective("attack", "soft", "hard", "softer", "harder"),
    Adjective("length", "dry", "long", "drier", "longer"),
    Adjective("noise", "pure", "noisy", "purer", "noisier"),
    Adjective("fullness", "thin", "full", "thinner", "fuller"),
)
"""How each is measured is said in :mod:`core.descriptors.notes`."""

MEASURES = (*(adjective.name for adjective in ADJECTIVES), "vibrato")
"""Names of all that is measured. Vibrato has no opposite: it is searched for as a feature only."""

ADJECTIVE_WORDS = frozenset(word for one in ADJECTIVES for word in (one.low, one.high))


def adjective_named(name: str) -> Adjective:
    """The pair of a name.

    Raises:
        SettingsError: if there is none.
    """
    for adjective in ADJECTIVES:
        if adjective.name == name:
            return adjective
    raise _not_measured(name, [adjective.name for adjective in ADJECTIVES])


def _not_measured(name: str, known: Sequence[str]) -> SettingsError:
    return SettingsError(f"sounds are not measured by {name!r}; there are {', '.join(known)}")


@dataclass(frozen=True)
class MeasuredRange:
    """Sounds whose place between two adjectives, or in another measure, is in a range.

    Attributes:
        adjective: the pair's name, or another one of :data:`MEASURES`.
        low, high: the ends, 0…1, both in it.

    Raises:
        SettingsError: if there is no such measure, or the range holds nothing.
    """

    adjective: str
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.adjective not in MEASURES:
            raise _not_measured(self.adjective, MEASURES)
        low = real_number("the lower end of a range", self.low)
        high = real_number("the upper end of a range", self.high)
        if not (math.isfinite(low) and math.isfinite(high) and 0.0 <= low <= high <= 1.0):
            raise SettingsError(
                f"a range of {self.adjective} goes from a lower to a higher number in 0…1, "
                f"not from {low:g} to {high:g}"
            )

    @property
    def is_whole(self) -> bool:
        """Whether it leaves nothing out that was measured."""
        return self.low <= 0.0 and self.high >= 1.0


def beyond(
    adjective: Adjective, place: float, *, is_higher: bool, step: float = 0.01
) -> MeasuredRange:
    """What is further in a direction than a place: *darker than this one*.

    Args:
        adjective: the pair.
        place: from where on, 0…1.
        is_higher: towards the high end, or the low one.
        step: how much further, so that what sounds the same is left out.
    """
    if is_higher:
        return MeasuredRange(adjective.name, min(1.0, place + step), 1.0)
    return MeasuredRange(adjective.name, 0.0, max(0.0, place - step))
