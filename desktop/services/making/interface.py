"""What the Make page knows of recordings, of the microphone, and of presets near to words.

Methods that may take time are marked *slow*: call them in :meth:`desktop.tasks.Tasks.run` only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.library.presets import Neighbour
from core.types import FloatArray
from desktop.tasks import TaskControl

if TYPE_CHECKING:
    from core.audio.regions import SoundOutline
    from core.encoders.base import HeardNotes

MIN_REGION_S, MAX_REGION_S = 0.05, 60.0
"""Of a recording, what a timbre can be taken from: :mod:`core.audio` reads no more at once."""


class RecordingService(Protocol):
    """Recordings as files. All methods are slow."""

    def outline(
        self, file: Path, start_s: float, end_s: float | None, control: TaskControl
    ) -> SoundOutline:
        """What a waveform draws, of a part of a recording or of all of it.

        Args:
            file: the recording, of any length.
            start_s: where the part begins, seconds.
            end_s: where it ends; None is the end of the recording.
            control: of the task.

        Raises:
            AudioError: if it cannot be read.
            Cancelled: if nobody wants it any more.
        """
        ...

    def sound(self, file: Path, start_s: float, end_s: float) -> tuple[FloatArray, int]:
        """A part's samples, float32 [channels, frames], and their rate in Hz.

        Args:
            file: the recording.
            start_s, end_s: of the part, seconds.

        Raises:
            AudioError: if it cannot be read.
        """
        ...

    def heard_notes(
        self, file: Path, start_s: float, end_s: float, control: TaskControl
    ) -> HeardNotes:
        """What the listener hears in a part, in seconds from the recording's beginning.

        Args:
            file: the recording.
            start_s, end_s: of the part, seconds; at most :data:`MAX_REGION_S`.
            control: of the task.

        Raises:
            AudioError: if it cannot be read, or is silent.
            Cancelled: if nobody wants it any more.
        """
        ...

    def part(self, file: Path, region: tuple[float, float] | None, control: TaskControl) -> Path:
        """A file of a part alone, for a timbre to be made of; the same for the same part.

        Args:
            file: the recording.
            region: start and end, seconds; None is the whole recording.
            control: of the task.

        Raises:
            AudioError: if it cannot be read.
            OutputError: if it cannot be written.
        """
        ...

    def kept(self) -> Sequence[Path]:
        """Recordings of the microphone that no preset was made of yet, the newest first."""
        ...

    def release(self, file: Path) -> Path:
        """Keep a recording of :meth:`kept` no longer, now that it is a preset.

        Returns:
            Where it is from now on, for as long as the cache keeps it; a file that is none of
            these stays where it is.
        """
        ...


@dataclass(frozen=True)
class RecordingState:
    """How recording stands.

    Attributes:
        is_recording: whether sound is being written down.
        seconds: of sound so far.
        level_db: peak of what came last, dB under full scale; −inf in silence.
        loudest_db: peak of all of it.
        problem: why nothing is recorded, and what to do; empty if it is.
        file: that was finished last; None while one is written.
    """

    is_recording: bool = False
    seconds: float = 0.0
    level_db: float = -math.inf
    loudest_db: float = -math.inf
    problem: str = ""
    file: Path | None = None


class RecordingInput(Protocol):
    """A microphone. All methods are quick."""

    def devices(self) -> Sequence[str]:
        """Names of those that are there; may be none."""
        ...

    def start(self, device: str = "") -> None:
        """Record from now on, into a file; what keeps it from that is in the state.

        Args:
            device: by name; empty for the system's own.
        """
        ...

    def stop(self) -> None:
        """Record no more; the file is in the state once it is finished."""
        ...

    @property
    def state(self) -> RecordingState: ...


class WordService(Protocol):
    """Presets by what words sound like."""

    def nearest(self, words: str, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        """The presets nearest to a description, the nearest first; slow.

        Args:
            words: the description.
            limit: presets, at most.
            control: of the task.

        Raises:
            ModelMissing, ModelDamaged: if words cannot be listened to on this machine.
            Cancelled: if nobody wants it any more.
        """
        ...


@dataclass(frozen=True)
class MakingServices:
    """What the Make page is given besides presets.

    Attributes:
        recordings, microphone, words: as their interfaces say.
    """

    recordings: RecordingService
    microphone: RecordingInput
    words: WordService

    def close(self) -> None:
        """Let go of processes, devices and files, of those that hold any."""
        for service in (self.microphone, self.recordings, self.words):
            close = getattr(service, "close", None)
            if close is not None:
                close()
