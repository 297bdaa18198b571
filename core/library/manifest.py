"""Presets written down to leave the library: the manifest of an export and of the factory bank.

JSON: ``format``, ``version`` and ``presets``, each with name, tags, rating, favourite,
settings and recipe, parts before the blends that name them. Inside a recipe, the ``id`` of
a preset is its place in the list. A reader trusts nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.engines.registry import check_settings
from core.errors import SettingsError
from core.library import recipe_tree, recipes
from core.library.errors import PresetFileError
from core.library.presets import check_rating, clean_name, clean_tags
from core.library.recipes import Recording, StoredRecipe
from core.settings import RenderSettings
from core.timbre import Morph

FORMAT = "timbre-bridge presets"
VERSION = 2
"""What needs nothing of a newer one is written as the older: version 2 brought morphs."""

MAX_PRESETS = 1000


@dataclass(frozen=True)
class Entry:
    """A preset in a manifest.

    Attributes:
        recipe: a preset it names has its place in the list as id.
        key: the factory bank's name for it, or None.

    The other fields are as in :class:`core.library.presets.Preset`.
    """

    name: str
    recipe: StoredRecipe
    settings: RenderSettings = field(default_factory=RenderSettings)
    tags: tuple[str, ...] = ()
    rating: int = 0
    favourite: bool = False
    key: str | None = None


def recordings_of(entries: Iterable[Entry]) -> dict[str, Recording]:
    """The recordings a manifest needs, by digest."""
    return {
        recording.sha256: recording
        for entry in entries
        for recording in recipe_tree.recordings_in(entry.recipe)
    }


def write(entries: Sequence[Entry]) -> bytes:
    """The manifest's file; the same entries give the same bytes."""
    listed = []
    for entry in entries:
        data: dict[str, Any] = {
            "name": entry.name,
            "tags": list(entry.tags),
            "rating": entry.rating,
            "favourite": entry.favourite,
            "settings": dict(check_settings(entry.settings)),
            "recipe": entry.recipe.to_data(),
        }
        if entry.key is not None:
            data["key"] = entry.key
        listed.append(data)
    version = VERSION if any(entry.recipe.kind == Morph.kind for entry in entries) else 1
    manifest = {"format": FORMAT, "version": version, "presets": listed}
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def read(data: bytes, source: str) -> list[Entry]:
    """Read a manifest.

    Args:
        data: the file.
        source: what to call it in messages.

    Raises:
        PresetFileError: if it is not a manifest this program can use.
    """
    try:
        manifest = json.loads(data)
        # Halves of surrogate pairs can be written in JSON but not stored as text.
        json.dumps(manifest, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise PresetFileError(f"{source} is not an exported preset: {error}") from error
    match manifest:
        case {"format": "timbre-bridge presets", "version": int(version), "presets": list(listed)}:
            pass
        case _:
            raise PresetFileError(f"{source} is not an exported preset")
    if version > VERSION:
        raise PresetFileError(f"{source} was written by a newer Timbre Bridge; update the program")
    if not 1 <= len(listed) <= MAX_PRESETS:
        raise PresetFileError(f"{source} holds {len(listed)} presets; 1–{MAX_PRESETS} can be read")
    try:
        return [_entry(entry, index) for index, entry in enumerate(listed)]
    except SettingsError as error:
        raise PresetFileError(f"{source} cannot be imported: {error}") from error


def _entry(data: Any, index: int) -> Entry:
    match data:
        case {
            "name": str(name),
            "tags": list(tags),
            "rating": rating,
            "favourite": bool(favourite),
            "settings": settings,
            "recipe": recipe_data,
        } if all(isinstance(tag, str) for tag in tags):
            recipe = recipes.from_data(recipe_data)
            for part in recipe_tree.presets_in(recipe):
                # Earlier places only: so no blend can contain itself.
                if not (part.preset_id.isascii() and part.preset_id.isdigit()):
                    raise SettingsError(f"{name!r} names a part that is not in the file")
                if len(part.preset_id) > 4 or int(part.preset_id) >= index:
                    raise SettingsError(f"{name!r} names a part that does not come before it")
            key = data.get("key")
            return Entry(
                clean_name(name),
                recipe,
                check_settings(settings),
                clean_tags(tags),
                check_rating(rating),
                favourite,
                key if isinstance(key, str) else None,
            )
    raise SettingsError("an entry of its list is not a preset")
