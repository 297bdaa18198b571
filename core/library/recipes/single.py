"""What a stored recipe may hold, and what is made of no others: a recording, words, a preset."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core.errors import SettingsError
from core.timbre import AudioTimbre, TextTimbre, Timbre

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}")


class RecipePart(ABC):
    """What a stored recipe is made of: a recipe itself, or a preset named in a blend.

    Attributes:
        kind: its name in stored data.
    """

    kind: ClassVar[str]

    @property
    def children(self) -> RecipeParts:
        """The parts it is made of, with their weights; none of a recording or words.

        Those of a morph are the parts of a clip that are nearest to each point.
        """
        return ()

    def lines(self) -> list[str]:
        """What it is made of, a line each, such as ``60 % Warm bass``; itself if of nothing."""
        return [self.summary()]

    @abstractmethod
    def summary(self) -> str:
        """One line for people, such as ``0.6 × Warm bass + 0.4 × pluck.wav``."""

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """JSON-ready data; :func:`core.library.recipes.from_data` reads it back."""

    @classmethod
    @abstractmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], RecipePart]) -> RecipePart | None:
        """Read what :meth:`to_data` wrote.

        Args:
            data: with this ``kind``.
            part: reads what is inside.

        Returns:
            None if something is missing or of another type.
        """


RecipeParts = tuple[tuple[RecipePart, float], ...]


class StoredRecipe(RecipePart):
    """A recipe as the library keeps it; a kind of timbre is one subclass and a line in KINDS."""

    @abstractmethod
    def canonical(self) -> list[Any]:
        """What makes the sound, as JSON-ready data: names of files and presets left out.

        Raises:
            TypeError: if a preset is still named in it; :func:`~core.library.recipe_tree.expand`
                it first.
        """

    @abstractmethod
    def to_timbre(self, path_of: Callable[[Recording], Path]) -> Timbre:
        """The recipe as the rest of the program knows it.

        Args:
            path_of: where a recording is.

        Raises:
            SettingsError: as :class:`core.timbre.Blend` does.
            TypeError: if a preset is still named in it; :func:`~core.library.recipe_tree.expand`
                it first.
        """

    def with_children(self, change: Callable[[RecipePart], RecipePart]) -> StoredRecipe:
        """The same with each of its parts replaced; itself if it has none."""
        return self

    @classmethod
    @abstractmethod
    def of(
        cls, timbre: Any, stage: Callable[[Path], Recording], part: Callable[[Timbre], StoredRecipe]
    ) -> StoredRecipe:
        """What is stored of a timbre of this kind.

        Args:
            timbre: of the class with this ``kind``.
            stage: takes a recording into the library.
            part: gives what is stored of a timbre inside this one.

        Raises:
            AudioError: if a recording cannot be used.
            SettingsError: if a description holds what is no text.
        """


@dataclass(frozen=True)
class Recording(StoredRecipe):
    """A recording in the library.

    Attributes:
        sha256: hex digest of the file.
        extension: lower case with its dot, such as ``.flac``.
        name: what the file was called, for people.

    Raises:
        SettingsError: if the digest or the extension is not of that form: both become
            parts of a file name.
    """

    kind: ClassVar[str] = AudioTimbre.kind
    sha256: str
    extension: str
    name: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256) or not _EXTENSION.fullmatch(self.extension):
            raise SettingsError("a recording is named by a SHA-256 digest and a file extension")

    def summary(self) -> str:
        return self.name

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "sha256": self.sha256,
            "extension": self.extension,
            "name": self.name,
        }

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], RecipePart]) -> Recording | None:
        """See :meth:`RecipePart.read`."""
        match data:
            case {"sha256": str(sha256), "extension": str(extension), "name": str(name)}:
                return cls(sha256, extension, name)
        return None

    def canonical(self) -> list[Any]:
        return [self.kind, self.sha256]

    def to_timbre(self, path_of: Callable[[Recording], Path]) -> AudioTimbre:
        return AudioTimbre(path_of(self))

    @classmethod
    def of(
        cls, timbre: Any, stage: Callable[[Path], Recording], part: Callable[[Timbre], StoredRecipe]
    ) -> Recording:
        """See :meth:`StoredRecipe.of`."""
        from core.audio.reference_file import reference_file  # numpy, which lists do without

        with reference_file(timbre) as path:
            return stage(path)


@dataclass(frozen=True)
class Words(StoredRecipe):
    """A description of a sound, as :class:`core.timbre.TextTimbre` has it."""

    kind: ClassVar[str] = TextTimbre.kind
    words: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", TextTimbre(self.words).words)

    def summary(self) -> str:
        return f'"{self.words}"'

    def to_data(self) -> dict[str, Any]:
        return {"kind": self.kind, "words": self.words}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], RecipePart]) -> Words | None:
        """See :meth:`RecipePart.read`."""
        words = data.get("words")
        return cls(words) if isinstance(words, str) else None

    def canonical(self) -> list[Any]:
        return [self.kind, self.words]

    def to_timbre(self, path_of: Callable[[Recording], Path]) -> TextTimbre:
        return TextTimbre(self.words)

    @classmethod
    def of(
        cls, timbre: Any, stage: Callable[[Path], Recording], part: Callable[[Timbre], StoredRecipe]
    ) -> Words:
        """See :meth:`StoredRecipe.of`."""
        if any("\ud800" <= character <= "\udfff" for character in timbre.words):
            raise SettingsError("the description holds characters that are no text")
        return cls(timbre.words)


@dataclass(frozen=True)
class PinnedPreset(RecipePart):
    """A preset as it was at one version. ``name`` is for people and may be outdated."""

    kind: ClassVar[str] = "preset"
    preset_id: str
    number: int
    name: str

    def summary(self) -> str:
        return self.name

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": self.preset_id,
            "version": self.number,
            "name": self.name,
        }

    @classmethod
    def read(
        cls, data: Mapping[str, Any], part: Callable[[Any], RecipePart]
    ) -> PinnedPreset | None:
        """See :meth:`RecipePart.read`."""
        match data:
            case {"id": str(preset_id), "version": int(number), "name": str(name)}:
                return cls(preset_id, number, name)
        return None


def require_recipe(part: RecipePart) -> StoredRecipe:
    """A part that must be a recipe itself.

    Raises:
        TypeError: if it is a preset's name; :func:`core.library.recipe_tree.expand` it first.
    """
    if not isinstance(part, StoredRecipe):
        raise TypeError("expand the recipe first")
    return part
