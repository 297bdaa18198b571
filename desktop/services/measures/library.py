"""Measures of the presets of a library, for the window."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.clip import Clip
from core.descriptors.adjectives import Adjective, adjective_named
from core.errors import SettingsError
from core.library.presets import Neighbour, Preset, PresetBlend, PresetMeasures

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import TaskControl

PresetRender = Callable[[str, Clip | str, "TaskControl"], Path]
"""A preset's id and a clip, or a phrase's name, to a sound file: ``AuditionService.render``."""

_NEAR = 40
"""Neighbours that a variation is made of, at most."""

_NEAREST = 12
"""The same of something near."""


class LibraryMeasures:
    """A :class:`~desktop.services.measures.interface.MeasureService`.

    Args:
        render: makes the sound that is measured; without it nothing new is.
    """

    def __init__(self, render: PresetRender | None) -> None:
        self._render = render

    @property
    def library(self) -> Library:
        """The library; slow when first asked for."""
        raise NotImplementedError

    def neighbours(self, preset_id: str, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        """See :class:`~desktop.services.interfaces.PresetService`, as all that follow."""
        raise NotImplementedError

    def add(self, name: str, timbre: PresetBlend, control: TaskControl) -> Preset:
        raise NotImplementedError

    def measures(self, preset_ids: Sequence[str]) -> Mapping[str, PresetMeasures]:
        return self.library.measures(preset_ids)

    def features(self, preset_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        from core.library.measures.yardstick import features_of

        measures = self.library.measures(preset_ids)
        return {preset_id: features_of(found.places) for preset_id, found in measures.items()}

    def measure(self, preset_id: str, control: TaskControl) -> PresetMeasures:
        known = self.library.measures([preset_id]).get(preset_id)
        if known is not None and known.is_measured:
            return known
        if self._render is None:
            raise SettingsError("nothing here plays presets, so none can be measured")
        from core.audio import read_audio
        from core.descriptors.notes import describe
        from core.descriptors.phrase import MEASURING_PHRASE

        preset = self.library.get(preset_id)
        sound = self._render(preset_id, MEASURING_PHRASE, control)
        try:
            measured = describe(*read_audio(sound))
        finally:
            with contextlib.suppress(OSError):  # nobody wants to hear it
                sound.unlink()
        if not measured:
            raise SettingsError(f"{preset.name} is silent, so there is nothing to measure")
        return self.library.keep_measures(preset, measured)

    def edit_measure(self, preset_id: str, adjective: str, place: float | None) -> PresetMeasures:
        return self.library.edit_place(preset_id, adjective, place)

    def not_measured(self) -> int:
        return self.library.not_measured()

    def vary(self, preset_id: str, adjective: str, is_higher: bool, control: TaskControl) -> Preset:
        preset = self.library.get(preset_id)
        if not adjective:
            return self._nearby(preset, control)
        return self._further(preset, adjective_named(adjective), is_higher, control)

    def _further(
        self, preset: Preset, pair: Adjective, is_higher: bool, control: TaskControl
    ) -> Preset:
        from core.library.measures.variations import OWN_SHARES, further

        word = pair.higher if is_higher else pair.lower
        control.stage(f"looking for what is {word}")
        # Its own edits are a word about it, not a sound: what it measures is what counts.
        place = self.measure(preset.id, control).measured[pair.name]
        near = self.neighbours(preset.id, _NEAR, control)
        measures = self.library.measures([other.preset.id for other in near])
        made: Preset | None = None
        is_further = False
        try:
            for share in OWN_SHARES:
                blend = further(
                    preset, place, near, measures, pair, is_higher=is_higher, own_share=share
                )
                if blend is None:
                    break
                if made is None:
                    made = self._add_named(f"{preset.name}, {word}", blend, control)
                else:
                    made = self.library.edit(made.id, timbre=blend)
                found = self.measure(made.id, control).measured[pair.name]
                is_further = (found > place) if is_higher else (found < place)
                if is_further:
                    return made
        finally:
            if made is not None and not is_further:  # cancelled, too: it was only tried
                self.library.remove(made.id)
        raise SettingsError(
            f"nothing like {preset.name} that was measured makes it {word}; add presets, or scroll "
            "through those you have, so that they are measured"
        )

    def _nearby(self, preset: Preset, control: TaskControl) -> Preset:
        from core.library.measures.variations import nearby

        blend = nearby(preset, self.neighbours(preset.id, _NEAREST, control), random.Random())
        if blend is None:
            raise SettingsError(f"there is no preset near {preset.name}; add some first")
        return self._add_named(f"{preset.name}, near", blend, control)

    def _add_named(self, name: str, blend: PresetBlend, control: TaskControl) -> Preset:
        from core.library.errors import NameTaken
        from core.library.presets import MAX_NAME_CHARACTERS

        count = 1
        while True:
            number = "" if count == 1 else f" ({count})"
            try:
                return self.add(name[: MAX_NAME_CHARACTERS - len(number)] + number, blend, control)
            except NameTaken:
                count += 1
