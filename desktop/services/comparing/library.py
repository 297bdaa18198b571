"""Versions of a library's presets, and two of them side by side, for the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.clip import Clip
from core.errors import TimbreError
from core.timbre import AudioTimbre, Timbre
from desktop.services.comparing.interface import ComparedPreset, VersionFacts
from desktop.services.measures.library import LibraryMeasures, PresetRender

if TYPE_CHECKING:
    from core.encoders.base import TimbreEncoder
    from core.types import FloatArray
    from desktop.tasks import TaskControl

TimbreRender = Callable[[Timbre, Clip | str, "TaskControl"], Path]
"""A timbre and a clip, or a phrase's name, to a sound file: ``AuditionService.render_timbre``."""

PICTURE_PHRASE = "note"


class LibraryComparing(LibraryMeasures):
    """A :class:`~desktop.services.comparing.interface.CompareService`.

    Args:
        render: as of :class:`~desktop.services.measures.library.LibraryMeasures`.
        render_timbre: makes the sound of an earlier version; without it, only those made of a
            recording have a picture, and none is measured.
    """

    def __init__(
        self, render: PresetRender | None, render_timbre: TimbreRender | None = None
    ) -> None:
        super().__init__(render)
        self._render_timbre = render_timbre

    def picture(self, preset_id: str, control: TaskControl) -> FloatArray | None:
        """See :class:`~desktop.services.interfaces.PresetService`, as all that follow."""
        raise NotImplementedError

    def _encoder(self) -> TimbreEncoder:
        raise NotImplementedError

    def versions(self, preset_id: str) -> Sequence[VersionFacts]:
        preset = self.library.get(preset_id)
        return [
            VersionFacts(preset.id, preset.name, number, made_at, summary, number == preset.version)
            for number, made_at, summary in self.library.version_facts(preset_id)
        ]

    def compared_sound(self, version: VersionFacts, control: TaskControl) -> ComparedPreset:
        preset = self.library.get(version.preset_id)
        recipe = tuple(self.library.stored_recipe(preset, version.number).lines())
        timbre = self.library.recipe(preset, version.number)
        places: Mapping[str, float] = {}
        picture: FloatArray | None = None
        problem = ""
        control.stage(f"measuring {preset.name}")
        try:
            if version.number == preset.version:
                places = self.measure(preset.id, control).places
                picture = self.picture(preset.id, control)
            else:
                places = self._places(timbre, control)
                picture = self._picture(timbre, control)
        except TimbreError as error:  # its recipe can be compared still
            problem = str(error)
        return ComparedPreset(version, recipe, timbre, places, picture, problem)

    def likeness(
        self, first: ComparedPreset, second: ComparedPreset, control: TaskControl
    ) -> float:
        return self.library.likeness(
            first.timbre, second.timbre, self._encoder(), control.progress, control.stage
        )

    def _places(self, timbre: Timbre, control: TaskControl) -> Mapping[str, float]:
        if self._render_timbre is None:
            return {}
        from core.audio import read_audio
        from core.descriptors.notes import describe
        from core.descriptors.phrase import MEASURING_PHRASE
        from core.library.measures.yardstick import places_of

        measured = describe(*read_audio(self._render_timbre(timbre, MEASURING_PHRASE, control)))
        return places_of(measured) if measured else {}

    def _picture(self, timbre: Timbre, control: TaskControl) -> FloatArray | None:
        from core.audio import read_audio
        from desktop.services.spectral_picture import SHOWN_S, spectral_picture

        if isinstance(timbre, AudioTimbre):
            sound = timbre.path
        elif self._render_timbre is not None:
            sound = self._render_timbre(timbre, PICTURE_PHRASE, control)
        else:
            return None
        return spectral_picture(*read_audio(sound, max_s=2 * SHOWN_S))
