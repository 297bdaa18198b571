"""Lists of presets: pages in an order, and full-text search.

A search looks for presets that hold every word of the query, or a word that begins with
it, in name, tags or recipe. Whatever is typed is taken as words, never as query syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, select, text

from core.coercion.type_errors import check_type, whole_number
from core.descriptors.features import features_in
from core.errors import SettingsError
from core.library import rows
from core.library.measures.lists import ADJECTIVE_ORDERS, Narrowing, in_order
from core.library.presets import MAX_PAGE, PresetOrder, PresetPage, clean_tags
from core.library.recipes import KINDS
from core.library.schema import HEARD, PRESET, PRESET_COUNT, TAG
from core.library.timbre_map.families import tags_of_family

MAX_WORDS = 16
"""Words of a query that count; more only cost time."""

MAX_WORD_CHARACTERS = 64

RANKED = 1000
"""A search that finds more is a user still typing: bm25 looks at every match and would make
typing stutter in a large library. Then names that match come first, the last saved on top,
and counting stops here."""

_WORD = re.compile(r"[^\W_]+")

_FROM_USER = PRESET.c.factory_key.is_(None)
_FROM_FACTORY = PRESET.c.factory_key.is_not(None)

_ORDERS = {
    "name": (PRESET.c.name_key,),
    "mine": (_FROM_FACTORY, PRESET.c.name_key),
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


@dataclass(frozen=True)
class PresetFilter:
    """Conditions on presets, all of which are to be met.

    Attributes:
        kind: only this kind of timbre, unless None.
        tag: only presets with this tag, unless None.
        family: only presets with a tag that names it, unless None.
        favourites: only favourites.
        mine: True leaves the factory's out, False all but these.
    """

    kind: str | None = None
    tag: str | None = None
    family: str | None = None
    favourites: bool = False
    mine: bool | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise SettingsError(f"the kind {self.kind!r} is not one of {', '.join(KINDS)}")

    @property
    def tag_sets(self) -> list[tuple[str, ...]]:
        """Of each of these, a preset has one tag."""
        sets = [] if self.tag is None else [clean_tags([self.tag])]
        return sets if self.family is None else [*sets, tags_of_family(self.family)]

    def marks(self) -> list[ColumnElement[bool]]:
        """What a row of ``preset`` meets."""
        met: list[ColumnElement[bool]] = []
        if self.kind is not None:
            met.append(PRESET.c.kind == self.kind)
        if self.favourites:
            met.append(PRESET.c.favourite == 1)
        if self.mine is not None:
            met.append(_FROM_USER if self.mine else _FROM_FACTORY)
        return met

    def walked(self) -> list[ColumnElement[bool]]:
        """The same with tags, for lists that are walked in their order."""
        tagged = (
            exists().where(TAG.c.tag.in_(tags), TAG.c.preset_pk == PRESET.c.pk)
            for tags in self.tag_sets
        )
        return [*self.marks(), *tagged]

    def sought(self) -> list[ColumnElement[bool]]:
        """The same for few presets, which are then sorted."""
        tagged = (
            PRESET.c.pk.in_(select(TAG.c.preset_pk).where(TAG.c.tag.in_(tags)))
            for tags in self.tag_sets
        )
        return [*self.marks(), *tagged]


_ALL = PresetFilter()


def page(
    connection: Connection,
    offset: int,
    limit: int,
    order: PresetOrder,
    wanted: PresetFilter = _ALL,
    narrowing: Narrowing = _WIDE,
) -> PresetPage:
    """A stretch of the presets that meet every condition. See :meth:`.library.Library.list`.

    Args:
        connection: to the library.
        offset: presets before the stretch, ≥ 0.
        limit: presets in it, 1–1000.
        order: ``name``, ``mine``, ``newest``, ``rating``, ``recent`` or an adjective.
        wanted: conditions.
        narrowing: only presets in its ranges; its basis counts for an adjective's order too.

    Raises:
        SettingsError: if a value is out of range.
    """
    check_page(offset, limit)
    _check_order(order)
    besides, walking, conditions = wanted.walked(), wanted.walked(), wanted.sought()
    if narrowing.ranges:
        conditions = [*conditions, PRESET.c.pk.in_(narrowing.preset_pks())]
        walking = [*walking, narrowing.holds_preset()]
    total = _count(connection, wanted, narrowing)
    is_walked = total > _COMMON
    chosen = walking if is_walked else conditions
    if order in ADJECTIVE_ORDERS:
        tagged = besides if wanted.tag_sets else wanted.marks()
        # Far down a list that leaves presets out, most rows on the way are not in it.
        is_walked = is_walked and not (tagged and 4 * (offset + limit) > total)
        pks = in_order(connection, order, narrowing, tagged, offset, limit, is_walked=is_walked)
    elif order == "mine":
        pks = _mine_first(connection, chosen, total, offset, limit)
    else:
        query = select(PRESET.c.pk).where(*chosen)
        if order == "recent":
            query = query.join(HEARD, HEARD.c.preset_pk == PRESET.c.pk)
        query = query.order_by(*_ORDERS[order]).limit(limit).offset(offset)
        pks = list(connection.execute(query).scalars())
    return PresetPage(tuple(rows.fetch(connection, pks)), total)


def _count(connection: Connection, wanted: PresetFilter, narrowing: Narrowing) -> int:
    """How many presets meet every condition: by what is counted already, where that will do."""
    conditions = wanted.sought()
    one_tag = wanted.tag is not None and wanted.family is None
    if narrowing.ranges and not conditions:
        count = select(func.count()).select_from(narrowing.preset_pks().subquery())
    elif not wanted.tag_sets and wanted.mine is None and not narrowing.ranges:
        count = select(func.coalesce(func.sum(PRESET_COUNT.c.presets), 0))
        if wanted.kind is not None:
            count = count.where(PRESET_COUNT.c.kind == wanted.kind)
        if wanted.favourites:
            count = count.where(PRESET_COUNT.c.favourite == 1)
    elif one_tag and len(conditions) == 1 and not narrowing.ranges:
        (tags,) = wanted.tag_sets
        count = select(func.count()).select_from(TAG).where(TAG.c.tag.in_(tags))
    else:
        met = [*wanted.walked(), narrowing.holds_preset()] if narrowing.ranges else conditions
        count = select(func.count()).select_from(PRESET).where(*met)
    return int(connection.execute(count).scalar_one())


def _mine_first(
    connection: Connection,
    conditions: list[ColumnElement[bool]],
    total: int,
    offset: int,
    limit: int,
) -> list[int]:
    """Keys of a stretch: the user's own by name, then the factory's, so that neither is sorted.

    Args:
        connection: to the library.
        conditions: on the presets.
        total: presets that meet them.
        offset: presets before the stretch.
        limit: presets in it.
    """
    factory = select(func.count()).select_from(PRESET).where(*conditions, _FROM_FACTORY)
    own = total - int(connection.execute(factory).scalar_one())
    met = select(PRESET.c.pk).where(*conditions)
    pks: list[int] = []
    if offset < own:
        count, users = min(limit, own - offset), met.where(_FROM_USER)
        if 2 * offset <= own:
            stretch = users.order_by(PRESET.c.name_key).limit(count).offset(offset)
            pks += connection.execute(stretch).scalars()
        else:  # walked from its end, which is nearer
            stretch = users.order_by(PRESET.c.name_key.desc()).limit(count)
            pks += reversed(
                connection.execute(stretch.offset(own - offset - count)).scalars().all()
            )
    if len(pks) < limit:
        stretch = met.where(_FROM_FACTORY).order_by(PRESET.c.name_key).limit(limit - len(pks))
        pks += connection.execute(stretch.offset(max(0, offset - own))).scalars()
    return pks


def keys(
    connection: Connection,
    query: str,
    order: PresetOrder,
    wanted: PresetFilter = _ALL,
    narrowing: Narrowing = _WIDE,
    sounding: Narrowing = _WIDE,
) -> list[int]:
    """Keys of all presets of a list, in its order: of :func:`search` with words, else of a page.

    Args:
        connection: to the library.
        query: words; none for every preset.
        order, wanted, narrowing: as in :func:`page`; with words the best come first.
        sounding: as in :func:`search`.

    Raises:
        SettingsError: if a value is out of range.
    """
    _check_order(order)
    conditions = wanted.sought()
    if narrowing.ranges:
        conditions.append(PRESET.c.pk.in_(narrowing.preset_pks()))
    if query.strip():
        return _matching(connection, query, conditions, sounding)
    if order in ADJECTIVE_ORDERS:
        every = 2**31 - 1
        return in_order(connection, order, narrowing, wanted.sought(), 0, every, is_walked=False)
    ordered = select(PRESET.c.pk).where(*conditions).order_by(*_ORDERS[order])
    if order == "recent":
        ordered = ordered.join(HEARD, HEARD.c.preset_pk == PRESET.c.pk)
    return list(connection.execute(ordered).scalars())


def _check_order(order: str) -> None:
    if order not in _ORDERS and order not in ADJECTIVE_ORDERS:
        known = ", ".join([*_ORDERS, *sorted(ADJECTIVE_ORDERS)])
        raise SettingsError(f"the order {order!r} is not one of {known}")


def search(
    connection: Connection,
    query: str,
    offset: int,
    limit: int,
    wanted: PresetFilter = _ALL,
    narrowing: Narrowing = _WIDE,
    sounding: Narrowing = _WIDE,
) -> PresetPage:
    """A stretch of the presets that match. See :meth:`.library.Library.search`.

    Args:
        connection: to the library.
        query: words; an empty one matches every preset.
        offset: presets before the stretch, ≥ 0.
        limit: presets in it, 1–1000.
        wanted, narrowing: as in :func:`page`.
        sounding: the ranges of features that the query names: what is in them and meets the
            other words matches too.

    Raises:
        SettingsError: if a value is out of range.
    """
    check_type("the query", query, str, "words")
    check_page(offset, limit)
    if not query.strip():
        return page(connection, offset, limit, "name", wanted, narrowing)
    conditions = wanted.walked()
    if narrowing.ranges:
        conditions.append(narrowing.holds_preset())
    found = _matching(connection, query, conditions, sounding)
    return PresetPage(tuple(rows.fetch(connection, found[offset : offset + limit])), len(found))


def _matching(
    connection: Connection,
    query: str,
    conditions: list[ColumnElement[bool]],
    sounding: Narrowing,
) -> list[int]:
    """Keys of the presets that match in words, then of those that do by how they sound.

    Args:
        connection: to the library.
        query: words, at least one.
        conditions: on the presets, besides.
        sounding: as in :func:`search`.
    """
    match = match_expression(query)
    found = _found(connection, match, conditions) if match else []
    if not sounding.ranges:
        return found
    _, others = features_in(query)
    sounds_so = [*conditions, sounding.holds_preset()]
    rest = match_expression(others)
    if rest:
        also = _found(connection, rest, sounds_so)
    else:
        named = select(PRESET.c.pk).where(*sounds_so).order_by(PRESET.c.name_key).limit(RANKED)
        also = list(connection.execute(named).scalars())
    return list(dict.fromkeys([*found, *also]))[:RANKED]


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
