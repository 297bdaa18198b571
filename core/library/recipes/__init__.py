"""How a recipe is stored: recordings by content, parts of a blend by preset and version.

A stored recipe is data with no paths. Its digest stands for the sound: two recipes
with one digest have one embedding, whichever way they were put together. Reading and
writing files is :mod:`core.library.recordings`'.
"""

from core.library.recipes.mixtures import StoredBlend, StoredMorph
from core.library.recipes.reading import KINDS, digest, from_data
from core.library.recipes.single import (
    PinnedPreset,
    RecipePart,
    RecipeParts,
    Recording,
    StoredRecipe,
    Words,
    require_recipe,
)

__all__ = [
    "KINDS",
    "PinnedPreset",
    "RecipePart",
    "RecipeParts",
    "Recording",
    "StoredBlend",
    "StoredMorph",
    "StoredRecipe",
    "Words",
    "digest",
    "from_data",
    "require_recipe",
]
