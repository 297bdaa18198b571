"""A preset once more, an earlier version once more, and when it was heard.

Inside a caller's transaction, as :mod:`core.library.store`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from core.engines.registry import check_settings
from core.library import rows, store
from core.library.recipes import PinnedPreset
from core.library.schema import HEARD, VERSION


def duplicate(connection: Connection, pk: int) -> int:
    """Store a preset once more, as it is now, under a name that is free.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.

    Returns:
        The copy's key.
    """
    preset = rows.fetch_one(connection, pk)
    recipe = rows.recipe_of(connection, PinnedPreset(preset.id, preset.version, preset.name))
    name = rows.free_name(connection, preset.name)
    draft = store.Draft(name, recipe, preset.settings, preset.tags, preset.rating, preset.favourite)
    return store.add(connection, draft)


def restore_version(connection: Connection, pk: int, number: int) -> None:
    """Make what a preset was at an earlier version its newest one.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
        number: of the version.

    Raises:
        UnknownPreset: if there is no such version.
    """
    preset = rows.fetch_one(connection, pk)
    recipe = rows.recipe_of(connection, PinnedPreset(preset.id, number, preset.name))
    settings = connection.execute(
        select(VERSION.c.settings).where(VERSION.c.preset_pk == pk, VERSION.c.number == number)
    ).scalar_one()
    store.add_version(connection, pk, recipe, check_settings(json.loads(settings)))


def note_heard(connection: Connection, pk: int) -> None:
    """Note that a preset was heard or rendered just now; that is no change of it.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
    """
    connection.execute(
        update(HEARD)
        .where(HEARD.c.preset_pk == pk)
        .values(heard_at=datetime.now(UTC).isoformat(timespec="microseconds"))
    )
