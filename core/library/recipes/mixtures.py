"""Recipes that are made of others, which may be presets at one version."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core.errors import SettingsError
from core.library.recipes.single import (
    RecipePart,
    RecipeParts,
    Recording,
    StoredRecipe,
    require_recipe,
)
from core.timbre import BLEND_MODES, MAX_PARTS, Blend, BlendMode, Morph, Timbre
from core.timbre.base import stored_number
from core.timbre.positions import check_point_count, check_positions, describe_points, time_shares


@dataclass(frozen=True)
class StoredBlend(StoredRecipe):
    """A blend; weights are as in :class:`core.timbre.Blend`, which checks them."""

    kind: ClassVar[str] = Blend.kind
    parts: RecipeParts
    mode: BlendMode = "slerp"

    @property
    def children(self) -> RecipeParts:
        return self.parts

    def summary(self) -> str:
        return " + ".join(
            f"{weight:g} × " + (f"({part.summary()})" if part.children else part.summary())
            for part, weight in self.parts
        )

    def lines(self) -> list[str]:
        """The largest part first."""
        whole = sum(weight for _, weight in self.parts) or 1.0
        parts = sorted(self.parts, key=lambda part: -part[1])
        return [f"{100 * weight / whole:.0f} % {part.summary()}" for part, weight in parts]

    def with_children(self, change: Callable[[RecipePart], RecipePart]) -> StoredBlend:
        """See :meth:`StoredRecipe.with_children`."""
        return StoredBlend(tuple((change(part), weight) for part, weight in self.parts), self.mode)

    def to_data(self) -> dict[str, Any]:
        listed = [{"weight": weight, "recipe": part.to_data()} for part, weight in self.parts]
        return {"kind": self.kind, "mode": self.mode, "parts": listed}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], RecipePart]) -> StoredBlend | None:
        """See :meth:`RecipePart.read`."""
        listed, mode = data.get("parts"), data.get("mode")
        if mode not in BLEND_MODES or not isinstance(listed, list):
            return None
        if not 1 <= len(listed) <= MAX_PARTS:
            raise SettingsError(f"a blend has 1–{MAX_PARTS} parts, not {len(listed)}")
        parts = []
        for entry in listed:
            match entry:
                case {"weight": int() | float() as weight, "recipe": inner}:
                    parts.append((part(inner), stored_number(weight)))
                case _:
                    raise SettingsError("a part of a blend needs a weight and a recipe")
        return cls(tuple(parts), mode)

    def canonical(self) -> list[Any]:
        parts = [
            [repr(weight), json.dumps(require_recipe(p).canonical())] for p, weight in self.parts
        ]
        return [self.kind, self.mode, *parts]

    def to_timbre(self, path_of: Callable[[Recording], Path]) -> Blend:
        parts = tuple(
            (require_recipe(part).to_timbre(path_of), weight) for part, weight in self.parts
        )
        return Blend(parts, self.mode)

    @classmethod
    def of(
        cls, timbre: Any, stage: Callable[[Path], Recording], part: Callable[[Timbre], StoredRecipe]
    ) -> StoredBlend:
        """See :meth:`StoredRecipe.of`."""
        return cls(tuple((part(inner), weight) for inner, weight in timbre.parts), timbre.mode)


@dataclass(frozen=True)
class StoredMorph(StoredRecipe):
    """A morph; positions are as in :class:`core.timbre.Morph`, which checks them."""

    kind: ClassVar[str] = Morph.kind
    points: tuple[tuple[float, RecipePart], ...]

    @property
    def children(self) -> RecipeParts:
        shares = time_shares([position for position, _ in self.points])
        return tuple((there, share) for (_, there), share in zip(self.points, shares, strict=True))

    def summary(self) -> str:
        return describe_points(
            [
                (at, f"({there.summary()})" if there.children else there.summary())
                for at, there in self.points
            ]
        )

    def lines(self) -> list[str]:
        """In the order of time."""
        return [f"at {100 * position:.0f} %: {there.summary()}" for position, there in self.points]

    def with_children(self, change: Callable[[RecipePart], RecipePart]) -> StoredMorph:
        """See :meth:`StoredRecipe.with_children`."""
        return StoredMorph(tuple((position, change(there)) for position, there in self.points))

    def to_data(self) -> dict[str, Any]:
        listed = [{"position": at, "recipe": there.to_data()} for at, there in self.points]
        return {"kind": self.kind, "points": listed}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], RecipePart]) -> StoredMorph | None:
        """See :meth:`RecipePart.read`."""
        listed = data.get("points")
        if not isinstance(listed, list):
            return None
        check_point_count(len(listed))
        points = []
        for entry in listed:
            match entry:
                case {"position": int() | float() as position, "recipe": inner}:
                    points.append((stored_number(position), part(inner)))
                case _:
                    raise SettingsError("a point of a morph needs a position and a recipe")
        check_positions([position for position, _ in points])
        return cls(tuple(points))

    def canonical(self) -> list[Any]:
        points = [
            [repr(position), json.dumps(require_recipe(there).canonical())]
            for position, there in self.points
        ]
        return [self.kind, *points]

    def to_timbre(self, path_of: Callable[[Recording], Path]) -> Morph:
        return Morph(
            [
                (position, require_recipe(there).to_timbre(path_of))
                for position, there in self.points
            ]
        )

    @classmethod
    def of(
        cls, timbre: Any, stage: Callable[[Path], Recording], part: Callable[[Timbre], StoredRecipe]
    ) -> StoredMorph:
        """See :meth:`StoredRecipe.of`."""
        return cls(tuple((position, part(there)) for position, there in timbre.points))
