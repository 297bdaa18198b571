"""Measures that are made up: every third preset is still to be measured."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange, adjective_named
from core.library.presets import Preset, PresetBlend, PresetMeasures

if TYPE_CHECKING:
    from desktop.tasks import TaskControl


class FakeMeasures:
    """A :class:`~desktop.services.measures.interface.MeasureService` in memory.

    Attributes:
        measured: ids of presets that were measured, in turn.
        silent: names of presets that have nothing to measure.
    """

    def __init__(self) -> None:
        self.measured: list[str] = []
        self.silent: set[str] = set()
        self._edits: dict[str, dict[str, float]] = {}

    def measures(self, preset_ids: Sequence[str]) -> Mapping[str, PresetMeasures]:
        """See the interface, as all that follow."""
        self._check()
        return {preset_id: self._measures(preset_id) for preset_id in preset_ids}

    def measure(self, preset_id: str, control: TaskControl) -> PresetMeasures:
        from core.errors import SettingsError

        self._check()
        name = self._get(preset_id).name
        if name in self.silent:
            raise SettingsError(f"{name} is silent, so there is nothing to measure")
        self.measured.append(preset_id)
        return self._measures(preset_id)

    def edit_measure(self, preset_id: str, adjective: str, place: float | None) -> PresetMeasures:
        self._check()
        edits = self._edits.setdefault(preset_id, {})
        edits.pop(adjective, None)
        if place is not None:
            edits[adjective] = place
        return self._measures(preset_id)

    def features(self, preset_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        self._check()
        found = {}
        for preset_id in preset_ids:
            places = self._measures(preset_id).places
            ends = {
                "percussive": ("attack", 0.6),
                "sustained": ("length", 0.6),
                "vibrato": ("vibrato", 0.12),
            }
            names = (
                name for name, (measure, low) in ends.items() if places.get(measure, 0.0) > low
            )
            found[preset_id] = tuple(names)
        return found

    def not_measured(self) -> int:
        self._check()
        return sum(not self._measures(id).places for id in self._all_ids())

    def vary(self, preset_id: str, adjective: str, is_higher: bool, control: TaskControl) -> Preset:
        self._check()
        name = self._get(preset_id).name
        word = "near"
        if adjective:
            pair = adjective_named(adjective)
            word = pair.higher if is_higher else pair.lower
        made = self.add(f"{name}, {word}", PresetBlend([(name, 1.0)]), control)
        return self._put(replace(made, factory=False))

    def add(self, name: str, timbre: PresetBlend, control: TaskControl) -> Preset:
        raise NotImplementedError

    def _measures(self, preset_id: str) -> PresetMeasures:
        rng = random.Random(preset_id)
        places = {adjective.name: round(rng.random(), 3) for adjective in ADJECTIVES}
        places["vibrato"] = 0.3 if places["noise"] > 0.7 else 0.0
        is_known = preset_id in self.measured or rng.random() > 0.33
        return PresetMeasures(places if is_known else {}, dict(self._edits.get(preset_id, {})))

    def _is_in(self, preset: Preset, ranges: Sequence[MeasuredRange]) -> bool:
        if not ranges:
            return True
        places = self._measures(preset.id).places
        return all(
            one.adjective in places and one.low <= places[one.adjective] <= one.high
            for one in ranges
        )

    def _in_order(self, preset: Preset, word: str) -> tuple[object, ...]:
        for adjective in ADJECTIVES:
            if word in (adjective.low, adjective.high):
                place = self._measures(preset.id).places.get(adjective.name, 2.0)
                return (place == 2.0, place if word == adjective.low else -place)
        raise KeyError(word)

    def _all_ids(self) -> Sequence[str]:
        raise NotImplementedError

    def _check(self) -> None:
        raise NotImplementedError

    def _get(self, preset_id: str) -> Preset:
        raise NotImplementedError

    def _put(self, preset: Preset) -> Preset:
        raise NotImplementedError
