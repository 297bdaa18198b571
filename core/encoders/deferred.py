"""An encoder that is loaded when it is first asked to encode.

Much is done without encoding anything: embeddings that were computed before need only be looked
up, and for that it is enough to know whose they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from core.encoders.base import AudioEncoding, TimbreEncoder
from core.types import FloatArray


class DeferredEncoder(TimbreEncoder):
    """See :class:`core.encoders.base.TimbreEncoder`.

    Args:
        encoder_id, sha256, fingerprint: those of the encoder that will be loaded.
        load: loads it; may raise :class:`core.errors.ModelError`, and then so does what encodes.
    """

    def __init__(
        self, encoder_id: str, sha256: str, fingerprint: str, load: Callable[[], TimbreEncoder]
    ) -> None:
        self.id, self.sha256 = encoder_id, sha256
        self._fingerprint, self._load = fingerprint, load

    @property
    def fingerprint(self) -> str:
        """See the base class."""
        return self._fingerprint

    @cached_property
    def _encoder(self) -> TimbreEncoder:
        return self._load()

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class."""
        return self._encoder.encode_audio(audio, sample_rate)

    def encode_audio_with_remarks(self, audio: FloatArray, sample_rate: int) -> AudioEncoding:
        """See the base class."""
        return self._encoder.encode_audio_with_remarks(audio, sample_rate)

    def encode_audio_fast(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class."""
        return self._encoder.encode_audio_fast(audio, sample_rate)

    def encode_text(self, text: str) -> FloatArray:
        """See the base class."""
        return self._encoder.encode_text(text)
