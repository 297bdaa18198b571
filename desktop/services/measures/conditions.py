"""What a list of presets is narrowed by, from the window's words into the library's."""

from __future__ import annotations

from typing import TypedDict

from core.descriptors.adjectives import MeasuredRange
from desktop.services.interfaces import PresetQuery


class QueryConditions(TypedDict):
    """What the library's lists are narrowed by: see :meth:`core.library.Library.list`."""

    kind: str | None
    tag: str | None
    family: str | None
    favourites: bool
    mine: bool | None
    ranges: tuple[MeasuredRange, ...]


def conditions_of(query: PresetQuery) -> QueryConditions:
    """A query's conditions in the library's words."""
    ranges = query.ranges
    if query.feature:
        from core.descriptors.features import feature_named
        from core.library.measures.yardstick import ranges_of

        ranges += ranges_of(feature_named(query.feature))
    return {
        "kind": query.kind or None,
        "tag": query.tag or None,
        "family": query.family or None,
        "favourites": query.favourites,
        "mine": query.mine,
        "ranges": ranges,
    }
