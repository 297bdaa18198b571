"""What the Takes page knows of clips and renders: no queue, no DAW, no file format.

Methods that may take time are marked *slow*: call them in :meth:`desktop.tasks.Tasks.run` only.
What is given is frozen; what changes is said by :class:`JobEvents`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from core.clip import Clip
from desktop.tasks import TaskControl

TakeState = Literal["queued", "running", "done", "failed", "cancelled"]

DROPPED = "dropped here"
"""Where a clip comes from that came as a file."""

TRIP = "the test trip"
"""Who sent a clip that is nobody's music: it tests the way from a DAW and back."""


@dataclass(frozen=True)
class ClipItem:
    """A clip that came from a DAW or from a file.

    Attributes:
        id: of its name and notes: what comes twice is one.
        clip: the notes.
        source: who sent it, for people.
        came_at: seconds since 1970; 0 if it came in an earlier run.
        remarks: what is to be said about its file, a line each.
    """

    id: str
    clip: Clip
    source: str
    came_at: float = 0.0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class TakeItem:
    """A render of a clip, from being asked for to its files.

    Attributes:
        id: of the job; later ones are higher.
        clip_id: which clip it plays.
        preset: what it plays it in, for people.
        source: who asked for it, for people.
        state: where it stands.
        stage: the same in words, such as ``rendering 42 %``.
        fraction: how far it is, 0…1.
        seconds_left: until it is done; None if that cannot be said yet.
        files: that are finished and there.
        error: why it failed, or what is wrong with its files; else empty.
        way_out: what to do about the error, in words.
        remarks: what the model could not play, a line each.
        seed: of the first file.
    """

    id: int
    clip_id: str
    preset: str
    source: str
    state: TakeState
    stage: str
    fraction: float = 0.0
    seconds_left: float | None = None
    files: tuple[Path, ...] = ()
    error: str = ""
    way_out: str = ""
    remarks: tuple[str, ...] = ()
    seed: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True)
class PresetChoice:
    """A preset to render in, as a chooser shows it."""

    id: str
    name: str


class JobEvents(QObject):
    """What happens, said on the thread of the window.

    Attributes:
        clip_came: a new :class:`ClipItem`, or one that came again.
        take_changed: a :class:`TakeItem` that is new or got further; many a second are one.
        said: one line about what concerns no single take: a renderer that died, say.
    """

    clip_came = pyqtSignal(object)
    take_changed = pyqtSignal(object)
    said = pyqtSignal(str)


class JobService(Protocol):
    """Clips, and renders of them."""

    @property
    def events(self) -> JobEvents:
        """Quick."""
        ...

    @property
    def under_way(self) -> int:
        """How many renders wait or run; quick."""
        ...

    def clips(self) -> Sequence[ClipItem]:
        """All that are known, those of earlier runs too, the newest first; slow."""
        ...

    def takes(self, clip_id: str) -> Sequence[TakeItem]:
        """Renders of a clip, the newest first; slow."""
        ...

    def presets(self, text: str) -> Sequence[PresetChoice]:
        """A few presets that fit what is typed; slow."""
        ...

    def add_file(self, file: Path, control: TaskControl) -> ClipItem:
        """Read a MIDI file; slow.

        Raises:
            UserInputError: if it is none, or has nothing to play.
        """
        ...

    def render_again(self, file: Path) -> TakeItem:
        """Queue the render that made one of our sound files, sample for sample; slow.

        Raises:
            UserInputError: if we did not make it.
            ModelMissing: if the weights that made it are not here.
        """
        ...

    def submit(
        self, clip_id: str, presets: Sequence[str], *, seed: int = 0, takes: int = 1
    ) -> Sequence[TakeItem]:
        """Queue renders of a clip, one for each preset and seed; slow.

        Args:
            clip_id: which clip.
            presets: ids or names.
            seed: of the first take; further takes count up.
            takes: of each preset, ≥ 1.

        Raises:
            UserInputError: if a preset is not there.
            ModelMissing: if the model is not on this machine.
        """
        ...

    def cancel(self, take_id: int) -> None:
        """Stop a render; slow."""
        ...

    def retry(self, take_id: int) -> TakeItem:
        """Queue a render again that failed, was cancelled, or whose files are gone; slow."""
        ...

    def put_first(self, take_id: int) -> None:
        """Render it next; slow."""
        ...

    def limits(self, clip_id: str, control: TaskControl) -> Sequence[str]:
        """What the model cannot play of a clip, or plays differently, a line each; slow.

        What is rendered now comes before.

        Args:
            clip_id: which clip.
            control: of the task that waits.

        Raises:
            Cancelled: if nobody waits any more.
            TimbreError: if it cannot be said.
        """
        ...
