"""Lists of presets: pages in an order, and full-text search.

A search looks for presets that hold every word of the query, or a word that begins with
it, in name, tags or recipe. Whatever is typed is taken as words, never as query syntax.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from core.errors import SettingsError
from core.library import rows
from core.library.presets import MAX_PAGE, Kind, Order, Page, clean_tags
from core.library.schema import PRESET, TAG

MAX_WORDS = 16
"""Words of a query that count; more only cost time."""

MAX_WORD_CHARACTERS = 64

RANKED = 2000
"""Of more matches than this, the ones that were saved last are ranked and counted. A search
that broad is a user still typing, and ranking 100,000 would make typing stutter."""

_WORD = re.compile(r"[^\W_]+")

_ORDERS = {
    "name": (PRESET.c.name_key,),
    "newest": (PRESET.c.changed_at.desc(), PRESET.c.pk.desc()),
    "rating": (PRESET.c.rating.desc(), PRESET.c.name_key.desc()),
}

_MATCHES = text(
    # Names weigh more than tags, and tags more than the words of a recipe.
    "SELECT rowid, bm25(preset_text, 10.0, 5.0, 1.0) AS score FROM preset_text "
    "WHERE preset_text MATCH :query ORDER BY rowid DESC LIMIT :ranked"
)


def page(
    connection: Connection,
    offset: int,
    limit: int,
    order: Order,
    kind: Kind | None,
    tag: str | None,
    favourites: bool,
) -> Page:
    """A stretch of the presets that meet every given condition; see ``Library.list``."""
    check_page(offset, limit)
    if order not in _ORDERS:
        raise SettingsError(f"the order {order!r} is not one of {', '.join(_ORDERS)}")

    def narrowed(query: Select[Any]) -> Select[Any]:
        if kind is not None:
            query = query.where(PRESET.c.kind == kind)
        if favourites:
            query = query.where(PRESET.c.favourite == 1)
        if tag is not None:
            (wanted,) = clean_tags([tag])
            query = query.join(TAG, TAG.c.preset_pk == PRESET.c.pk).where(TAG.c.tag == wanted)
        return query

    total = connection.execute(narrowed(select(func.count(PRESET.c.pk)))).scalar_one()
    query = narrowed(select(PRESET.c.pk)).order_by(*_ORDERS[order]).limit(limit).offset(offset)
    pks: Sequence[int] = connection.execute(query).scalars().all()
    return Page(tuple(rows.fetch(connection, pks)), total)


def search(connection: Connection, query: str, offset: int, limit: int) -> Page:
    """A stretch of the presets that match; see ``Library.search``."""
    check_page(offset, limit)
    if not query.strip():
        return page(connection, offset, limit, "name", None, None, False)
    match = match_expression(query)
    if not match:
        return Page((), 0)
    found = connection.execute(_MATCHES, {"query": match, "ranked": RANKED}).all()
    found = sorted(found, key=lambda row: (row.score, row.rowid))
    pks = [row.rowid for row in found[offset : offset + limit]]
    return Page(tuple(rows.fetch(connection, pks)), len(found))


def match_expression(query: str) -> str:
    """The words of a query in FTS5's language, each quoted and open at its end.

    Returns:
        Such as ``"warm"* "ba"*``; empty if the query holds no words.
    """
    words = [word[:MAX_WORD_CHARACTERS] for word in _WORD.findall(query)]
    return " ".join(f'"{word}"*' for word in words[:MAX_WORDS])


def check_page(offset: int, limit: int) -> None:
    """Raises :class:`SettingsError` unless the stretch is one that can be asked for."""
    if not 0 <= offset < 2**31:
        raise SettingsError(f"the offset {offset} is not a number from 0 up")
    if not 1 <= limit <= MAX_PAGE:
        raise SettingsError(f"a page holds 1–{MAX_PAGE} presets, not {limit}")
