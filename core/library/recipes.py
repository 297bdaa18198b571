"""How a recipe is stored: recordings by content, parts of a blend by preset and version.

A stored recipe is data with no paths. Its digest stands for what is heard: two recipes
with one digest have one embedding, whichever way they were put together. Reading and
writing files is :mod:`core.library.recordings`'.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.library.presets import Kind
from core.timbre import MAX_DEPTH, MAX_PARTS, AudioTimbre, Blend, BlendMode, TextTimbre, Timbre

MAX_LEAVES = 256
"""Recordings and words in one recipe with all the blends in it taken apart, at most."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class Recording:
    """A recording in the library.

    Attributes:
        sha256: hex digest of the file.
        extension: lower case with its dot, such as ``.flac``.
        name: what the file was called, for people.

    Raises:
        SettingsError: if the digest or the extension is not of that form: both become
            parts of a file name.
    """

    sha256: str
    extension: str
    name: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256) or not _EXTENSION.fullmatch(self.extension):
            raise SettingsError("a recording is named by a SHA-256 digest and a file extension")


@dataclass(frozen=True)
class PinnedPreset:
    """A preset as it was at one version. ``name`` is for people and may be outdated."""

    preset_id: str
    number: int
    name: str


@dataclass(frozen=True)
class StoredBlend:
    """A blend; weights are as in :class:`core.timbre.Blend`, which checks them."""

    parts: tuple[tuple[StoredRecipe | PinnedPreset, float], ...]
    mode: BlendMode = "slerp"


StoredRecipe = Recording | TextTimbre | StoredBlend
Lookup = Callable[[PinnedPreset], StoredRecipe]
"""The recipe of a preset's version."""


def kind_of(recipe: StoredRecipe) -> Kind:
    """The recipe's kind at its top."""
    match recipe:
        case Recording():
            return "audio"
        case TextTimbre():
            return "text"
        case StoredBlend():
            return "blend"


def summary(recipe: StoredRecipe | PinnedPreset) -> str:
    """One line for people, such as ``0.6 × Warm bass + 0.4 × pluck.wav``."""
    match recipe:
        case Recording(name=name) | PinnedPreset(name=name):
            return name
        case TextTimbre(words=words):
            return f'"{words}"'
        case StoredBlend(parts=parts):
            return " + ".join(
                f"{weight:g} × " + (f"({summary(p)})" if isinstance(p, StoredBlend) else summary(p))
                for p, weight in parts
            )


def leaves(recipe: StoredRecipe | PinnedPreset) -> Iterator[Recording | TextTimbre]:
    """Every recording and description written in this recipe itself, not in its presets."""
    match recipe:
        case Recording() | TextTimbre():
            yield recipe
        case StoredBlend(parts=parts):
            for part, _ in parts:
                yield from leaves(part)


def recordings_in(recipe: StoredRecipe) -> set[Recording]:
    """The recordings written in this recipe itself."""
    return {leaf for leaf in leaves(recipe) if isinstance(leaf, Recording)}


def presets_in(recipe: StoredRecipe | PinnedPreset) -> Iterator[PinnedPreset]:
    """The presets this recipe names, those inside them left out."""
    match recipe:
        case PinnedPreset():
            yield recipe
        case StoredBlend(parts=parts):
            for part, _ in parts:
                yield from presets_in(part)


def expand(recipe: StoredRecipe, lookup: Lookup) -> StoredRecipe:
    """The same recipe with every preset in it replaced by its own recipe.

    Raises:
        SettingsError: if that makes more than :data:`MAX_LEAVES` recordings and words, or
            blends more than :data:`core.timbre.MAX_DEPTH` deep.
    """
    room = [MAX_LEAVES]

    def visit(part: StoredRecipe | PinnedPreset, levels_left: int) -> StoredRecipe:
        if isinstance(part, PinnedPreset):
            return visit(lookup(part), levels_left)
        if isinstance(part, StoredBlend):
            if levels_left <= 0:
                raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
            return StoredBlend(
                tuple((visit(inner, levels_left - 1), weight) for inner, weight in part.parts),
                part.mode,
            )
        room[0] -= 1
        if room[0] < 0:
            raise SettingsError(
                f"this blend comes to more than {MAX_LEAVES} recordings and words; use fewer parts"
            )
        return part

    return visit(recipe, MAX_DEPTH)


