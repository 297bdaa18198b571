"""Stored recipes out of their data, and the digest that stands for a recipe's sound."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from core.errors import SettingsError
from core.library.recipes.mixtures import StoredBlend, StoredMorph
from core.library.recipes.single import (
    PinnedPreset,
    RecipePart,
    Recording,
    StoredRecipe,
    Words,
    require_recipe,
)
from core.timbre import MAX_DEPTH

KINDS: Mapping[str, type[StoredRecipe]] = {
    recipe.kind: recipe for recipe in (Recording, Words, StoredBlend, StoredMorph)
}
"""How each kind of timbre is stored, by the kind's name."""


def digest(expanded: StoredRecipe) -> bytes:
    """SHA-256 of what makes the sound, 32 bytes: names of files and presets do not matter."""
    return hashlib.sha256(json.dumps(expanded.canonical()).encode()).digest()


def from_data(data: Any) -> StoredRecipe:
    """Read what :meth:`RecipePart.to_data` wrote.

    Raises:
        SettingsError: if the data is no recipe.
    """
    recipe = _read(data, MAX_DEPTH)
    if isinstance(recipe, PinnedPreset):
        raise SettingsError(
            "a recipe is a recording, words, a blend or a morph, not another preset's name"
        )
    return require_recipe(recipe)


def _read(data: Any, levels_left: int) -> RecipePart:
    # Counted on the way down: data from a file may be nested beyond Python's own stack.
    if levels_left < 0:
        raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
    kinds: Mapping[str, type[RecipePart]] = {**KINDS, PinnedPreset.kind: PinnedPreset}
    if isinstance(data, dict) and data.get("kind") in kinds:
        recipe = kinds[data["kind"]].read(data, lambda inner: _read(inner, levels_left - 1))
        if recipe is not None:
            return recipe
    *most, last = KINDS
    raise SettingsError(
        f"this is not a recipe: it needs a kind ({', '.join(most)} or {last}) and its data"
    )
