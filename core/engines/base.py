"""The interface every engine implements, and the values that cross it.

An engine takes requests (a clip, an embedding or a path of them, settings, a seed)
and gives audio. It never drops anything silently: what it cannot play of a clip
is in :meth:`Engine.limits`, which callers show before rendering.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from core.clip import Bend, Clip, Note
from core.engines.declaration import Ability, EngineDeclaration
from core.errors import SettingsError
from core.progress import ProgressCallback, always_continue
from core.settings import GAIN, RenderSettings
from core.types import Embedding, EmbeddingPath, FloatArray


@dataclass(frozen=True)
class RenderRequest:
    """One clip in one timbre.

    Attributes:
        clip: what to play.
        embedding: float32 [512], unit norm, or a path of them.
        settings: how to decode. An engine leaves :data:`core.settings.GAIN` to its caller.
        seed: the same seed, model and device give the same samples.
    """

    clip: Clip
    embedding: Embedding
    settings: RenderSettings = field(default_factory=RenderSettings)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """Something of a clip that an engine cannot play, or plays differently.

    Attributes:
        code: stable, for programs: ``pitch_range``, ``velocity_steps``, ``bend``,
            ``embedding_path``, ``setting_ignored``, …
        message: one line, for people.
        notes: every note it touches; empty when it is about the request as a whole.
    """

    code: str
    message: str
    notes: tuple[Note, ...] = ()


class LiveStream(Protocol):
    """Notes go in as they are played, sound comes out block by block.

    Times are samples from the beginning of the next block.

    Attributes:
        sample_rate: of the sound, Hz.
        latency: samples by which everything sounds later than it was asked for.
    """

    sample_rate: int
    latency: int

    @property
    def sounding(self) -> int:
        """How many voices sound."""

    def note_on(self, pitch: int, velocity: int, at: int = 0, bend: Bend = ()) -> int:
        """Begin a note.

        Args:
            pitch: MIDI key number, 0–127.
            velocity: 1–127.
            at: samples from the beginning of the next block, ≥ 0.
            bend: its curve, as of :class:`core.clip.Note`.

        Returns:
            Its id, for :meth:`release` and :meth:`bend`.
        """

    def note_off(self, pitch: int, at: int = 0) -> None:
        """Release the note of a key, the one that began first if it has several.

        Args:
            pitch: MIDI key number, 0–127.
            at: samples from the beginning of the next block, ≥ 0.
        """

    def release(self, note_id: int, at: int = 0) -> None:
        """Release a note by its id.

        Args:
            note_id: from :meth:`note_on`.
            at: samples from the beginning of the next block, ≥ 0.
        """

    def all_notes_off(self, at: int = 0) -> None:
        """Release every note that has begun by then."""

    def bend(self, semitones: float, note_id: int | None = None, at: int = 0) -> None:
        """Turn a wheel, as of :attr:`~core.engines.declaration.Ability.BENDS`.

        Args:
            semitones: where it stands, up or down; what it adds to notes' own curves.
            note_id: from :meth:`note_on`; None for all notes, those that begin later too.
            at: samples from the beginning of the next block, ≥ 0.
        """

    def set_timbre(self, embedding: Embedding) -> None:
        """Play on in another timbre."""

    def process(self, samples: int) -> FloatArray:
        """The next block: float32 [samples], finite."""


class Engine(ABC):
    """Turns notes and an embedding into audio.

    Attributes:
        declaration: its name, settings and abilities.
        sample_rate: of the audio :meth:`render` returns, Hz.
    """

    declaration: ClassVar[EngineDeclaration]
    sample_rate: int

    @abstractmethod
    def limits(self, request: RenderRequest) -> list[Limit]:
        """What this engine cannot play of the request; empty when nothing."""

    @abstractmethod
    def render(
        self, requests: Sequence[RenderRequest], on_progress: ProgressCallback = always_continue
    ) -> list[FloatArray]:
        """Render a batch.

        Each request gets the audio it would get alone (to within the rounding of the
        device's arithmetic), starting exactly at its clip's start.

        Args:
            requests: any number of them.
            on_progress: called with the fraction done; answering False cancels.

        Returns:
            For each request float32 [channels, frames], finite. Peaks may exceed ±1 where many
            notes sound: what becomes of them is the caller's matter, who knows the gain.

        Raises:
            Cancelled: if ``on_progress`` answered False.
        """

    def stream(self, embedding: Embedding, *, seed: int = 0, max_voices: int = 64) -> LiveStream:
        """Play live; for engines with :attr:`~core.engines.declaration.Ability.LIVE`.

        Args:
            embedding: the timbre to begin with.
            seed: with the same one, the same notes sound the same.
            max_voices: most notes sounding at once, ≥ 1.

        Raises:
            SettingsError: if the engine renders whole clips only.
        """
        raise SettingsError(f"the {self.declaration.name} engine renders whole clips only")


def still_embedding(request: RenderRequest) -> FloatArray:
    """The one embedding that an engine without a moving timbre plays: a path's mean over the clip.

    Args:
        request: with a path or not.

    Returns:
        float32 [512].
    """
    if isinstance(request.embedding, EmbeddingPath):
        return request.embedding.mean(request.clip.length_s)
    return request.embedding


def unplayed_path(engine: EngineDeclaration, request: RenderRequest) -> list[Limit]:
    """The limit that says that an engine does not follow a timbre that moves; none if it does.

    Args:
        engine: by its declaration.
        request: with a path or not.
    """
    path = request.embedding
    if Ability.MOVING_TIMBRE in engine.abilities or not isinstance(path, EmbeddingPath):
        return []
    if len(path.times_s) == 1:
        return []
    message = (
        f"the {engine.name} engine cannot play a timbre that moves: its mean over the clip sounds"
    )
    return [Limit("embedding_path", message)]


def unplayed_bends(engine: EngineDeclaration, clip: Clip) -> list[Limit]:
    """The limit that says which notes' bends an engine does not play; none if it plays them.

    Args:
        engine: by its declaration.
        clip: of a request.
    """
    if Ability.BENDS in engine.abilities:
        return []
    bent = tuple(note for note in clip.notes if note.is_bent)
    if not bent:
        return []
    have = "1 note has a bend" if len(bent) == 1 else f"{len(bent)} notes have bends"
    message = f"{have} of pitch, which the {engine.name} engine cannot play: the key sounds"
    return [Limit("bend", message, bent)]


def ignored_settings(engine: EngineDeclaration, settings: RenderSettings) -> list[Limit]:
    """The limit that says which of the given settings an engine does not have; none if all.

    Args:
        engine: by its declaration.
        settings: of a request.
    """
    declared = {GAIN.name, *(setting.name for setting in engine.settings)}
    ignored = [name for name in settings if name not in declared]
    if not ignored:
        return []
    have = "has" if len(ignored) == 1 else "have"
    message = (
        f"the {engine.name} engine has no such settings: {', '.join(ignored)} {have} no effect"
    )
    return [Limit("setting_ignored", message)]
