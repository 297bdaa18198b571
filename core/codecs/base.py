"""The interface of a codec: sound to tokens and back."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from core.progress import ProgressCallback, always_continue
from core.types import FloatArray


class Codec(ABC):
    """Sound to tokens and back.

    Attributes:
        sample_rate: of the sound, Hz.
        codebooks: tokens in a frame.
        codebook_size: tokens each codebook has.
        hop: samples that a frame stands for.
        is_streaming: whether frames can be decoded as they come, without those after them.
    """

    sample_rate: int
    codebooks: int
    codebook_size: int
    hop: int
    is_streaming: bool = False

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop

    @abstractmethod
    def encode(self, audio: FloatArray) -> Tensor:
        """Waveform float32 [samples] → codes int64 [frames, codebooks].

        The last frame is filled up with zeros.
        """

    @abstractmethod
    def decode(self, codes: Tensor, on_progress: ProgressCallback = always_continue) -> FloatArray:
        """Codes → waveform.

        Args:
            codes: int64 [frames, codebooks], 0 … ``codebook_size`` − 1.
            on_progress: called while it decodes; answering False cancels.

        Returns:
            float32 [frames · hop], |x| ≤ 1.

        Raises:
            Cancelled: if ``on_progress`` answered False.
        """

    @abstractmethod
    def silence(self, frames: int) -> Tensor:
        """Codes of silence, int64 [frames, codebooks]."""
