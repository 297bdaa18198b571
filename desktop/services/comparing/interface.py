"""What pages know of comparing: versions of presets, and two of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.timbre import Timbre
from core.types import FloatArray
from desktop.tasks import TaskControl


@dataclass(frozen=True)
class VersionFacts:
    """A version of a preset.

    Attributes:
        preset_id, name: of the preset, as it is now.
        number: of the version.
        made_at: in UTC.
        summary: its recipe in a line.
        is_current: whether it is what the preset is now.
    """

    preset_id: str
    name: str
    number: int
    made_at: datetime
    summary: str
    is_current: bool


@dataclass(frozen=True)
class ComparedPreset:
    """One side of a comparison.

    Attributes:
        version: which.
        recipe: in lines for people.
        timbre: to hear it by.
        places: between adjectives, 0…1, by their names; empty if it cannot be measured.
        picture: float32 [bands, times] in 0…1; None if there is none.
        problem: why something is missing, in words; empty if nothing is.
    """

    version: VersionFacts
    recipe: tuple[str, ...]
    timbre: Timbre
    places: Mapping[str, float] = field(default_factory=dict)
    picture: FloatArray | None = None
    problem: str = ""


class CompareService(Protocol):
    """Versions, and two sounds side by side. All methods are slow."""

    def versions(self, preset_id: str) -> Sequence[VersionFacts]:
        """A preset's versions, oldest first."""
        ...

    def compared_sound(self, version: VersionFacts, control: TaskControl) -> ComparedPreset:
        """One side: measured and drawn, rendered for it if it was not yet."""
        ...

    def likeness(
        self, first: ComparedPreset, second: ComparedPreset, control: TaskControl
    ) -> float:
        """How like each other two sounds are: the cosine between their embeddings, −1…1."""
        ...
