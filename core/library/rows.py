"""Presets fetched from rows: one by name or id, many by key."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from core.engines.registry import check_settings
from core.errors import SettingsError
from core.library.errors import UnknownPreset
from core.library.presets import Preset, name_key
from core.library.schema import PRESET, TAG, VERSION

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
    row = connection.execute(_PRESETS.where(PRESET.c.id == name_or_id)).first()
    if row is None:
        try:
            key = name_key(name_or_id)
        except SettingsError:
            key = ""
        row = connection.execute(_PRESETS.where(PRESET.c.name_key == key)).first()
    if row is None:
        raise UnknownPreset(_unknown(connection, name_or_id))
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
