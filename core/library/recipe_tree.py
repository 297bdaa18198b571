"""Walks through recipes: what they hold, and presets in them replaced by what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.errors import SettingsError
from core.library.recipes import (
    PinnedPreset,
    RecipePart,
    Recording,
    StoredRecipe,
    require_recipe,
)
from core.timbre import MAX_DEPTH, Morph

MAX_LEAVES = 256
"""Recordings and words in one recipe with all the blends in it taken apart, at most; of a morph in
each of its points, which mostly have the same ones."""

Lookup = Callable[[PinnedPreset], StoredRecipe]
"""The recipe of a preset's version."""


def recordings_in(recipe: RecipePart) -> set[Recording]:
    """The recordings written in this recipe itself, those of its presets left out."""
    if isinstance(recipe, Recording):
        return {recipe}
    return {recording for part, _ in recipe.children for recording in recordings_in(part)}


def presets_in(recipe: RecipePart) -> Iterator[PinnedPreset]:
    """The presets this recipe names, those inside them left out."""
    if isinstance(recipe, PinnedPreset):
        yield recipe
    for part, _ in recipe.children:
        yield from presets_in(part)


def expand(recipe: StoredRecipe, lookup: Lookup) -> StoredRecipe:
    """The same recipe with every preset in it replaced by its own recipe.

    Args:
        recipe: may name presets.
        lookup: gives the recipe of a preset's version.

    Raises:
        SettingsError: if that makes more than :data:`MAX_LEAVES` recordings and words, or
            blends more than :data:`core.timbre.MAX_DEPTH` deep.
    """
    leaves_left = MAX_LEAVES

    def visit(part: RecipePart, levels_left: int) -> StoredRecipe:
        nonlocal leaves_left
        if isinstance(part, PinnedPreset):
            return visit(lookup(part), levels_left)
        if part.children:
            if levels_left <= 0:
                raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
            return require_recipe(part).with_children(
                lambda inner: visit_child(part, inner, levels_left - 1)
            )
        leaves_left -= 1
        if leaves_left < 0:
            raise SettingsError(
                f"this comes to more than {MAX_LEAVES} recordings and words; use fewer parts"
            )
        return require_recipe(part)

    def visit_child(parent: RecipePart, part: RecipePart, levels_left: int) -> StoredRecipe:
        nonlocal leaves_left
        if parent.kind == Morph.kind:
            leaves_left = MAX_LEAVES
        return visit(part, levels_left)

    return visit(recipe, MAX_DEPTH)


def replace_presets(
    recipe: StoredRecipe, replacement: Callable[[PinnedPreset], RecipePart]
) -> StoredRecipe:
    """The same recipe with each preset that it names replaced.

    Args:
        recipe: may name presets.
        replacement: gives what stands in a preset's place.

    Raises:
        TypeError: if the recipe itself would become a preset's name.
    """

    def visit(part: RecipePart) -> RecipePart:
        if isinstance(part, PinnedPreset):
            return replacement(part)
        return require_recipe(part).with_children(visit)

    return require_recipe(visit(recipe))
