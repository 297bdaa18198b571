"""The interface every engine implements, and the values that cross it.

An engine takes requests (a clip, an embedding or a path of them, settings, a seed)
and gives audio. It never drops anything silently: what it cannot say about a clip
is in :meth:`Engine.limits`, which callers show before rendering.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.clip import Clip, Note
from core.progress import Progress, always_continue
from core.settings import RenderSettings
from core.types import Embedding, FloatArray


@dataclass(frozen=True)
class RenderRequest:
    """One clip in one timbre.

    Attributes:
        clip: what to play.
        embedding: float32 [512], unit norm, or a path of them.
        settings: how to decode.
        seed: the same seed, model and device give the same samples.
    """

    clip: Clip
    embedding: Embedding
    settings: RenderSettings = field(default_factory=RenderSettings)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """Something an engine cannot say about a clip, or says differently.

    Attributes:
        code: stable, for programs: ``pitch_range``, ``velocity_steps``, ``setting_ignored``, …
        message: one line, for people.
        notes: every note it touches; empty when it is about the request as a whole.
    """

    code: str
    message: str
    notes: tuple[Note, ...] = ()


class Engine(ABC):
    """Turns notes and an embedding into audio.

    Attributes:
        sample_rate: of the audio :meth:`render` returns, Hz.
    """

    sample_rate: int

    @abstractmethod
    def limits(self, request: RenderRequest) -> list[Limit]:
        """What this engine cannot say about the request; empty when nothing."""

    @abstractmethod
    def render(
        self, requests: Sequence[RenderRequest], on_progress: Progress = always_continue
    ) -> list[FloatArray]:
        """Render a batch.

        Each request gets the audio it would get alone (to within the rounding of the
        device's arithmetic), starting exactly at its clip's start.

        Returns:
            For each request float32 [channels, frames], finite, |x| ≤ 1.

        Raises:
            Cancelled: if ``on_progress`` answered False.
        """
