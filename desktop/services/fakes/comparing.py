"""Versions that are made up: the older, the darker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from core.timbre import TextTimbre
from desktop.services.comparing.interface import ComparedPreset, VersionFacts
from desktop.services.fakes.measures import FakeMeasures

if TYPE_CHECKING:
    from core.types import FloatArray
    from desktop.tasks import TaskControl


class FakeComparing(FakeMeasures):
    """A :class:`~desktop.services.comparing.interface.CompareService` in memory."""

    def picture(self, preset_id: str, control: TaskControl) -> FloatArray | None:
        """See the interface, as all that follow."""
        raise NotImplementedError

    def versions(self, preset_id: str) -> Sequence[VersionFacts]:
        self._check()
        preset = self._get(preset_id)
        return [
            VersionFacts(
                preset.id,
                preset.name,
                number,
                preset.changed_at - timedelta(days=preset.version - number),
                preset.summary if number == preset.version else f"{preset.summary}, try {number}",
                number == preset.version,
            )
            for number in range(1, preset.version + 1)
        ]

    def compared_sound(self, version: VersionFacts, control: TaskControl) -> ComparedPreset:
        self._check()
        places = dict(self.measure(version.preset_id, control).places)
        if not version.is_current:
            places["brightness"] /= 2
        picture = self.picture(version.preset_id, control)
        timbre = TextTimbre(version.summary)
        return ComparedPreset(version, (version.summary,), timbre, places, picture)

    def likeness(
        self, first: ComparedPreset, second: ComparedPreset, control: TaskControl
    ) -> float:
        return 1.0 if first.version.preset_id == second.version.preset_id else 0.62
