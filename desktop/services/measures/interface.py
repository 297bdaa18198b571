"""What pages know of measures: the half of a preset service that is about how presets sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.library.presets import Preset, PresetMeasures
from desktop.tasks import TaskControl


class MeasureService(Protocol):
    """Measures of presets. All methods are slow."""

    def measures(self, preset_ids: Sequence[str]) -> Mapping[str, PresetMeasures]:
        """What is known, without measuring; presets that are gone are left out."""
        ...

    def features(self, preset_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Features (:mod:`core.descriptors.features`) that presets are known to have."""
        ...

    def measure(self, preset_id: str, control: TaskControl) -> PresetMeasures:
        """Have a preset play the measuring phrase, measure it and keep what it measures."""
        ...

    def edit_measure(self, preset_id: str, adjective: str, place: float | None) -> PresetMeasures:
        """Say where a preset stands between two adjectives.

        Args:
            preset_id: the preset.
            adjective: the pair's name.
            place: 0 (low) … 1 (high); None is as measured.
        """
        ...

    def not_measured(self) -> int:
        """How many presets have no place between adjectives, so that no range finds them."""
        ...

    def vary(self, preset_id: str, adjective: str, is_higher: bool, control: TaskControl) -> Preset:
        """Add a variation: *like this, but brighter*.

        Args:
            preset_id: the preset.
            adjective: the pair's name; empty for something near, whatever it measures.
            is_higher: towards the high end, or the low one.
            control: of the task.

        Raises:
            SettingsError: if nothing near is further in that direction.
        """
        ...
