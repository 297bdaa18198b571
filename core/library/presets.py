"""What the library hands out and takes in: plain, frozen values. No SQL here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from core.coercion.type_errors import check_type, real_number, whole_number, wrong_type
from core.errors import SettingsError
from core.settings import RenderSettings
from core.timbre import BlendMode
from core.timbre.positions import check_positions

MAX_NAME_CHARACTERS = 120
MAX_TAG_CHARACTERS = 40
MAX_TAGS = 32
MAX_RATING = 5
MAX_PAGE = 1000
"""Presets in one page, at most."""

PresetOrder = Literal[
    "name", "mine", "newest", "rating", "recent",
    "dark", "bright", "soft", "hard", "dry", "long", "pure", "noisy", "thin", "full",
]  # fmt: skip
"""``mine``: the user's own before the factory's; ``recent``: last heard or rendered first; an
adjective: what is most so first."""


@dataclass(frozen=True, init=False)
class PresetBlend:
    """A blend of presets, given by name or id.

    Each preset is taken as it is when the blend is saved: a later edit of a part leaves
    the blend sounding as it did, so a preset's version always stands for one sound.

    Attributes:
        parts: names or ids, and weights as in :class:`core.timbre.Blend`.
        mode: as in :class:`core.timbre.Blend`.
    """

    parts: tuple[tuple[str, float], ...]
    mode: BlendMode = "slerp"

    def __init__(
        self,
        parts: Mapping[str, float] | Sequence[tuple[str, float]],
        mode: BlendMode = "slerp",
    ) -> None:
        object.__setattr__(self, "parts", named_weights(parts))
        object.__setattr__(self, "mode", mode)


PresetPoint: TypeAlias = str | PresetBlend | Mapping[str, float] | Sequence[tuple[str, float]]
"""What a point of a morph is given as: a preset's name or id, a blend, or what one is made from."""


@dataclass(frozen=True, init=False)
class PresetMorph:
    """A morph of presets and of blends of presets, each taken as it is when this is saved.

    Attributes:
        points: positions as in :class:`core.timbre.Morph`, and what is reached there: a preset's
            name or id, or a blend.
    """

    points: tuple[tuple[float, str | PresetBlend], ...]

    def __init__(
        self,
        points: Mapping[Any, Any] | Iterable[tuple[float, PresetPoint]],
    ) -> None:
        """Lay a path.

        Args:
            points: by position, or pairs of a position and what is there.

        Raises:
            TypeError: if something is of another type.
            SettingsError: if there are not 2–64 points, or positions do not rise from 0 to 1.
        """
        object.__setattr__(self, "points", _morph_points(points))


def _morph_points(points: object) -> tuple[tuple[float, str | PresetBlend], ...]:
    if isinstance(points, str) or not isinstance(points, Iterable):
        raise wrong_type("the list of points", points, "presets by position, or pairs of them")
    read: list[tuple[float, str | PresetBlend]] = []
    for pair in points.items() if isinstance(points, Mapping) else points:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise wrong_type("a point of the morph", pair, "a position and a preset")
        position, there = pair
        read.append(
            (position, there if isinstance(there, str | PresetBlend) else PresetBlend(there))
        )
    check_positions([position for position, _ in read])
    return tuple((float(position), there) for position, there in read)


PresetMixture: TypeAlias = PresetBlend | PresetMorph
"""What is made of presets by name or id."""


def named_weights(
    parts: object,
) -> tuple[tuple[str, float], ...]:
    """Names or ids of presets with their weights.

    Raises:
        TypeError: if it is no mapping and no list of pairs, or a name or weight is none.
    """
    taken = "weights by preset name, or pairs of them"
    if isinstance(parts, str) or not isinstance(parts, Iterable):
        raise wrong_type("the list of presets", parts, taken)
    pairs = []
    for pair in parts.items() if isinstance(parts, Mapping) else parts:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise wrong_type("a part of the blend", pair, "a preset's name and its weight")
        check_type("a part of the blend", pair[0], str, "a preset's name or id")
        pairs.append((pair[0], real_number(f"the weight of {pair[0]!r}", pair[1])))
    return tuple(pairs)


