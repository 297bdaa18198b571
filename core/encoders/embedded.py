"""The embedded encoder: recordings and words, by networks that ship with the program."""

from __future__ import annotations

import numpy as np
import soxr
import torch

from core.encoders.base import TimbreEncoder, unit
from core.encoders.features import SAMPLE_RATE, loudest_stretch, spectral_features
from core.encoders.networks import RecordingNet, SentenceNet
from core.encoders.sentence import SentenceEncoder
from core.engines.base import FloatArray


class EmbeddedEncoder(TimbreEncoder):
    """See :class:`core.encoders.base.TimbreEncoder`.

    Runs on the CPU: one recording takes milliseconds, and the same samples must give the
    same vector on every machine a preset travels to.

    Args:
        recording: trained network for recordings.
        sentence: trained network for sentence embeddings.
        encoder_id: name of architecture and weights.
        sha256: of the weights file.
    """

    def __init__(
        self, recording: RecordingNet, sentence: SentenceNet, encoder_id: str, sha256: str
    ) -> None:
        self.id, self.sha256 = encoder_id, sha256
        self._recording = recording.eval()
        self._sentence = sentence.eval()
        self._words: SentenceEncoder | None = None  # 90 MB, loaded when words are first used

    @torch.inference_mode()
    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class. Longer recordings are heard at their loudest eight seconds."""
        mono = audio.mean(axis=0)
        if np.abs(mono).max() < 1e-3 * np.abs(audio).max():
            mono = audio[0]  # channels that cancel each other out
        if sample_rate != SAMPLE_RATE:
            mono = soxr.resample(mono, sample_rate, SAMPLE_RATE)
        mono = loudest_stretch(_without_silence(mono.astype(np.float32)))
        mono = mono / np.abs(mono).max()
        features = spectral_features(torch.from_numpy(mono)[None])
        embedding = self._recording(features, torch.tensor([features.shape[1]]))
        return unit(embedding[0].numpy())

    @torch.inference_mode()
    def encode_text(self, text: str) -> FloatArray:
        """See the base class."""
        if self._words is None:
            self._words = SentenceEncoder()
        sentence = torch.from_numpy(self._words.encode(text))[None]
        return unit(self._sentence(sentence)[0].numpy())


def _without_silence(mono: FloatArray) -> FloatArray:
    """Cut what lies 60 dB under the peak off both ends."""
    loud = np.flatnonzero(np.abs(mono) > 1e-3 * np.abs(mono).max())
    return mono[loud[0] : loud[-1] + 1]
