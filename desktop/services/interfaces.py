"""The interfaces that pages know: no widget knows SQL, OSC, torch or a sound device.

Methods that may take time are marked *slow*: call them in :meth:`desktop.tasks.Tasks.run` only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.clip import Clip
from core.descriptors.adjectives import MeasuredRange
from core.library.presets import (
    ImportedPresets,
    Neighbour,
    Preset,
    PresetBlend,
    PresetMixture,
    PresetOrder,
    PresetPage,
)
from core.timbre import BlendMode, Timbre
from core.types import FloatArray
from desktop.services.comparing.interface import CompareService, VersionFacts
from desktop.services.measures.interface import MeasureService
from desktop.tasks import TaskControl

if TYPE_CHECKING:
    from core.library.timbre_map.points import MapPoints


MOST_LIKE = 200
"""Presets in a list of what sounds alike."""


@dataclass(frozen=True)
class PresetQuery:
    """What a list of presets shows.

    Attributes:
        text: words; empty finds everything.
        kind: ``audio``, ``text`` or ``blend``; empty for all.
        tag: only presets with it; empty for all.
        family: only presets with a tag that names it; empty for all.
        feature: only presets that were measured to have it; empty for all.
        favourites: only these.
        mine: True for the user's own only, False for the factory's only, None for both.
        order: of the list, if ``text`` is empty.
        like: id of a preset; the list is then of what sounds like it, the nearest first.
        aspect: the pair of adjectives by which it does; empty for the sound as a whole.
        ranges: only presets that were measured and are in all of these.
    """

    text: str = ""
    kind: str = ""
    tag: str = ""
    family: str = ""
    feature: str = ""
    favourites: bool = False
    mine: bool | None = None
    order: PresetOrder = "mine"
    like: str = ""
    aspect: str = ""
    ranges: tuple[MeasuredRange, ...] = ()


@dataclass(frozen=True)
class PresetDetails:
    """What a detail pane shows of one preset.

    Attributes:
        preset: as it is now.
        recipe: in lines for people; of a blend each part with its weight.
        parts: presets that a blend is made of, by name; those that still exist.
        versions: all of them, oldest first.
        features: of :mod:`core.descriptors.features`, that it was measured to have.
        gain_db: that makes it as loud as others; None if it was not measured yet.
    """

    preset: Preset
    recipe: tuple[str, ...]
    parts: tuple[str, ...] = ()
    versions: tuple[VersionFacts, ...] = ()
    gain_db: float | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class BlendPart:
    """A preset in a blend.

    Attributes:
        preset_id, name: of the preset, as it is now.
        weight: from 0 up; only proportions matter.
    """

    preset_id: str
    name: str
    weight: float


@dataclass(frozen=True)
class BlendRecipe:
    """What a preset that is a blend was made of, for changing it.

    Attributes:
        preset: the blend.
        parts: presets and their weights.
        mode: as of :class:`core.timbre.Blend`.
        remarks: what will be otherwise once it is kept anew, in words.
    """

    preset: Preset
    parts: tuple[BlendPart, ...]
    mode: BlendMode = "slerp"
    remarks: tuple[str, ...] = ()


class PresetService(MeasureService, CompareService, Protocol):
    """Presets. All methods are slow."""

    def page(self, query: PresetQuery, offset: int, limit: int) -> PresetPage: ...
    def neighbours(
        self, preset_id: str, limit: int, control: TaskControl
    ) -> Sequence[Neighbour]: ...
    def alike(self, query: PresetQuery, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        """What sounds like the preset of a query and meets the rest of it, the nearest first."""
        ...

    def map_points(self, query: PresetQuery, control: TaskControl) -> MapPoints | None:
        """Where the presets of a list stand on the map, in its order; None if there is no map."""
        ...

    def listen(self, control: TaskControl) -> int:
        """Listen to presets that were not heard yet; how many were."""
        ...

    def tags(self) -> Sequence[tuple[str, int]]: ...
    def details(self, preset_id: str) -> PresetDetails: ...
    def add(self, name: str, timbre: Timbre | PresetMixture, control: TaskControl) -> Preset: ...
    def edit(
        self,
        preset_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        rating: int | None = None,
        favourite: bool | None = None,
    ) -> Preset: ...
    def blend_recipe(self, preset_id: str) -> BlendRecipe:
        """What a blend is made of.

        Raises:
            TimbreError: if it is no blend of presets that are all still here.
        """
        ...

    def change_timbre(
        self, preset_id: str, timbre: Timbre | PresetBlend, control: TaskControl
    ) -> Preset:
        """Give a preset another recipe, as its next version."""
        ...

    def duplicate(self, preset_id: str) -> Preset: ...
    def restore_version(self, preset_id: str, number: int) -> Preset:
        """Make what a preset was at an earlier version its newest one."""
        ...

    def note_heard(self, preset_id: str) -> None:
        """It was heard or rendered just now, for the order ``recent``."""
        ...

    def remove(self, preset_id: str) -> Callable[[], Preset]:
        """Remove a preset; what is given puts it back as it was, with its id's marks and tags."""
        ...

    def import_file(self, file: Path, control: TaskControl) -> ImportedPresets: ...
    def export_file(self, preset_id: str, folder: Path) -> Path: ...
    def picture(self, preset_id: str, control: TaskControl) -> FloatArray | None:
        """A small spectral picture, float32 [bands, times] in 0…1; None if it cannot be made."""
        ...


@dataclass(frozen=True)
class DawFound:
    """A DAW that scripts of ours go into, as it is on this machine.

    Attributes:
        name: on the command line.
        title: for people, with its version if that is known.
        is_here: whether it was found.
        state: of our scripts there, in words; of a DAW that is not here, where it was looked for.
        can_install: whether :meth:`DawService.install` has something to do and may do it.
    """

    name: str
    title: str
    is_here: bool
    state: str
    can_install: bool


