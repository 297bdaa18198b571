"""Presets that were removed and can be put back as they were: ids, versions, marks, lineage.

A removed preset's rows are kept as data, with what blends said of it before they took its
recipe in. Its recordings stay while it is here. Inside a caller's transaction, as
:mod:`core.library.store`; what was here for long enough goes for good.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from core.library import recipe_tree, recipes, rows, store
from core.library.errors import UnknownPreset
from core.library.presets import name_key
from core.library.recipes import Recording
from core.library.schema import (
    EMBEDDED,
    GAIN_TABLE,
    HEARD,
    MEASURE,
    PART,
    PLACE,
    PLACE_EDIT,
    PRESET,
    RECORDING,
    TAG,
    TRASH,
    TRASHED_RECORDING,
    VERSION,
)

KEPT_DAYS = 30
"""How long a removed preset can be put back."""

_OF_PRESET = (
    (PRESET, PRESET.c.pk),
    (VERSION, VERSION.c.preset_pk),
    (TAG, TAG.c.preset_pk),
    (PLACE_EDIT, PLACE_EDIT.c.preset_pk),
    (PLACE, PLACE.c.preset_pk),
)
_OF_VERSIONS = (RECORDING, GAIN_TABLE, MEASURE)


def discard(connection: Connection, pk: int) -> set[Recording]:
    """Remove a preset, but keep what it takes to put it back.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.

    Returns:
        Recordings of presets whose time in the trash is over, which may be in nobody's use.
    """
    preset = rows.fetch_one(connection, pk)
    of_preset = select(VERSION.c.pk).where(VERSION.c.preset_pk == pk)
    kept = {table.name: _read(connection, table, column == pk) for table, column in _OF_PRESET}
    kept |= {
        table.name: _read(connection, table, table.c.version_pk.in_(of_preset))
        for table in _OF_VERSIONS
    }
    for version in kept[VERSION.name]:  # should a preset that it names be gone one day
        recipe = recipes.from_data(json.loads(version["recipe"]))
        whole = recipe_tree.expand(recipe, lambda part: rows.recipe_of(connection, part))
        version["whole"] = json.dumps(whole.to_data(), ensure_ascii=False)
    users = (
        select(VERSION.c.pk, VERSION.c.recipe)
        .join(PART, PART.c.version_pk == VERSION.c.pk)
        .where(PART.c.preset_pk == pk, VERSION.c.preset_pk != pk)
    )
    heard_at = select(HEARD.c.heard_at).where(HEARD.c.preset_pk == pk)
    kept[HEARD.name] = [{"heard_at": at} for at in connection.execute(heard_at).scalars()]
    before = {user.pk: user.recipe for user in connection.execute(users)}
    store.remove(connection, pk)
    kept["user"] = [
        {"version_pk": user_pk, "before": before[user_pk], "after": after}
        for user_pk, after in connection.execute(
            select(VERSION.c.pk, VERSION.c.recipe).where(VERSION.c.pk.in_(before))
        )
    ]
    now = datetime.now(UTC)
    connection.execute(
        insert(TRASH).values(
            preset_id=preset.id,
            name=preset.name,
            removed_at=now.isoformat(timespec="microseconds"),
            rows=json.dumps(kept, ensure_ascii=False, separators=(",", ":")),
        )
    )
    for sha256, extension in {(row["sha256"], row["extension"]) for row in kept["recording"]}:
        connection.execute(
            insert(TRASHED_RECORDING).values(
                preset_id=preset.id, sha256=sha256, extension=extension
            )
        )
    return empty(connection, now - timedelta(days=KEPT_DAYS))


def put_back(connection: Connection, preset_id: str) -> int:
    """Make a removed preset what it was; under another name if its own is taken by now.

    Args:
        connection: inside a write transaction.
        preset_id: its id.

    Returns:
        Its key.

    Raises:
        UnknownPreset: if it is not in the trash.
    """
    row = connection.execute(select(TRASH).where(TRASH.c.preset_id == preset_id)).first()
    if row is None:
        raise UnknownPreset(f"the preset {preset_id} was not removed, or over {KEPT_DAYS} days ago")
    kept: dict[str, list[dict[str, Any]]] = json.loads(row.rows)
    (preset,) = kept[PRESET.name]
    for version in kept[VERSION.name]:
        version["digest"] = bytes.fromhex(version["digest"])
        whole = version.pop("whole")
        if not _can_name(connection, version["recipe"]):
            version["recipe"] = whole
    name = rows.free_name(connection, preset["name"])
    preset |= {"name": name, "name_key": name_key(name)}
    if preset["factory_key"] is not None and _has_factory_key(connection, preset["factory_key"]):
        preset["factory_key"] = None  # the factory's was put in anew meanwhile
    for table, _ in _OF_PRESET:
        _write(connection, table, kept.get(table.name, ()))  # what an older program kept has fewer
    for version in kept[VERSION.name]:
        recipe = recipes.from_data(json.loads(version["recipe"]))
        store.set_uses(connection, version["pk"], recipe)
    for heard in kept[HEARD.name]:
        connection.execute(update(HEARD).where(HEARD.c.preset_pk == preset["pk"]).values(heard))
    for table in (GAIN_TABLE, MEASURE):
        _write(connection, table, kept.get(table.name, ()))
    for user in kept["user"]:
        _name_again(connection, user["version_pk"], user["before"], user["after"])
    # What listens to new presets looks at these again: it may not have come to them before.
    oldest = min(version["pk"] for version in kept[VERSION.name]) - 1
    connection.execute(
        update(EMBEDDED).where(EMBEDDED.c.complete_to > oldest).values(complete_to=oldest)
    )
    connection.execute(delete(TRASH).where(TRASH.c.preset_id == preset_id))
    store.index_text(connection, preset["pk"])
    return int(preset["pk"])


def empty(connection: Connection, before: datetime) -> set[Recording]:
    """Let go of what was removed before a time, in UTC.

    Returns:
        Recordings that may now be in nobody's use.
    """
    old = TRASH.c.removed_at < before.isoformat(timespec="microseconds")
    recordings = (
        select(TRASHED_RECORDING.c.sha256, TRASHED_RECORDING.c.extension)
        .join(TRASH, TRASH.c.preset_id == TRASHED_RECORDING.c.preset_id)
        .where(old)
    )
    freed = {Recording(sha256, ext, "") for sha256, ext in connection.execute(recordings)}
    connection.execute(delete(TRASH).where(old))
    return freed


def _name_again(connection: Connection, version_pk: int, before: str, after: str) -> None:
    """Let a blend name the preset as it did, unless it was changed since."""
    now = connection.execute(
        select(VERSION.c.recipe).where(VERSION.c.pk == version_pk)
    ).scalar_one_or_none()
    if now == after:
        connection.execute(update(VERSION).where(VERSION.c.pk == version_pk).values(recipe=before))
        store.set_uses(connection, version_pk, recipes.from_data(json.loads(before)))


def _can_name(connection: Connection, recipe: str) -> bool:
    """Whether every preset that a recipe names is there, in that version."""
    for part in recipe_tree.presets_in(recipes.from_data(json.loads(recipe))):
        try:
            rows.recipe_of(connection, part)
        except UnknownPreset:
            return False
    return True


def _has_factory_key(connection: Connection, key: str) -> bool:
    found = connection.execute(select(PRESET.c.pk).where(PRESET.c.factory_key == key))
    return found.first() is not None


def _read(connection: Connection, table: Table, condition: Any) -> list[dict[str, Any]]:
    found = connection.execute(select(table).where(condition)).mappings()
    return [
        {key: value.hex() if isinstance(value, bytes) else value for key, value in row.items()}
        for row in found
    ]


def _write(connection: Connection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    if values:
        connection.execute(insert(table), list(values))
