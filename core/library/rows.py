"""What a connection is asked: presets by name or key, recipes of versions, and what is in use."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from core.coercion.type_errors import check_type
from core.engines.registry import check_settings
from core.errors import SettingsError
from core.library import recipes
from core.library.errors import UnknownPreset
from core.library.presets import Preset, PresetBlend, PresetMixture, PresetMorph, name_key
from core.library.recipes import (
    PinnedPreset,
    RecipePart,
    Recording,
    StoredBlend,
    StoredMorph,
    StoredRecipe,
)
from core.library.schema import PRESET, RECORDING, TAG, TRASHED_RECORDING, VERSION

_PRESETS = select(
    PRESET, VERSION.c.number, VERSION.c.summary, VERSION.c.settings, VERSION.c.digest
).join(VERSION, VERSION.c.pk == PRESET.c.version_pk)
_BY_PKS = _PRESETS.where(PRESET.c.pk.in_(bindparam("pks", expanding=True)))
_TAGS_BY_PKS = select(TAG).where(TAG.c.preset_pk.in_(bindparam("pks", expanding=True)))
_CHUNK = 500
"""Numbers in one IN (…): older SQLites take 999."""


def find_row(connection: Connection, name_or_id: str) -> Row[Any]:
    """The preset's row by id or, failing that, by name.

    Args:
        connection: to the library.
        name_or_id: whatever a user typed.

    Raises:
        UnknownPreset: if there is none; the message names what is close.
    """
    check_type("the preset", name_or_id, str, "its name or id")
    try:
        name_or_id.encode()
    except UnicodeEncodeError:  # SQLite takes text only, and no preset has such a name
        raise UnknownPreset(
            f"there is no preset {name_or_id!r}; `timbre preset list` shows them",
            name_or_id,
        ) from None
    row = connection.execute(_PRESETS.where(PRESET.c.id == name_or_id)).first()
    if row is None:
        try:
            key = name_key(name_or_id)
        except SettingsError:
            key = ""
        row = connection.execute(_PRESETS.where(PRESET.c.name_key == key)).first()
    if row is None:
        raise UnknownPreset(_unknown(connection, name_or_id), name_or_id)
    return row


def _unknown(connection: Connection, name: str) -> str:
    # Names alike in their first letter are enough to catch a slip, and cost nothing.
    like = name.casefold()[:1]
    names = connection.execute(
        select(PRESET.c.name)
        .where(PRESET.c.name_key >= like, PRESET.c.name_key < like + "\U0010ffff")
        .limit(2000)
    ).scalars()
    close = difflib.get_close_matches(name, list(names), n=1)
    hint = f"did you mean {close[0]!r}?" if close else "`timbre preset list` shows them"
    return f"there is no preset {name!r}; {hint}"


def fetch(connection: Connection, pks: Sequence[int]) -> list[Preset]:
    """Presets by their keys, as a list. See :func:`fetch_by_pk`."""
    return list(fetch_by_pk(connection, pks).values())


def fetch_by_pk(connection: Connection, pks: Sequence[int]) -> dict[int, Preset]:
    """Presets under their keys.

    Args:
        connection: to the library.
        pks: the keys; those of no preset are left out.

    Returns:
        In the order of ``pks``.
    """
    rows: dict[int, Row[Any]] = {}
    tags: dict[int, list[str]] = {}
    for start in range(0, len(pks), _CHUNK):
        chunk = list(pks[start : start + _CHUNK])
        rows.update((row.pk, row) for row in connection.execute(_BY_PKS, {"pks": chunk}))
        for preset_pk, tag in connection.execute(_TAGS_BY_PKS, {"pks": chunk}):
            tags.setdefault(preset_pk, []).append(tag)
    return {pk: _preset(rows[pk], tags.get(pk, ())) for pk in pks if pk in rows}


def fetch_one(connection: Connection, pk: int) -> Preset:
    """The preset of a key.

    Args:
        connection: to the library.
        pk: of a preset that is there.
    """
    return fetch(connection, [pk])[0]


def _preset(row: Row[Any], tags: Iterable[str]) -> Preset:
    return Preset(
        id=row.id,
        name=row.name,
        version=row.number,
        kind=row.kind,
        summary=row.summary,
        settings=check_settings(json.loads(row.settings)),
        tags=tuple(sorted(tags)),
        rating=row.rating,
        favourite=bool(row.favourite),
        factory=row.factory_key is not None,
        created_at=datetime.fromisoformat(row.created_at),
        changed_at=datetime.fromisoformat(row.changed_at),
    )


def row_of(connection: Connection, pk: int) -> Row[Any]:
    """The row of a key.

    Args:
        connection: to the library.
        pk: of a preset that is there.
    """
    return connection.execute(_PRESETS.where(PRESET.c.pk == pk)).one()


def in_use(connection: Connection, recording: Recording) -> bool:
    """Whether any version of any preset uses a recording, or one in the trash does.

    Args:
        connection: to the library.
        recording: by its digest and extension.
    """
    for table in (RECORDING, TRASHED_RECORDING):
        users = connection.execute(
            select(table.c.sha256)
            .where(table.c.sha256 == recording.sha256, table.c.extension == recording.extension)
            .limit(1)
        )
        if users.first() is not None:
            return True
    return False


def versions_of(connection: Connection, pk: int) -> list[int]:
    """The numbers of a preset's versions, oldest first.

    Args:
        connection: to the library.
        pk: the preset's key.
    """
    numbers = select(VERSION.c.number).where(VERSION.c.preset_pk == pk).order_by(VERSION.c.number)
    return list(connection.execute(numbers).scalars())


def version_facts(connection: Connection, pk: int) -> list[tuple[int, datetime, str]]:
    """A preset's versions, oldest first: number, when it was made, in UTC, and its recipe's line.

    Args:
        connection: to the library.
        pk: the preset's key.
    """
    query = (
        select(VERSION.c.number, VERSION.c.created_at, VERSION.c.summary)
        .where(VERSION.c.preset_pk == pk)
        .order_by(VERSION.c.number)
    )
    return [
        (number, datetime.fromisoformat(made_at), summary)
        for number, made_at, summary in connection.execute(query)
    ]


def recipe_of(connection: Connection, version: PinnedPreset) -> StoredRecipe:
    """The recipe of a preset as it was at a version.

    Args:
        connection: to the library.
        version: which preset and version.

    Raises:
        UnknownPreset: if there is no such preset or version.
    """
    stored = connection.execute(
        select(VERSION.c.recipe)
        .join(PRESET, PRESET.c.pk == VERSION.c.preset_pk)
        .where(PRESET.c.id == version.preset_id, VERSION.c.number == version.number)
    ).scalar_one_or_none()
    if stored is None:
        raise UnknownPreset(f"there is no version {version.number} of preset {version.name!r}")
    return recipes.from_data(json.loads(stored))


def pin_presets(connection: Connection, recipe: StoredRecipe | PresetMixture) -> StoredRecipe:
    """A recipe in which every preset given by name is pinned to its current version.

    Args:
        connection: to the library.
        recipe: a blend or morph of presets by name or id, or a recipe, which is returned as it is.

    Raises:
        UnknownPreset: if there is no such preset.
    """
    if isinstance(recipe, PresetBlend):
        return StoredBlend(
            tuple((_pinned(connection, name), float(weight)) for name, weight in recipe.parts),
            recipe.mode,
        )
    if isinstance(recipe, PresetMorph):
        return StoredMorph(
            tuple((position, _pinned(connection, there)) for position, there in recipe.points)
        )
    return recipe


def _pinned(connection: Connection, there: str | PresetBlend) -> RecipePart:
    if isinstance(there, PresetBlend):
        return pin_presets(connection, there)
    row = find_row(connection, there)
    return PinnedPreset(row.id, row.number, row.name)


def free_name(connection: Connection, name: str) -> str:
    """The name, or the first of ``name (2)``, ``name (3)``, … that no preset has.

    Args:
        connection: to the library.
        name: clean.
    """
    candidate, count = name, 1
    while is_taken(connection, candidate):
        count += 1
        candidate = f"{name[:110]} ({count})"
    return candidate


def is_taken(connection: Connection, name: str, except_pk: int = 0) -> bool:
    """Whether a preset has a name.

    Args:
        connection: to the library.
        name: clean.
        except_pk: the key of a preset that does not count; 0 is no preset's.
    """
    query = select(PRESET.c.pk).where(PRESET.c.name_key == name_key(name))
    return connection.execute(query.where(PRESET.c.pk != except_pk)).first() is not None
