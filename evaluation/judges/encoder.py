"""A timbre encoder as a judge: the shipped model's own, or LAION-CLAP.

An encoder judges leniently what was trained with it; :attr:`TimbreJudge.trained_with` says what.
"""

from __future__ import annotations

import numpy as np

from core.encoders.base import TimbreEncoder
from core.types import EMBEDDING_DIM, FloatArray
from evaluation.judges.base import TimbreJudge

MIN_SECONDS = 0.05
"""Shorter sounds are followed by silence to this length: an encoder needs frames to look at."""


class EncoderJudge(TimbreJudge):
    """See :class:`evaluation.judges.base.TimbreJudge`. A sound is one window, as encoders see it.

    The embedded encoder hears the loudest eight seconds, LAION-CLAP the loudest ten.

    Args:
        encoder: gives the embeddings.
        name, title: see the base class.
        trained_with: see the base class.
    """

    version = 1

    def __init__(
        self, encoder: TimbreEncoder, name: str, title: str, trained_with: frozenset[str]
    ) -> None:
        self._encoder = encoder
        self.name, self.title, self.trained_with = name, title, trained_with
        self.sha256 = encoder.sha256

    @property
    def dimension(self) -> int:
        """See the base class."""
        return EMBEDDING_DIM

    def listen(self, sound: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class."""
        short = max(0, round(MIN_SECONDS * sample_rate) - len(sound))
        # What an encoder does beyond its network takes seconds for each sound.
        return self._encoder.encode_audio_fast(np.pad(sound, (0, short))[None], sample_rate)[None]
