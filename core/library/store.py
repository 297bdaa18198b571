"""Presets as rows: adding, changing and removing, inside a caller's transaction.

Every function takes an open connection and trusts that its arguments were checked; files
are not touched here. Looking up is :mod:`core.library.rows`', finding many presets at once
:mod:`core.library.search`'s.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update

from core.engines.registry import check_settings
from core.library import recipe_tree, recipes
from core.library.errors import BlendCycle, NameTaken
from core.library.presets import PresetMixture, name_key
from core.library.recipes import PinnedPreset, Recording, StoredRecipe
from core.library.rows import fetch_one, find_row, is_taken, pin_presets, recipe_of
from core.library.schema import PART, PRESET, RECORDING, TAG, VERSION
from core.settings import RenderSettings


@dataclass(frozen=True)
class Draft:
    """A preset that is not in the library yet; the fields are as in :class:`Preset`."""

    name: str
    recipe: StoredRecipe
    settings: RenderSettings = field(default_factory=RenderSettings)
    tags: tuple[str, ...] = ()
    rating: int = 0
    favourite: bool = False
    factory_key: str | None = None


def add(connection: Connection, draft: Draft) -> int:
    """Store a new preset.

    Args:
        connection: inside a write transaction.
        draft: what to store.

    Returns:
        Its key.

    Raises:
        NameTaken: if another preset has the name.
        SettingsError: if the recipe is too deep or too wide, or its weights are out of range.
    """
    require_free(connection, draft.name)
    now = _now()
    inserted = connection.execute(
        insert(PRESET).values(
            id=uuid.uuid4().hex,
            name=draft.name,
            name_key=name_key(draft.name),
            version_pk=0,
            kind=draft.recipe.kind,
            rating=draft.rating,
            favourite=int(draft.favourite),
            factory_key=draft.factory_key,
            created_at=now,
            changed_at=now,
        )
    )
    pk = inserted.lastrowid
    set_tags(connection, pk, draft.tags)
    add_version(connection, pk, draft.recipe, draft.settings)
    return pk


def require_free(connection: Connection, name: str, except_pk: int = 0) -> None:
    """Refuse a name that a preset has.

    Args:
        connection: to the library.
        name: clean.
        except_pk: the key of a preset that may have it; 0 is no preset's.

    Raises:
        NameTaken: if another preset has it.
    """
    if is_taken(connection, name, except_pk):
        raise NameTaken(f"there is a preset {name!r} already; choose another name or edit that one")


def add_version(
    connection: Connection, pk: int, recipe: StoredRecipe, settings: RenderSettings
) -> None:
    """Give a preset a new version and make it the current one.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
        recipe: may name other presets.
        settings: how to decode.

    Raises:
        BlendCycle: if the recipe contains the preset.
        SettingsError: if the recipe is too deep or too wide, or its weights are out of range.
    """
    preset_id, name = connection.execute(
        select(PRESET.c.id, PRESET.c.name).where(PRESET.c.pk == pk)
    ).one()
    seen: set[PinnedPreset] = set()
    _require_no_cycle(connection, recipe, preset_id, name, seen)
    expanded = recipe_tree.expand(recipe, lambda version: recipe_of(connection, version))
    expanded.to_timbre(lambda recording: Path(recording.name))  # checks the weights
    number = connection.execute(
        select(func.coalesce(func.max(VERSION.c.number), 0) + 1).where(VERSION.c.preset_pk == pk)
    ).scalar_one()
    inserted = connection.execute(
        insert(VERSION).values(
            preset_pk=pk,
            number=number,
            summary=recipe.summary(),
            recipe=_to_json(recipe.to_data()),
            settings=_to_json(dict(check_settings(settings))),
            digest=recipes.digest(expanded),
            created_at=_now(),
        )
    )
    version_pk = inserted.lastrowid
    set_uses(connection, version_pk, recipe)
    touch(connection, pk, version_pk=version_pk, kind=recipe.kind)
    index_text(connection, pk)


def touch(connection: Connection, pk: int, **values: Any) -> None:
    """Change columns of a preset and note the time.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
        values: columns of :data:`~core.library.schema.PRESET`; none only notes the time.
    """
    connection.execute(update(PRESET).where(PRESET.c.pk == pk).values(changed_at=_now(), **values))


def rename(connection: Connection, pk: int, name: str) -> None:
    """Give a preset another name.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
        name: clean (:func:`~core.library.presets.clean_name`).

    Raises:
        NameTaken: if another preset has it.
    """
    require_free(connection, name, except_pk=pk)
    touch(connection, pk, name=name, name_key=name_key(name))
    index_text(connection, pk)


def set_tags(connection: Connection, pk: int, tags: Sequence[str]) -> None:
    """Replace a preset's tags.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
        tags: clean (:func:`~core.library.presets.clean_tags`); may be none.
    """
    connection.execute(delete(TAG).where(TAG.c.preset_pk == pk))
    if tags:
        connection.execute(insert(TAG), [{"preset_pk": pk, "tag": tag} for tag in tags])


def index_text(connection: Connection, pk: int) -> None:
    """Bring the full-text index up to date with a preset's name, tags and recipe.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
    """
    preset = fetch_one(connection, pk)
    connection.execute(text("DELETE FROM preset_text WHERE rowid = :pk"), {"pk": pk})
    connection.execute(
        text("INSERT INTO preset_text (rowid, name, tags, words) VALUES (:pk, :name, :tags, :w)"),
        {"pk": pk, "name": preset.name, "tags": " ".join(preset.tags), "w": preset.summary},
    )


@dataclass(frozen=True)
class Changes:
    """What to change of a preset; None leaves it as it is."""

    name: str | None = None
    recipe: StoredRecipe | PresetMixture | None = None
    settings: RenderSettings | None = None
    tags: tuple[str, ...] | None = None
    rating: int | None = None
    favourite: bool | None = None


def edit(connection: Connection, name_or_id: str, changes: Changes) -> int:
    """Change a preset; another recipe or other settings make a new version.

    Args:
        connection: inside a write transaction.
        name_or_id: the preset.
        changes: what to change.

    Returns:
        Its key.

    Raises:
        UnknownPreset, NameTaken, BlendCycle, SettingsError: as the parts of this do.
    """
    pk = int(find_row(connection, name_or_id).pk)
    before = fetch_one(connection, pk)
    if changes.name is not None and changes.name != before.name:
        rename(connection, pk, changes.name)
    if changes.tags is not None:
        set_tags(connection, pk, changes.tags)
        touch(connection, pk)
        index_text(connection, pk)
    if changes.rating is not None:
        touch(connection, pk, rating=changes.rating)
    if changes.favourite is not None:
        touch(connection, pk, favourite=int(changes.favourite))
    settings = before.settings if changes.settings is None else changes.settings
    if changes.recipe is not None or settings != before.settings:
        recipe = (
            recipe_of(connection, PinnedPreset(before.id, before.version, before.name))
            if changes.recipe is None
            else pin_presets(connection, changes.recipe)
        )
        add_version(connection, pk, recipe, settings)
    return pk


def remove(connection: Connection, pk: int) -> set[Recording]:
    """Remove a preset with all its versions.

    Blends that name it take its recipe in, so they sound as before.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.

    Returns:
        Recordings that it used and that may now be in nobody's use.
    """
    preset_id = connection.execute(select(PRESET.c.id).where(PRESET.c.pk == pk)).scalar_one()
    users = connection.execute(
        select(VERSION.c.pk, VERSION.c.recipe)
        .join(PART, PART.c.version_pk == VERSION.c.pk)
        .where(PART.c.preset_pk == pk, VERSION.c.preset_pk != pk)
    ).all()
    for version_pk, stored in users:
        changed = recipe_tree.replace_presets(
            recipes.from_data(json.loads(stored)),
            lambda part: recipe_of(connection, part) if part.preset_id == preset_id else part,
        )
        connection.execute(
            update(VERSION)
            .where(VERSION.c.pk == version_pk)
            .values(recipe=_to_json(changed.to_data()))
        )
        set_uses(connection, version_pk, changed)
    freed = {
        recording
        for stored in connection.execute(
            select(VERSION.c.recipe).where(VERSION.c.preset_pk == pk)
        ).scalars()
        for recording in recipe_tree.recordings_in(recipes.from_data(json.loads(stored)))
    }
    connection.execute(text("DELETE FROM preset_text WHERE rowid = :pk"), {"pk": pk})
    connection.execute(delete(PRESET).where(PRESET.c.pk == pk))
    return freed


def _require_no_cycle(
    connection: Connection,
    recipe: StoredRecipe,
    preset_id: str,
    name: str,
    seen: set[PinnedPreset],
) -> None:
    for version in recipe_tree.presets_in(recipe):
        if version.preset_id == preset_id:
            raise BlendCycle(f"the blend would contain {name!r} itself; save it as a new preset")
        if version not in seen:
            seen.add(version)
            inner = recipe_of(connection, version)
            _require_no_cycle(connection, inner, preset_id, name, seen)


def set_uses(connection: Connection, version_pk: int, recipe: StoredRecipe) -> None:
    """Note which presets and recordings a version's recipe names.

    Args:
        connection: inside a write transaction.
        version_pk: the version's key.
        recipe: its recipe.
    """
    connection.execute(delete(PART).where(PART.c.version_pk == version_pk))
    connection.execute(delete(RECORDING).where(RECORDING.c.version_pk == version_pk))
    ids = {version.preset_id for version in recipe_tree.presets_in(recipe)}
    if ids:
        pks = connection.execute(select(PRESET.c.pk).where(PRESET.c.id.in_(ids))).scalars()
        connection.execute(
            insert(PART), [{"version_pk": version_pk, "preset_pk": pk} for pk in pks]
        )
    uses = {
        (recording.sha256, recording.extension) for recording in recipe_tree.recordings_in(recipe)
    }
    for sha256, extension in uses:
        connection.execute(
            insert(RECORDING).values(version_pk=version_pk, sha256=sha256, extension=extension)
        )


def _to_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