def with_presets(
    recipe: StoredRecipe, put: Callable[[PinnedPreset], StoredRecipe | PinnedPreset]
) -> StoredRecipe:
    """The same recipe with each preset it names replaced by what ``put`` gives for it."""

    def visit(part: StoredRecipe | PinnedPreset) -> StoredRecipe | PinnedPreset:
        match part:
            case PinnedPreset():
                return put(part)
            case StoredBlend(parts=parts, mode=mode):
                return StoredBlend(tuple((visit(inner), weight) for inner, weight in parts), mode)
        return part

    changed = visit(recipe)
    if isinstance(changed, PinnedPreset):
        raise TypeError("a recipe is never a bare preset")
    return changed


def to_timbre(expanded: StoredRecipe, path_of: Callable[[Recording], Path]) -> Timbre:
    """The recipe as the rest of the program knows it.

    Args:
        expanded: by :func:`expand`.
        path_of: where a recording is.

    Raises:
        SettingsError: as :class:`core.timbre.Blend` does.
    """
    match expanded:
        case Recording():
            return AudioTimbre(path_of(expanded))
        case TextTimbre():
            return expanded
        case StoredBlend(parts=parts, mode=mode):
            timbres = []
            for part, weight in parts:
                if isinstance(part, PinnedPreset):
                    raise TypeError("expand the recipe first")
                timbres.append((to_timbre(part, path_of), weight))
            return Blend(tuple(timbres), mode)


def digest(expanded: StoredRecipe) -> bytes:
    """32 bytes that stand for what is heard: names of files and presets do not matter."""
    return hashlib.sha256(_canonical(expanded).encode()).digest()


def _canonical(recipe: StoredRecipe | PinnedPreset) -> str:
    match recipe:
        case Recording(sha256=sha256):
            return json.dumps(["audio", sha256])
        case TextTimbre(words=words):
            return json.dumps(["text", words])
        case StoredBlend(parts=parts, mode=mode):
            return json.dumps(["blend", mode, *([repr(w), _canonical(part)] for part, w in parts)])
        case PinnedPreset():
            raise TypeError("expand the recipe first")


def to_data(recipe: StoredRecipe | PinnedPreset) -> dict[str, Any]:
    """The recipe as JSON-ready data; :func:`from_data` reads it back."""
    match recipe:
        case Recording(sha256=sha256, extension=extension, name=name):
            return {"kind": "audio", "sha256": sha256, "extension": extension, "name": name}
        case TextTimbre(words=words):
            return {"kind": "text", "words": words}
        case PinnedPreset(preset_id=preset_id, number=number, name=name):
            return {"kind": "preset", "id": preset_id, "version": number, "name": name}
        case StoredBlend(parts=parts, mode=mode):
            listed = [{"weight": weight, "recipe": to_data(part)} for part, weight in parts]
            return {"kind": "blend", "mode": mode, "parts": listed}


def from_data(data: Any) -> StoredRecipe:
    """Read what :func:`to_data` wrote.

    Raises:
        SettingsError: if the data is no recipe.
    """
    recipe = _from_data(data, MAX_DEPTH)
    if isinstance(recipe, PinnedPreset):
        raise SettingsError("a recipe is a recording, words or a blend, not another preset's name")
    return recipe


def _from_data(data: Any, levels_left: int) -> StoredRecipe | PinnedPreset:
    # Counted on the way down: data from a file may be nested beyond Python's own stack.
    if levels_left < 0:
        raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
    match data:
        case {"kind": "audio", "sha256": str(sha256), "extension": str(ext), "name": str(name)}:
            return Recording(sha256, ext, name)
        case {"kind": "text", "words": str(words)}:
            return TextTimbre(words)
        case {"kind": "preset", "id": str(preset_id), "version": int(number), "name": str(name)}:
            return PinnedPreset(preset_id, number, name)
        case {"kind": "blend", "mode": "slerp" | "linear" as mode, "parts": list(parts)}:
            if not 1 <= len(parts) <= MAX_PARTS:
                raise SettingsError(f"a blend has 1–{MAX_PARTS} parts, not {len(parts)}")
            read = []
            for part in parts:
                match part:
                    case {"weight": int() | float() as weight, "recipe": inner}:
                        read.append((_from_data(inner, levels_left - 1), float(weight)))
                    case _:
                        raise SettingsError("a part of a blend needs a weight and a recipe")
            return StoredBlend(tuple(read), mode)
    raise SettingsError("this is not a recipe: it needs a kind (audio, text or blend) and its data")