@dataclass(frozen=True)
class Preset:
    """A named timbre.

    Attributes:
        id: 32 hex digits, never used again.
        name: unique in the library, upper and lower case being the same.
        version: counts from 1; rises when the timbre or the settings change, and stands
            for exactly that timbre and those settings ever after.
        kind: what the recipe is at its top.
        summary: the recipe in one line, for people.
        settings: how to decode.
        tags: sorted, lower case.
        rating: 0 (none) – 5.
        favourite: the user's mark.
        factory: it came with the program.
        created_at, changed_at: in UTC.
    """

    id: str
    name: str
    version: int
    kind: str
    summary: str
    settings: RenderSettings = field(default_factory=RenderSettings)
    tags: tuple[str, ...] = ()
    rating: int = 0
    favourite: bool = False
    factory: bool = False
    created_at: datetime = datetime.min
    changed_at: datetime = datetime.min


@dataclass(frozen=True)
class PresetMeasures:
    """Where a preset stands between pairs of adjectives (:mod:`core.descriptors.adjectives`).

    Attributes:
        measured: places by the names of adjectives, 0 (low) … 1 (high); empty if it was not
            measured yet.
        edited: places that the user gave it, which win.
        values: what was measured, in the units of :mod:`core.descriptors.notes`, or None.
    """

    measured: Mapping[str, float] = field(default_factory=dict)
    edited: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] | None = None

    @property
    def places(self) -> Mapping[str, float]:
        """Places that count."""
        return {**self.measured, **self.edited}

    @property
    def is_measured(self) -> bool:
        """Whether the sound was measured."""
        return bool(self.measured)


@dataclass(frozen=True)
class PresetPage:
    """A stretch of a list.

    Attributes:
        presets: the stretch asked for.
        total: presets in the whole list.
    """

    presets: tuple[Preset, ...]
    total: int


@dataclass(frozen=True)
class ImportedPresets:
    """What a file became.

    Attributes:
        preset: the one that was exported, or made of the recording.
        added: those that were not there before, each after those that it is made of.
    """

    preset: Preset
    added: tuple[Preset, ...]


@dataclass(frozen=True)
class Neighbour:
    """A preset and how like the question it sounds.

    Attributes:
        preset: the preset.
        similarity: cosine of the angle between the embeddings, −1 … 1.
    """

    preset: Preset
    similarity: float


def clean_name(name: str) -> str:
    """The name as it is stored: composed Unicode, single spaces.

    Raises:
        SettingsError: if it is empty, too long, or holds characters that are not text.
    """
    check_type("the name of a preset", name, str, "text; then comes the timbre")
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if not cleaned:
        raise SettingsError("a preset needs a name")
    if len(cleaned) > MAX_NAME_CHARACTERS:
        raise SettingsError(
            f"the name has {len(cleaned)} characters; use at most {MAX_NAME_CHARACTERS}"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in cleaned):
        raise SettingsError(f"the name {cleaned!r} holds control characters; leave them out")
    return cleaned


def name_key(name: str) -> str:
    """What two names that count as the same have in common."""
    return unicodedata.normalize("NFC", clean_name(name).casefold())


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are stored: lower case, each once, sorted.

    Raises:
        SettingsError: if a tag is empty or too long, or there are too many.
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise wrong_type("the list of tags", tags, "a list of texts, such as ['pad']")
    cleaned = set()
    for tag in tags:
        check_type("a tag", tag, str, "text")
        text = " ".join(unicodedata.normalize("NFC", tag).casefold().split())
        if not text or len(text) > MAX_TAG_CHARACTERS:
            raise SettingsError(f"the tag {tag!r} has to have 1–{MAX_TAG_CHARACTERS} characters")
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise SettingsError(f"the tag {tag!r} holds control characters; leave them out")
        cleaned.add(text)
    if len(cleaned) > MAX_TAGS:
        raise SettingsError(f"a preset has at most {MAX_TAGS} tags, not {len(cleaned)}")
    return tuple(sorted(cleaned))


def check_rating(rating: int) -> int:
    """A whole number 0–5.

    Raises:
        SettingsError: if it is another, or none: ratings come from files too.
    """
    try:
        checked = whole_number("the rating", rating)
    except TypeError:
        checked = -1
    if not 0 <= checked <= MAX_RATING:
        raise SettingsError(f"rating {rating!r} is not one of 0–{MAX_RATING}")
    return checked
