"""Presets on their way out of a library and into one, with the presets they are made of.

An export and the factory bank go the same way in; zip files are
:mod:`core.library.archive`'s work, the bank's own files :mod:`core.library.factory`'s.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from core.engines.registry import check_settings
from core.errors import AudioError, SettingsError
from core.files import refuse_existing, refuse_inputs
from core.library import archive, factory, recipe_tree, recipes, rows, store
from core.library.errors import PresetFileError
from core.library.manifest import Entry, recordings_of
from core.library.presets import Preset, name_key
from core.library.recipes import PinnedPreset, StoredRecipe
from core.library.recordings import RecordingFolder, StagedRecording
from core.library.schema import META, PRESET, VERSION
from core.sqlite import Database

_BANK_KEY = "factory_bank"

AddedCallback = Callable[[Connection, Sequence[int]], object]
"""Called with the keys of presets that came, inside the transaction in which they did."""


def export_entries(connection: Connection, preset: PinnedPreset) -> list[Entry]:
    """A manifest's entries for a preset: its parts, their parts, and itself last.

    Args:
        connection: to the library.
        preset: which version to export.

    Raises:
        UnknownPreset: if it is not there.
    """
    entries: list[Entry] = []
    indices: dict[tuple[str, int], int] = {}

    def visit(version: PinnedPreset) -> int:
        key = (version.preset_id, version.number)
        if key not in indices:
            recipe = rows.recipe_of(connection, version)
            renumbered = recipe_tree.replace_presets(
                recipe, lambda part: PinnedPreset(str(visit(part)), 1, part.name)
            )
            entries.append(_entry(connection, version, renumbered))
            indices[key] = len(entries) - 1
        return indices[key]

    visit(preset)
    return entries


def _entry(connection: Connection, version: PinnedPreset, recipe: StoredRecipe) -> Entry:
    preset = rows.fetch_one(connection, rows.find_row(connection, version.preset_id).pk)
    settings = connection.execute(
        select(VERSION.c.settings)
        .join(PRESET, PRESET.c.pk == VERSION.c.preset_pk)
        .where(PRESET.c.id == version.preset_id, VERSION.c.number == version.number)
    ).scalar_one()
    return Entry(
        preset.name,
        recipe,
        check_settings(json.loads(settings)),
        preset.tags,
        preset.rating,
        preset.favourite,
    )


def export_to(
    database: Database, folder: RecordingFolder, name_or_id: str, target: Path, *, force: bool
) -> Path:
    """Write a preset into a file. See :meth:`.library.Library.export`.

    Args:
        database: the library.
        folder: its recordings.
        name_or_id: the preset.
        target: the file, or a folder to put ``NAME.timbre`` into.
        force: replace a file that is there.

    Returns:
        The file.
    """
    with database.read() as connection:
        row = rows.find_row(connection, name_or_id)
        entries = export_entries(connection, PinnedPreset(row.id, row.number, row.name))
    file = target / archive.default_name(row.name) if target.is_dir() else target
    files = {
        sha256: folder.require(recording) for sha256, recording in recordings_of(entries).items()
    }
    recordings = {f"the recording {sha256}": path for sha256, path in files.items()}
    refuse_inputs(file, {"the library": database.path, **recordings})
    refuse_existing(file, force=force)
    archive.write(file, entries, files)
    return file


def import_from(
    database: Database, folder: RecordingFolder, source: Path, on_added: AddedCallback
) -> tuple[list[Preset], frozenset[str]]:
    """Take in the presets of a file. See :meth:`.library.Library.import_`.

    Args:
        database: the library.
        folder: its recordings.
        source: the file.
        on_added: as of :func:`import_entries`.

    Returns:
        The presets, the one that was exported last; and the ids of those that are new.
    """
    with tempfile.TemporaryDirectory(prefix="timbre-import-") as unpacked:
        entries, files = archive.unpack(source, Path(unpacked))
        return import_entries(database, folder.stage, entries, files, str(source), on_added)


def import_factory_bank(
    database: Database, folder: RecordingFolder, on_added: AddedCallback
) -> list[Preset]:
    """Put the factory presets in or back. See :meth:`.library.Library.restore_factory`.

    Args:
        database: the library.
        folder: its recordings.
        on_added: as of :func:`import_entries`.
    """
    entries, files = factory.load()
    source = "the factory bank"
    presets, _ = import_entries(database, folder.stage_factory, entries, files, source, on_added)
    return presets


def import_entries(
    database: Database,
    stage: Callable[[Path], contextlib.AbstractContextManager[StagedRecording]],
    entries: Sequence[Entry],
    files: Mapping[str, Path],
    source: str,
    on_added: AddedCallback,
) -> tuple[list[Preset], frozenset[str]]:
    """Add the presets of a manifest, all of them or none.

    An entry with a key is the factory preset of that key: it is put back as it was. One
    without is used as it is if the library has a preset of that name, sound and settings,
    and otherwise added, under a name that is free.

    Args:
        database: the library.
        stage: takes a recording into the library.
        entries: the manifest's.
        files: the file of each recording, by digest.
        source: where they come from, for messages.
        on_added: called with the keys of all of them, in the same transaction.

    Returns:
        The presets, in the order of the entries; and the ids of those that are new.

    Raises:
        PresetFileError: if a recording or a blend cannot be used.
        OutputError: if a recording cannot be copied.
    """
    with contextlib.ExitStack() as stack:
        staged = []
        for sha256, recording in recordings_of(entries).items():
            try:
                copy = stack.enter_context(stage(files[sha256]))
            except AudioError as error:
                raise PresetFileError(
                    f"{source}: its recording {recording.name!r} cannot be used ({error})"
                ) from error
            if copy.recording.sha256 != sha256:
                raise PresetFileError(f"{source} is damaged: {recording.name!r} differs")
            staged.append(copy)
        with database.write() as connection:
            imported: list[PinnedPreset] = []
            pks, added = [], set()
            for entry in entries:
                recipe = recipe_tree.replace_presets(
                    entry.recipe, lambda part: imported[int(part.preset_id)]
                )
                try:
                    pk, is_new = _import_entry(connection, replace(entry, recipe=recipe))
                except SettingsError as error:
                    raise PresetFileError(f"{source} cannot be used: {error}") from error
                preset = rows.fetch_one(connection, pk)
                imported.append(PinnedPreset(preset.id, preset.version, preset.name))
                pks.append(pk)
                if is_new:
                    added.add(preset.id)
            for copy in staged:
                copy.publish()
            on_added(connection, pks)
            if any(entry.key is not None for entry in entries):
                connection.execute(
                    META.insert().prefix_with("OR REPLACE").values(key=_BANK_KEY, value="1")
                )
            return [rows.fetch_one(connection, pk) for pk in pks], frozenset(added)


def has_factory_bank(database: Database) -> bool:
    """Whether the library was ever given the factory presets."""
    with database.read() as connection:
        row = connection.execute(select(META.c.key).where(META.c.key == _BANK_KEY)).first()
        return row is not None


def _import_entry(connection: Connection, entry: Entry) -> tuple[int, bool]:
    """Add one entry, or find it: the preset's key, and whether it is new."""
    expanded = recipe_tree.expand(entry.recipe, lambda part: rows.recipe_of(connection, part))
    digest = recipes.digest(expanded)
    column, value = (
        (PRESET.c.factory_key, entry.key)
        if entry.key is not None
        else (PRESET.c.name_key, name_key(entry.name))
    )
    pk = connection.execute(select(PRESET.c.pk).where(column == value)).scalar_one_or_none()
    if pk is not None:
        row = rows.row_of(connection, pk)
        if _is_same(row, digest, entry):
            return pk, False
        if entry.key is not None:
            store.add_version(connection, pk, entry.recipe, entry.settings)
            return pk, False
    draft = store.Draft(
        rows.free_name(connection, entry.name),
        entry.recipe,
        entry.settings,
        entry.tags,
        entry.rating,
        entry.favourite,
        entry.key,
    )
    return store.add(connection, draft), True


def _is_same(row: Row[Any], digest: bytes, entry: Entry) -> bool:
    settings = check_settings(json.loads(row.settings))
    return bool(row.digest == digest) and settings == entry.settings
