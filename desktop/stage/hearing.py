"""From a preset and a clip to a sound with its outline: what the stage has done on a lane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.clip import Clip
from core.timbre import Timbre
from core.types import FloatArray
from desktop.services.interfaces import AuditionService
from desktop.tasks import TaskControl


@dataclass(frozen=True)
class HeardSound:
    """A sound to play and to draw.

    Attributes:
        file: its file.
        audio: float32 [channels, frames].
        sample_rate: Hz.
        peaks: its outline, of :func:`desktop.stage.peaks.waveform_peaks`.
    """

    file: Path
    audio: FloatArray
    sample_rate: int
    peaks: FloatArray

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.audio.shape[1] / self.sample_rate


def hear(
    auditions: AuditionService, chosen: str | Timbre, clip: Clip | str, control: TaskControl
) -> HeardSound:
    """Render, unless it is there, and read it.

    Args:
        auditions: renders.
        chosen: id of the preset to play, or a timbre that is none yet.
        clip: or a phrase by its name.
        control: of the task.
    """
    from core.audio import read_audio
    from desktop.stage.peaks import waveform_peaks

    if isinstance(chosen, str):
        file = auditions.render(chosen, clip, control)
    else:
        file = auditions.render_timbre(chosen, clip, control)
    audio, rate = read_audio(file)
    return HeardSound(file, audio, rate, waveform_peaks(audio))
