"""Lists narrowed by places between adjectives, and in their order, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange
from core.library.schema import PLACE, PLACE_PARTS, PRESET

_SCANNED = 0.1
"""Ranges wider than this are looked for row by row: an index would be left for every row."""


@dataclass(frozen=True)
class Narrowing:
    """Ranges that presets are in, as one model plays them.

    Attributes:
        ranges: all of them are to be met; a preset that has no place is in none.
        basis: from :func:`core.library.measures.yardstick.place_basis`.
    """

    ranges: tuple[MeasuredRange, ...] = ()
    basis: int = 0

    def conditions(self, *, is_indexed: bool = True) -> list[ColumnElement[bool]]:
        """What a row of ``place`` meets.

        Args:
            is_indexed: an index may be used for one of the ranges.
        """
        narrowest = min(self.ranges, key=lambda one: one.high - one.low, default=None)
        is_indexed = (
            is_indexed
            and narrowest is not None
            and (len(self.ranges) == 1 or narrowest.high - narrowest.low < _SCANNED)
        )
        met: list[ColumnElement[bool]] = [PLACE.c.basis == self.basis]
        for wanted in self.ranges:
            place = PLACE.c[wanted.adjective]
            low, high = round(wanted.low * PLACE_PARTS), round(wanted.high * PLACE_PARTS)
            is_sought = is_indexed and wanted is narrowest
            met.append((place if is_sought else _unindexed(place)).between(low, high))
        return met

    def preset_pks(self) -> Select[Any]:
        """Keys of the presets."""
        return select(PLACE.c.preset_pk).where(*self.conditions())

    def found(self, connection: Connection) -> list[int]:
        """Keys of the presets, fetched."""
        return list(connection.execute(self.preset_pks()).scalars())

    def holds_preset(self) -> ColumnElement[bool]:
        """Whether a row of ``preset`` is one of them, for lists that are walked in their order."""
        return exists().where(PLACE.c.preset_pk == PRESET.c.pk, *self.conditions())


_TOWARDS = {
    word: (PLACE.c[adjective.name], is_higher)
    for adjective in ADJECTIVES
    for word, is_higher in ((adjective.low, False), (adjective.high, True))
}
"""The column and the direction of an order by an adjective."""

ADJECTIVE_ORDERS = frozenset(_TOWARDS)


def in_order(
    connection: Connection,
    word: str,
    narrowing: Narrowing,
    conditions: Sequence[ColumnElement[bool]],
    offset: int,
    limit: int,
    *,
    is_walked: bool,
) -> list[int]:
    """Keys of a stretch of presets, those first that are most so, and last those not measured.

    Args:
        connection: to the library.
        word: an adjective, such as ``dark``.
        narrowing: its basis counts, and its ranges.
        conditions: on the presets besides.
        offset: presets before the stretch.
        limit: presets in it.
        is_walked: whether so many are found that walking the order beats sorting them.
    """
    place, is_higher = _TOWARDS[word]
    has_place = (PLACE.c.basis == narrowing.basis, place.is_not(None))
    sorted_by = place if is_walked else _unindexed(place)
    ranked = (
        (sorted_by.desc(), PLACE.c.preset_pk.desc())
        if is_higher
        else (sorted_by, PLACE.c.preset_pk)
    )
    # Walking the order, its index is the one to use.
    ranges = narrowing.conditions(is_indexed=not is_walked)
    query = select(PLACE.c.preset_pk).where(*has_place, *ranges)
    if conditions and not is_walked:
        found = select(PRESET.c.pk).where(*conditions)
        query = query.where(PLACE.c.preset_pk.in_(found))
    elif conditions:
        query = query.join(PRESET, PRESET.c.pk == PLACE.c.preset_pk).where(*conditions)
    page = query.order_by(*ranked).limit(limit).offset(offset)
    pks = list(connection.execute(page).scalars())
    if len(pks) < limit:
        measured = offset + len(pks)
        if not pks and offset:
            count = select(func.count()).select_from(query.subquery())
            measured = int(connection.execute(count).scalar_one())
        others = [*conditions, ~exists().where(PLACE.c.preset_pk == PRESET.c.pk, *has_place)]
        if narrowing.ranges:
            others.append(PRESET.c.pk.in_(narrowing.preset_pks()))
        rest = (
            select(PRESET.c.pk)
            .where(*others)
            .order_by(PRESET.c.name_key)
            .limit(limit - len(pks))
            .offset(max(0, offset - measured))
        )
        pks += connection.execute(rest).scalars()
    return pks


def nearest_places(
    connection: Connection,
    adjective: str,
    place: float,
    narrowing: Narrowing,
    conditions: Sequence[ColumnElement[bool]],
    limit: int,
) -> list[tuple[int, float]]:
    """Keys of the presets nearest to a place between two adjectives, and how far they are, 0…1.

    Args:
        connection: to the library.
        adjective: the pair's name.
        place: 0…1.
        narrowing: its basis counts, and its ranges.
        conditions: on the presets besides.
        limit: at most so many.
    """
    column = PLACE.c[adjective]
    distance = func.abs(column - round(place * PLACE_PARTS))
    query = (
        select(PLACE.c.preset_pk, distance)
        .join(PRESET, PRESET.c.pk == PLACE.c.preset_pk)
        .where(*narrowing.conditions(is_indexed=False), column.is_not(None), *conditions)
        .order_by(distance, PRESET.c.name_key)
        .limit(limit)
    )
    return [(pk, found / PLACE_PARTS) for pk, found in connection.execute(query)]


def _unindexed(place: ColumnElement[int]) -> ColumnElement[int]:
    """A column that SQLite uses no index for: a plus before it."""
    return UnaryExpression(place, operator=custom_op("+"), type_=place.type)
