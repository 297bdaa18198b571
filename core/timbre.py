"""Timbres: recipes for an embedding.

A recipe is data (a path, words, weights): it can be stored, shown and repeated. How one is
heard is :mod:`core.encoders.embed`'s business; naming and keeping timbres is the library's.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import SettingsError

MAX_DEPTH = 8
"""Blends within blends, at most."""

MAX_PARTS = 64
"""Timbres in one blend, at most."""

MAX_WORDS_CHARACTERS = 1000
"""Longest description accepted."""

BlendMode = Literal["slerp", "linear"]


@dataclass(frozen=True)
class AudioTimbre:
    """The timbre of a recording.

    Attributes:
        path: the recording; always a :class:`~pathlib.Path` once constructed.
    """

    path: str | os.PathLike[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))


@dataclass(frozen=True)
class TextTimbre:
    """The timbre that words describe, such as ``warm smooth electronic bass``.

    Raises:
        SettingsError: if there are no words, or more than a description.
    """

    words: str

    def __post_init__(self) -> None:
        words = " ".join(self.words.split())
        if not words:
            raise SettingsError("a text timbre needs words, such as 'warm smooth electronic bass'")
        if len(words) > MAX_WORDS_CHARACTERS:
            raise SettingsError(
                f"the description has {len(words)} characters; use at most {MAX_WORDS_CHARACTERS}"
            )
        object.__setattr__(self, "words", words)


@dataclass(frozen=True)
class Blend:
    """A weighted mixture of timbres, which may be blends themselves.

    Attributes:
        parts: timbres and their weights; weights are finite, ≥ 0, not all 0, and only
            their proportions matter. A part of weight 0 is never looked at.
        mode: ``slerp`` mixes along great circles (:func:`core.encoders.sphere.spherical_mean`),
            ``linear`` takes the normalised weighted sum.

    Raises:
        SettingsError: if a weight, the number of parts, the depth or the mode is out of range.
    """

    parts: tuple[tuple[Timbre, float], ...]
    mode: BlendMode = "slerp"

    def __post_init__(self) -> None:
        parts = tuple((timbre, float(weight)) for timbre, weight in self.parts)
        object.__setattr__(self, "parts", parts)
        if self.mode not in ("slerp", "linear"):
            raise SettingsError(f"blend mode {self.mode!r} is neither slerp nor linear")
        if not 1 <= len(parts) <= MAX_PARTS:
            raise SettingsError(f"a blend has 1–{MAX_PARTS} parts, not {len(parts)}")
        for _, weight in parts:
            if not (math.isfinite(weight) and weight >= 0):
                raise SettingsError(f"blend weight {weight} is not a number from 0 up")
        if not any(weight > 0 for _, weight in parts):
            raise SettingsError("every weight of the blend is 0; give at least one above 0")
        if depth(self) > MAX_DEPTH:
            raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")


Timbre = AudioTimbre | TextTimbre | Blend


def depth(timbre: Timbre) -> int:
    """Levels of blending: 0 for a recording or words."""
    if not isinstance(timbre, Blend):
        return 0
    return 1 + max(depth(part) for part, _ in timbre.parts)


def describe(timbre: Timbre) -> str:
    """One line for people, such as ``0.6 × "warm bass" + 0.4 × pluck.wav``."""
    match timbre:
        case AudioTimbre(path=path):
            return Path(path).name
        case TextTimbre(words=words):
            return f'"{words}"'
        case Blend(parts=parts):
            named = [
                (f"({describe(part)})" if isinstance(part, Blend) else describe(part), weight)
                for part, weight in parts
            ]
            return " + ".join(f"{weight:g} × {name}" for name, weight in named)


def to_dict(timbre: Timbre) -> dict[str, Any]:
    """The recipe as JSON-ready data; :func:`from_dict` reads it back."""
    match timbre:
        case AudioTimbre(path=path):
            return {"kind": "audio", "path": os.fspath(path)}
        case TextTimbre(words=words):
            return {"kind": "text", "words": words}
        case Blend(parts=parts, mode=mode):
            listed = [{"weight": weight, "timbre": to_dict(part)} for part, weight in parts]
            return {"kind": "blend", "mode": mode, "parts": listed}


def from_dict(data: Any) -> Timbre:
    """Read a recipe written by :func:`to_dict`.

    Raises:
        SettingsError: if the data is not such a recipe.
    """
    return _from_dict(data, MAX_DEPTH)


def _from_dict(data: Any, levels_left: int) -> Timbre:
    # Counted on the way down: data from a file may be nested beyond Python's own stack.
    if levels_left < 0:
        raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
    match data:
        case {"kind": "audio", "path": str(path)}:
            return AudioTimbre(path)
        case {"kind": "text", "words": str(words)}:
            return TextTimbre(words)
        case {"kind": "blend", "mode": "slerp" | "linear" as mode, "parts": list(parts)}:
            if len(parts) > MAX_PARTS:
                raise SettingsError(f"a blend has 1–{MAX_PARTS} parts, not {len(parts)}")
            return Blend(tuple(_part_from_dict(part, levels_left - 1) for part in parts), mode)
    raise SettingsError("this is not a timbre: it needs a kind (audio, text or blend) and its data")


def _part_from_dict(data: Any, levels_left: int) -> tuple[Timbre, float]:
    match data:
        case {"weight": int() | float() as weight, "timbre": timbre}:
            return _from_dict(timbre, levels_left), float(weight)
    raise SettingsError("a part of a blend needs a weight and a timbre")


_BLEND_PART = re.compile(r"\s*(?P<name>.+?)\s*=\s*(?P<weight>[-+.\w]+)\s*(?:,|$)")


def parse_blend(text: str) -> list[tuple[str, float]]:
    """Read ``NAME=0.6,NAME=0.4``.

    A name may hold commas and equal signs, as long as a number follows the last one:
    ``Warm, soft=0.6,Pluck=0.4`` names ``Warm, soft`` and ``Pluck``.

    Returns:
        Names and weights (finite, ≥ 0, not all 0), in the order given.

    Raises:
        SettingsError: if the text is not of that form.
    """
    form = "a blend is written NAME=0.6,NAME=0.4"
    pairs: list[tuple[str, float]] = []
    position = 0
    while position < len(text):
        part = _BLEND_PART.match(text, position)
        if part is None:
            raise SettingsError(f"{text[position:].strip()!r} has no weight; {form}")
        try:
            weight = float(part["weight"])
        except ValueError:
            raise SettingsError(
                f"{part['weight']!r} is not a weight for {part['name']!r}; {form}"
            ) from None
        if not (math.isfinite(weight) and weight >= 0):
            raise SettingsError(f"weight {weight} of {part['name']!r} is not a number from 0 up")
        pairs.append((part["name"], weight))
        position = part.end()
    if not pairs:
        raise SettingsError(f"the blend is empty; {form}")
    if not any(weight > 0 for _, weight in pairs):
        raise SettingsError("every weight of the blend is 0; give at least one above 0")
    return pairs