class DawService(Protocol):
    """DAWs on this machine. All methods are slow."""

    def found(self) -> Sequence[DawFound]: ...
    def install(self, name: str) -> Sequence[str]:
        """Put our scripts there; what is given is what the user has to do next, in the DAW."""
        ...


class AuditionService(Protocol):
    """Presets and clips to sound files."""

    def phrases(self) -> Sequence[str]:
        """Names of the phrases there are; quick."""
        ...

    def render(self, preset_id: str, clip: Clip | str, control: TaskControl) -> Path:
        """The file of a preset playing a clip, or a phrase by its name; slow unless kept."""
        ...

    def render_timbre(self, timbre: Timbre, clip: Clip | str, control: TaskControl) -> Path:
        """As :meth:`render`, of a timbre that is no preset yet; slow unless kept."""
        ...

    def warm_up(self, control: TaskControl) -> None:
        """Load what a first render would have to load; slow."""
        ...

    def keep(self, file: Path, name: str) -> Path:
        """A copy of a file of :meth:`render` that stays, for another program to use; slow.

        Args:
            file: to copy.
            name: of the copy, as people would call it, without suffix; made unique.
        """
        ...


class AudioOut(Protocol):
    """Sound out of this machine. All methods are quick."""

    def play(self, audio: FloatArray, sample_rate: int, start_s: float = 0.0) -> int:
        """Begin a sound, in place of the one that plays.

        Args:
            audio: float32 [channels, frames].
            sample_rate: Hz.
            start_s: where to begin, seconds.

        Returns:
            Its number, by which whoever began it knows :attr:`sound_number` again.
        """
        ...

    def seek(self, position_s: float) -> None:
        """Go on elsewhere in the sound that plays, seconds; nothing if none plays."""
        ...

    def replace(self, audio: FloatArray, sample_rate: int) -> None:
        """Go on with another sound at the place of the one that plays; nothing if none does."""
        ...

    def stop(self) -> None: ...

    @property
    def sound_number(self) -> int:
        """Of the sound that was asked for last; another one after each :meth:`play` and stop."""
        ...

    @property
    def is_playing(self) -> bool: ...

    @property
    def position_s(self) -> float: ...

    @property
    def level_db(self) -> float:
        """Of what sounds now, dB under full scale; −inf in silence."""
        ...

    def devices(self) -> Sequence[str]: ...

    @property
    def device(self) -> str: ...

    def choose(self, device: str) -> None:
        """Play through another device from now on; empty for the system's own."""
        ...

    def look_again(self) -> None:
        """Find devices that came and went; :meth:`devices` shows them a little later."""
        ...

    @property
    def problem(self) -> str:
        """Why nothing can be heard, in words; empty if it can."""
        ...

    @property
    def remark(self) -> str:
        """What changed by itself and is not in the way: a device that went away, say."""
        ...


_GONE = "was deleted; undo that in Browse, or choose another"


@dataclass(frozen=True)
class LiveState:
    """Where live playing stands.

    Attributes:
        words: what it is doing, such as ``loading the model``; empty when keys sound.
        problem: why keys cannot be heard; empty if they can.
        key_to_sound_ms: of the last key, from its press to its sound at the device's output;
            None before one.
        level_db: peak of what sounds now, dB under full scale; −inf in silence.
        dropouts: how often sound came too late.
        midi_inputs: keyboards that are listened to.
        midi_problem: why none can be; empty if they can.
        midi_keys: keys of those keyboards that are down.
        move_to_sound_ms: of the last move of a blend's weights, from the window to where its
            its sound begins to change at the device's output; None before one.
        deleted: id of the preset whose being gone is the problem; empty if it is not.
    """

    words: str = ""
    problem: str = ""
    key_to_sound_ms: float | None = None
    level_db: float = -math.inf
    dropouts: int = 0
    midi_inputs: tuple[str, ...] = ()
    midi_problem: str = ""
    midi_keys: tuple[int, ...] = ()
    move_to_sound_ms: float | None = None
    deleted: str = ""

    def problem_with(self, names: Mapping[str, str]) -> str:
        """The problem, with the name of the preset that is gone; by their ids."""
        name = names.get(self.deleted)
        return f"{name} {_GONE}" if name else self.problem


class LiveService(Protocol):
    """Keys that sound as they are pressed. All methods are quick."""

    def begin(self, preset_id: str, device: str = "") -> None:
        """Play a preset from now on, in place of one that plays, notes that sound included.

        Args:
            preset_id: to play.
            device: to play through; empty for the system's own.
        """
        ...

    def begin_blend(
        self, parts: Sequence[tuple[str, float]], device: str = "", *, mode: BlendMode = "slerp"
    ) -> None:
        """Play a blend of presets from now on, as :meth:`begin` plays one.

        Args:
            parts: ids of presets and their weights, from 0 up and not all 0.
            device: as of :meth:`begin`.
            mode: as of :class:`core.timbre.Blend`.
        """
        ...

    def set_weights(self, weights: Sequence[float]) -> None:
        """Move the blend that was begun last; nothing happens if that was a preset.

        Args:
            weights: of its parts, in their order, as of :meth:`begin_blend`.
        """
        ...

    @property
    def plays_blend(self) -> bool:
        """Whether what was begun last, and not ended since, is a blend."""
        ...

    def end(self) -> None:
        """Play no more, and let go of the sound device."""
        ...

    def note_on(self, pitch: int, velocity: int) -> None: ...
    def note_off(self, pitch: int) -> None: ...
    def all_notes_off(self) -> None: ...

    @property
    def state(self) -> LiveState: ...
