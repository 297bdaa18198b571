"""Presets that are made up, as many as one likes, for the gallery and for tests."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.descriptors.adjectives import ADJECTIVE_WORDS
from core.library.errors import NameTaken, UnknownPreset
from core.library.presets import (
    ImportedPresets,
    Neighbour,
    Preset,
    PresetBlend,
    PresetMixture,
    PresetMorph,
    PresetPage,
    clean_name,
    clean_tags,
)
from core.library.timbre_map.families import FAMILIES, family_named_by
from core.timbre import Timbre, as_timbre
from desktop.services.fakes.comparing import FakeComparing
from desktop.services.fakes.map_points import made_up_points
from desktop.services.interfaces import (
    MOST_LIKE,
    BlendPart,
    BlendRecipe,
    PresetDetails,
    PresetQuery,
)

if TYPE_CHECKING:
    from core.library.timbre_map.points import MapPoints
    from core.types import FloatArray
    from desktop.tasks import TaskControl

_SOUNDS = ("warm", "small", "glassy", "dark", "soft", "bright", "old", "wide", "dry", "breathy")
_THINGS = (
    ("Drawbars", "organ"), ("Bell", "mallet"), ("Cello", "bow"), ("Nylon", "pluck"),
    ("Choir", "voice"), ("Pad", "pad"), ("Flute", "reed"), ("Trumpet", "brass"),
    ("Rhodes", "keys"), ("Bass", "bass"), ("Koto", "pluck"), ("Vibes", "mallet"),
)  # fmt: skip
_KINDS = ("text", "audio", "blend", "text")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class FakePresets(FakeComparing):
    """A :class:`desktop.services.interfaces.PresetService` in memory.

    Args:
        count: presets to begin with.

    Attributes:
        failure: raised by whatever is called next and after, unless None.
        pages: (query, offset) of every page asked for.
        unheard: ids of presets that have no place on the map yet.
    """

    def __init__(self, count: int = 60) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.pages: list[tuple[PresetQuery, int]] = []
        self.unheard: set[str] = set()
        self._lock = threading.Lock()
        self._presets = {preset.id: preset for preset in map(_made_up, range(count))}
        self._heard: dict[str, int] = {}
        self._blends: dict[str, PresetBlend] = {}

    def page(self, query: PresetQuery, offset: int, limit: int) -> PresetPage:
        """See :class:`~desktop.services.interfaces.PresetService`, as all that follow."""
        self._check()
        with self._lock:
            self.pages.append((query, offset))
        found = self._listed(query)
        return PresetPage(tuple(found[offset : offset + limit]), len(found))

    def neighbours(self, preset_id: str, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        return self.alike(PresetQuery(like=preset_id), limit, control)

    def alike(self, query: PresetQuery, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        self._check()
        own = self._get(query.like)
        others = [preset for preset in self._listed(query) if preset.id != own.id]
        if query.aspect:
            place = self.measure(own.id, control).places[query.aspect]
            places = [(self._measures(one.id).places.get(query.aspect), one) for one in others]
            likeness = [(1 - abs(at - place), one) for at, one in places if at is not None]
        else:
            likeness = [(len({*own.tags} & {*preset.tags}) / 3, preset) for preset in others]
        likeness.sort(key=lambda pair: (-pair[0], pair[1].name))
        return [Neighbour(preset, similarity) for similarity, preset in likeness[:limit]]

    def map_points(self, query: PresetQuery, control: TaskControl) -> MapPoints | None:
        self._check()
        if query.like:
            near = self.alike(query, MOST_LIKE, control)
            return made_up_points([neighbour.preset for neighbour in near], self.unheard)
        return made_up_points(self._listed(query), self.unheard)

    def listen(self, control: TaskControl) -> int:
        self._check()
        count = len(self.unheard)
        self.unheard.clear()
        return count

    def tags(self) -> Sequence[tuple[str, int]]:
        self._check()
        counts: dict[str, int] = {}
        for preset in self._presets.values():
            for tag in preset.tags:
                counts[tag] = counts.get(tag, 0) + 1
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def details(self, preset_id: str) -> PresetDetails:
        self._check()
        preset = self._get(preset_id)
        versions = tuple(self.versions(preset_id))
        features = self.features([preset_id])[preset_id]
        others = [other.name for other in self._presets.values() if other.id != preset_id][:2]
        if preset.kind != "blend" or len(others) < 2:
            gain_db = None if preset.kind == "audio" else 1.5
            return PresetDetails(preset, (preset.summary,), (), versions, gain_db, features)
        recipe = (f"60 % {others[0]}", f"40 % {others[1]}")
        return PresetDetails(preset, recipe, tuple(others), versions, features=features)

    def add(self, name: str, timbre: Timbre | PresetMixture, control: TaskControl) -> Preset:
        self._check()
        if isinstance(timbre, PresetBlend | PresetMorph):
            kind = "blend" if isinstance(timbre, PresetBlend) else "morph"
        else:
            kind = as_timbre(timbre).kind
        added = replace(_made_up(len(self._presets)), name=self._free(name), kind=kind)
        if isinstance(timbre, PresetBlend):
            self._blends[added.id] = timbre
        return self._put(added)

    def edit(
        self,
        preset_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        rating: int | None = None,
        favourite: bool | None = None,
    ) -> Preset:
        self._check()
        preset = self._get(preset_id)
        if name is not None and name != preset.name:
            if self._free(clean_name(name)) != clean_name(name):
                raise NameTaken(f"there is a preset {name!r} already; choose another name")
            preset = replace(preset, name=clean_name(name))
        preset = preset if tags is None else replace(preset, tags=clean_tags(tags))
        preset = preset if rating is None else replace(preset, rating=rating)
        return self._put(preset if favourite is None else replace(preset, favourite=favourite))

    def blend_recipe(self, preset_id: str) -> BlendRecipe:
        self._check()
        preset = self._get(preset_id)
        if preset.kind != "blend":
            raise UnknownPreset(f"{preset.name} is no blend")
        made = self._blends.get(preset_id)
        ids = [other.id for other in self._presets.values() if other.id != preset_id][:2]
        blend = made or PresetBlend([(ids[0], 60.0), (ids[1], 40.0)])
        parts = (BlendPart(id, self._get(id).name, weight) for id, weight in blend.parts)
        return BlendRecipe(preset, tuple(parts), blend.mode)

    def change_timbre(
        self, preset_id: str, timbre: Timbre | PresetBlend, control: TaskControl
    ) -> Preset:
        self._check()
        preset = self._get(preset_id)
        if isinstance(timbre, PresetBlend):
            self._blends[preset_id] = timbre
        return self._put(replace(preset, version=preset.version + 1))

    def duplicate(self, preset_id: str) -> Preset:
        self._check()
        preset = self._get(preset_id)
        return self._put(replace(preset, id=_new_id(), name=self._free(preset.name), factory=False))

    def restore_version(self, preset_id: str, number: int) -> Preset:
        self._check()
        preset = self._get(preset_id)
        return self._put(replace(preset, version=preset.version + 1))

    def note_heard(self, preset_id: str) -> None:
        self._heard[preset_id] = len(self._heard) + 1

    def remove(self, preset_id: str) -> Callable[[], Preset]:
        self._check()
        preset = self._get(preset_id)
        with self._lock:
            del self._presets[preset_id]
        return lambda: self._put(preset)

    def import_file(self, file: Path, control: TaskControl) -> ImportedPresets:
        self._check()
        if not file.exists():
            raise UnknownPreset(f"{file}: no such file")
        preset = replace(_made_up(0), id=_new_id(), name=self._free(file.stem), factory=False)
        made = self._put(replace(preset, kind="audio", summary=file.name))
        return ImportedPresets(made, (made,))

    def export_file(self, preset_id: str, folder: Path) -> Path:
        self._check()
        file = folder / f"{self._get(preset_id).name}.timbre"
        file.write_bytes(b"made up")
        return file

    def picture(self, preset_id: str, control: TaskControl) -> FloatArray | None:
        import numpy as np

        preset = self._get(preset_id)
        rng = np.random.default_rng(list(preset_id.encode()))
        bands, times = np.linspace(0, 1, 40)[:, None], np.linspace(0, 1, 72)[None]
        partials = np.cos(bands * (20 + 60 * rng.random())) ** 8
        attack, decay = np.minimum(1, 20 * times), 1 + 6 * rng.random()
        envelope = attack * np.exp(-times * decay * (0.4 + bands))
        picture = (1 - 0.6 * bands) * (0.3 + 0.7 * partials) * envelope
        return None if preset.kind == "blend" else picture.astype(np.float32)

    def _listed(self, query: PresetQuery) -> list[Preset]:
        with self._lock:
            found = [
                preset
                for preset in self._presets.values()
                if _meets(preset, query)
                and self._is_in(preset, query.ranges)
                and (not query.feature or query.feature in self.features([preset.id])[preset.id])
            ]
        if not query.text:
            found.sort(key=self._key(query.order))
        return found

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _all_ids(self) -> Sequence[str]:
        return tuple(self._presets)

    def _get(self, preset_id: str) -> Preset:
        if preset_id not in self._presets:
            raise UnknownPreset(f"there is no preset {preset_id!r}", preset_id)
        return self._presets[preset_id]

    def _put(self, preset: Preset) -> Preset:
        with self._lock:
            self._presets[preset.id] = preset
        return preset

    def _free(self, name: str) -> str:
        taken = {preset.name.casefold() for preset in self._presets.values()}
        candidate, count = name, 1
        while candidate.casefold() in taken:
            count += 1
            candidate = f"{name} ({count})"
        return candidate

    def _key(self, order: str) -> Callable[[Preset], tuple[object, ...]]:
        if order in ADJECTIVE_WORDS:
            return lambda preset: self._in_order(preset, order)
        keys: dict[str, Callable[[Preset], tuple[object, ...]]] = {
            "name": lambda preset: (preset.name.casefold(),),
            "mine": lambda preset: (preset.factory, preset.name.casefold()),
            "newest": lambda preset: (-preset.changed_at.timestamp(),),
            "rating": lambda preset: (-preset.rating, preset.name.casefold()),
            "recent": lambda preset: (-self._heard.get(preset.id, 0), preset.name.casefold()),
        }
        return keys[order]


def _meets(preset: Preset, query: PresetQuery) -> bool:
    if query.favourites and not preset.favourite:
        return False
    if query.mine is not None and query.mine == preset.factory:
        return False
    if (query.kind and query.kind != preset.kind) or (query.tag and query.tag not in preset.tags):
        return False
    if query.family and family_of(preset.tags) != query.family:
        return False
    if not query.text:
        return True
    heap = f" {preset.name} {' '.join(preset.tags)}".casefold()
    return all(f" {word}" in heap for word in query.text.casefold().split())


def family_of(tags: tuple[str, ...]) -> str:
    """The family that tags name; empty if they name none."""
    number = family_named_by(tags)
    return "" if number is None else FAMILIES[number]


def _made_up(number: int) -> Preset:
    sound, (thing, family) = _SOUNDS[number % 10], _THINGS[number // 10 % 12]
    kind = _KINDS[number % 4]
    serial = number // 120
    name = f"{sound.capitalize()} {thing}" + (f" {serial + 1}" if serial else "")
    summary = {
        "text": f'"{sound} {thing.lower()}"',
        "audio": f"{thing.lower()}-{number}.flac",
        "blend": f"0.6 × {thing} + 0.4 × Small Bell",
    }[kind]
    return Preset(
        id=f"{number:032x}",
        name=name,
        version=1 + number % 3,
        kind=kind,
        summary=summary,
        tags=tuple(sorted({family, sound})),
        rating=number * 7 % 6,
        favourite=number % 9 == 0,
        factory=number % 5 < 2,
        created_at=_BEGAN,
        changed_at=_BEGAN + timedelta(minutes=number * 7919 % 100_003),
    )


def _new_id() -> str:
    return f"{random.getrandbits(128):032x}"
