"""Lists of presets: pages in an order, and full-text search.

A search looks for presets that hold every word of the query, or a word that begins with
it, in name, tags or recipe. Whatever is typed is taken as words, never as query syntax.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Connection, exists, func, select, text

from core.coercion.type_errors import check_type, whole_number
from core.errors import SettingsError
from core.library import rows
from core.library.measures.lists import ADJECTIVE_ORDERS, Narrowing, in_order
from core.library.presets import MAX_PAGE, PresetOrder, PresetPage, clean_tags
from core.library.recipes import KINDS
from core.library.schema import HEARD, PRESET, PRESET_COUNT, TAG

MAX_WORDS = 16
"""Words of a query that count; more only cost time."""

MAX_WORD_CHARACTERS = 64

RANKED = 1000
"""A search that finds more is a user still typing: bm25 looks at every match and would make
typing stutter in a large library. Then names that match come first, the last saved on top,
and counting stops here."""

_WORD = re.compile(r"[^\W_]+")

_ORDERS = {
    "name": (PRESET.c.name_key,),
    "newest": (PRESET.c.changed_at.desc(), PRESET.c.pk.desc()),
    "rating": (PRESET.c.rating.desc(), PRESET.c.name_key.desc()),
    "recent": (HEARD.c.heard_at.desc(), HEARD.c.preset_pk.desc()),
}

_BEST = text(
    # Names weigh more than tags, and tags more than the words of a recipe.
    "SELECT rowid FROM preset_text WHERE preset_text MATCH :query "
    "ORDER BY bm25(preset_text, 10.0, 5.0, 1.0), rowid"
)
_LAST = text(
    "SELECT rowid FROM preset_text WHERE preset_text MATCH :query ORDER BY rowid DESC "
    "LIMIT :ranked + 1"
)
_MATCHES = text("SELECT rowid FROM preset_text WHERE preset_text MATCH :query")

_WIDE = Narrowing()

_COMMON = 2000
"""With more presets of a tag than this, walking the list in its order beats sorting them."""


def page(
    connection: Connection,
    offset: int,
    limit: int,
    order: PresetOrder,
    kind: str | None,
    tag: str | None,
    favourites: bool,
    mine: bool | None = None,
    narrowing: Narrowing = _WIDE,
) -> PresetPage:
    """A stretch of the presets that meet every condition. See :meth:`.library.Library.list`.

    Args:
        connection: to the library.
        offset: presets before the stretch, ≥ 0.
        limit: presets in it, 1–1000.
        order: ``name``, ``newest``, ``rating``, ``recent`` or an adjective.
        kind: only this kind of timbre, unless None.
        tag: only presets with this tag, unless None.
        favourites: only favourites.
        mine: True leaves the factory's out, False all but these.
        narrowing: only presets in its ranges; its basis counts for an adjective's order too.

    Raises:
        SettingsError: if a value is out of range.
    """
    check_page(offset, limit)
    _check_order(order)
    conditions = _conditions(kind, favourites, mine)
    walking = besides = conditions
    if tag is not None:
        (cleaned,) = clean_tags([tag])
        tagged = select(TAG.c.preset_pk).where(TAG.c.tag == cleaned)
        conditions = [*conditions, PRESET.c.pk.in_(tagged)]
        walking = [*walking, exists().where(TAG.c.tag == cleaned, TAG.c.preset_pk == PRESET.c.pk)]
        besides = walking
    if narrowing.ranges:
        conditions = [*conditions, PRESET.c.pk.in_(narrowing.preset_pks())]
        walking = [*walking, narrowing.holds_preset()]
    if narrowing.ranges and len(conditions) == 1:
        count = select(func.count()).select_from(narrowing.preset_pks().subquery())
    elif tag is None and mine is None and not narrowing.ranges:
        count = select(func.coalesce(func.sum(PRESET_COUNT.c.presets), 0))
        if kind is not None:
            count = count.where(PRESET_COUNT.c.kind == kind)
        if favourites:
            count = count.where(PRESET_COUNT.c.favourite == 1)
    elif tag is not None and len(conditions) == 1:
        count = select(func.count()).select_from(tagged.subquery())
    else:
        met = walking if narrowing.ranges else conditions
        count = select(func.count()).select_from(PRESET).where(*met)
    total = connection.execute(count).scalar_one()
    chosen = walking if total > _COMMON else conditions
    if order in ADJECTIVE_ORDERS:
        # Far down a list that leaves presets out, most rows on the way are not in it.
        is_walked = total > _COMMON and not (besides and 4 * (offset + limit) > total)
        pks = in_order(connection, order, narrowing, besides, offset, limit, is_walked=is_walked)
        return PresetPage(tuple(rows.fetch(connection, pks)), total)
    query = select(PRESET.c.pk).where(*chosen)
    if order == "recent":
        query = query.join(HEARD, HEARD.c.preset_pk == PRESET.c.pk)
    query = query.order_by(*_ORDERS[order]).limit(limit).offset(offset)
    pks = list(connection.execute(query).scalars())
    return PresetPage(tuple(rows.fetch(connection, pks)), total)


def keys(
    connection: Connection,
    query: str,
    order: PresetOrder,
    kind: str | None,
    tag: str | None,
    favourites: bool,
    mine: bool | None = None,
    narrowing: Narrowing = _WIDE,
) -> list[int]:
    """Keys of all presets of a list, in its order: of :func:`search` with words, else of a page.

    Args:
        connection: to the library.
        query: words; none for every preset.
        order, kind, tag, favourites, mine, narrowing: as in :func:`page`; with words the best
            come first.

    Raises:
        SettingsError: if a value is out of range.
    """
    _check_order(order)
    conditions = _conditions(kind, favourites, mine)
    if tag is not None:
        (cleaned,) = clean_tags([tag])
        conditions.append(PRESET.c.pk.in_(select(TAG.c.preset_pk).where(TAG.c.tag == cleaned)))
    besides = list(conditions)
    if narrowing.ranges:
        conditions.append(PRESET.c.pk.in_(narrowing.preset_pks()))
    if query.strip():
        match = match_expression(query)
        return _found(connection, match, conditions) if match else []
    if order in ADJECTIVE_ORDERS:
        every = 2**31 - 1
        return in_order(connection, order, narrowing, besides, 0, every, is_walked=False)
    ordered = select(PRESET.c.pk).where(*conditions).order_by(*_ORDERS[order])
    if order == "recent":
        ordered = ordered.join(HEARD, HEARD.c.preset_pk == PRESET.c.pk)
    return list(connection.execute(ordered).scalars())


def _check_order(order: str) -> None:
    if order not in _ORDERS and order not in ADJECTIVE_ORDERS:
        known = ", ".join([*_ORDERS, *sorted(ADJECTIVE_ORDERS)])
        raise SettingsError(f"the order {order!r} is not one of {known}")


def _conditions(kind: str | None, favourites: bool, mine: bool | None) -> list[ColumnElement[bool]]:
    if kind is not None and kind not in KINDS:
        raise SettingsError(f"the kind {kind!r} is not one of {', '.join(KINDS)}")
    conditions: list[ColumnElement[bool]] = []
    if kind is not None:
        conditions.append(PRESET.c.kind == kind)
    if favourites:
        conditions.append(PRESET.c.favourite == 1)
    if mine is not None:
        factory_key = PRESET.c.factory_key
        conditions.append(factory_key.is_(None) if mine else factory_key.is_not(None))
    return conditions


def search(
    connection: Connection,
    query: str,
    offset: int,
    limit: int,
    kind: str | None = None,
    tag: str | None = None,
    favourites: bool = False,
    mine: bool | None = None,
    narrowing: Narrowing = _WIDE,
) -> PresetPage:
    """A stretch of the presets that match. See :meth:`.library.Library.search`.

    Args:
        connection: to the library.
        query: words; an empty one matches every preset.
        offset: presets before the stretch, ≥ 0.
        limit: presets in it, 1–1000.
        kind, tag, favourites, mine, narrowing: as in :func:`page`.

    Raises:
        SettingsError: if a value is out of range.
    """
    check_type("the query", query, str, "words")
    check_page(offset, limit)
    if not query.strip():
        return page(connection, offset, limit, "name", kind, tag, favourites, mine, narrowing)
    match = match_expression(query)
    if not match:
        return PresetPage((), 0)
    conditions = _conditions(kind, favourites, mine)
    if tag is not None:
        (cleaned,) = clean_tags([tag])
        conditions.append(exists().where(TAG.c.tag == cleaned, TAG.c.preset_pk == PRESET.c.pk))
    if narrowing.ranges:
        conditions.append(narrowing.holds_preset())
    found = _found(connection, match, conditions)
    return PresetPage(tuple(rows.fetch(connection, found[offset : offset + limit])), len(found))


def _found(connection: Connection, match: str, conditions: list[ColumnElement[bool]]) -> list[int]:
    """Keys of the presets that match, the best first, :data:`RANKED` at most.

    Args:
        connection: to the library.
        match: in FTS5's language.
        conditions: on the presets, besides.
    """

    def meeting(match: str) -> list[int]:
        parameters = {"query": match, "ranked": RANKED}
        if not conditions:
            return list(connection.execute(_LAST, parameters).scalars())
        kept = select(PRESET.c.pk).where(PRESET.c.pk.in_(_MATCHES), *conditions)
        kept = kept.order_by(PRESET.c.pk.desc()).limit(RANKED + 1)
        return list(connection.execute(kept, parameters).scalars())

    matching = connection.execute(_LAST, {"query": match, "ranked": RANKED}).scalars().all()
    if len(matching) <= RANKED:
        best = connection.execute(_BEST, {"query": match}).scalars() if matching else ()
        allowed = set(meeting(match) if conditions and matching else matching)
        return [pk for pk in best if pk in allowed]
    # A dict keeps the first of each, in order.
    return list(dict.fromkeys([*meeting(f"name : ({match})"), *meeting(match)]))[:RANKED]


def tags(connection: Connection) -> list[tuple[str, int]]:
    """Every tag with how many presets have it, the commonest first."""
    count = func.count()
    query = select(TAG.c.tag, count).group_by(TAG.c.tag).order_by(count.desc(), TAG.c.tag)
    return [(tag, presets) for tag, presets in connection.execute(query)]


def match_expression(query: str) -> str:
    """The words of a query in FTS5's language, each quoted and open at its end.

    Returns:
        Such as ``"warm"* AND "ba"*``; empty if the query holds no words.
    """
    words = [word[:MAX_WORD_CHARACTERS] for word in _WORD.findall(query)]
    return " AND ".join(f'"{word}"*' for word in words[:MAX_WORDS])


def check_page(offset: int, limit: int) -> None:
    """Refuse a stretch of a list that cannot be shown.

    Args:
        offset: presets before it, 0 … 2³¹ − 1.
        limit: presets in it, 1–1000.

    Raises:
        SettingsError: if a number is out of range.
        TypeError: if one is no whole number.
    """
    offset, limit = whole_number("the offset", offset), whole_number("the limit", limit)
    if not 0 <= offset < 2**31:
        raise SettingsError(f"the offset {offset} is not a number from 0 up")
    if not 1 <= limit <= MAX_PAGE:
        raise SettingsError(f"a page holds 1–{MAX_PAGE} presets, not {limit}")
