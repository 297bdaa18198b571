"""An encoder that is loaded when it is first asked to encode.

Much is done without encoding anything: embeddings that were computed before need only be looked
up, and for that it is enough to know whose they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from core.encoders.base import AudioEncoding, TimbreEncoder
from core.progress import LOADING, ProgressCallback, StageCallback, always_continue, ignore_stage
from core.types import FloatArray


class DeferredEncoder(TimbreEncoder):
    """See :class:`core.encoders.base.TimbreEncoder`.

    Args:
        encoder_id, sha256, fingerprint: those of the encoder that will be loaded.
        load: loads it; may raise :class:`core.errors.ModelError`, and then so does what encodes.
        has_small_steps: as its own.
    """

    def __init__(
        self,
        encoder_id: str,
        sha256: str,
        fingerprint: str,
        load: Callable[[], TimbreEncoder],
        *,
        has_small_steps: bool = True,
    ) -> None:
        self.id, self.sha256, self.has_small_steps = encoder_id, sha256, has_small_steps
        self._fingerprint, self._load = fingerprint, load

    @property
    def fingerprint(self) -> str:
        """See the base class."""
        return self._fingerprint

    @cached_property
    def _encoder(self) -> TimbreEncoder:
        return self._load()

    def loaded(self, on_stage: StageCallback = ignore_stage) -> TimbreEncoder:
        """See the base class."""
        if "_encoder" not in self.__dict__:
            on_stage(LOADING)
        return self._encoder

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class."""
        return self._encoder.encode_audio(audio, sample_rate)

    def encode_audio_with_remarks(
        self,
        audio: FloatArray,
        sample_rate: int,
        on_progress: ProgressCallback = always_continue,
    ) -> AudioEncoding:
        """See the base class."""
        return self._encoder.encode_audio_with_remarks(audio, sample_rate, on_progress)

    def encode_audio_fast(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class."""
        return self._encoder.encode_audio_fast(audio, sample_rate)

    def encode_text(self, text: str) -> FloatArray:
        """See the base class."""
        return self._encoder.encode_text(text)
