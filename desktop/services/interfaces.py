"""The interfaces that pages know: no widget knows SQL, OSC, torch or a sound device.

Methods that may take time are marked *slow*: call them in :meth:`desktop.tasks.Tasks.run` only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.clip import Clip
from core.library.presets import Neighbour, Preset, PresetBlend, PresetOrder, PresetPage
from core.timbre import Timbre
from core.types import FloatArray
from desktop.tasks import TaskControl


@dataclass(frozen=True)
class PresetQuery:
    """What a list of presets shows.

    Attributes:
        text: words; empty finds everything.
        kind: ``audio``, ``text`` or ``blend``; empty for all.
        tag: only presets with it; empty for all.
        favourites: only these.
        mine: True for the user's own only, False for the factory's only, None for both.
        order: of the list, if ``text`` is empty.
        like: id of a preset; the list is then of what sounds like it, the nearest first.
    """

    text: str = ""
    kind: str = ""
    tag: str = ""
    favourites: bool = False
    mine: bool | None = None
    order: PresetOrder = "name"
    like: str = ""


@dataclass(frozen=True)
class PresetDetails:
    """What a detail pane shows of one preset.

    Attributes:
        preset: as it is now.
        recipe: in lines for people; of a blend each part with its weight.
        parts: presets that a blend is made of, by name; those that still exist.
        versions: numbers of all its versions, oldest first.
        gain_db: that makes it as loud as others; None if it was not measured yet.
    """

    preset: Preset
    recipe: tuple[str, ...]
    parts: tuple[str, ...] = ()
    versions: tuple[int, ...] = (1,)
    gain_db: float | None = None


class PresetService(Protocol):
    """Presets. All methods are slow."""

    def page(self, query: PresetQuery, offset: int, limit: int) -> PresetPage: ...
    def neighbours(
        self, preset_id: str, limit: int, control: TaskControl
    ) -> Sequence[Neighbour]: ...
    def tags(self) -> Sequence[tuple[str, int]]: ...
    def details(self, preset_id: str) -> PresetDetails: ...
    def add(self, name: str, timbre: Timbre | PresetBlend, control: TaskControl) -> Preset: ...
    def edit(
        self,
        preset_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        rating: int | None = None,
        favourite: bool | None = None,
    ) -> Preset: ...
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

    def import_file(self, file: Path, control: TaskControl) -> Preset: ...
    def export_file(self, preset_id: str, folder: Path) -> Path: ...
    def picture(self, preset_id: str, control: TaskControl) -> FloatArray | None:
        """A small spectral picture, float32 [bands, times] in 0…1; None if it cannot be made."""
        ...


class AuditionService(Protocol):
    """Presets and clips to sound files."""

    def phrases(self) -> Sequence[str]:
        """Names of the phrases there are; quick."""
        ...

    def render(self, preset_id: str, clip: Clip | str, control: TaskControl) -> Path:
        """The file of a preset playing a clip, or a phrase by its name; slow unless kept."""
        ...

    def warm_up(self, control: TaskControl) -> None:
        """Load what a first render would have to load; slow."""
        ...


class AudioOut(Protocol):
    """Sound out of this machine. All methods are quick."""

    def play(self, audio: FloatArray, sample_rate: int) -> None: ...
    def stop(self) -> None: ...

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

    @property
    def problem(self) -> str:
        """Why nothing can be heard, in words; empty if it can."""
        ...
