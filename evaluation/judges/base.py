"""The interface of a judge of timbre, and how a sound is prepared for every one of them.

Task: say by a cosine how alike two sounds are in timbre. A figure belongs to one judge: its name,
its version and the hash of its weights stand beside it, and so does whether the system that is
judged was trained with it, for such a judge is lenient.

Conventions that hold for every judge:

- Channels are mixed down and a constant offset is taken out (:func:`core.audio.conform.mono`).
- Ends that lie 60 dB under the peak are cut off: silence before and after is no timbre.
- Level first: every sound is brought to :data:`LOUDNESS_LUFS` (ITU-R BS.1770), so that a gain
  changes nothing.
- All of a sound counts alike, in windows spread evenly over it: three seconds of noise appended
  to three seconds of music make half of what is heard. The level of a sound over
  :data:`MAX_SECONDS` is measured on forty stretches of three seconds, spread evenly.
- Silence has no timbre: its embedding is all 0, and its similarity to anything is 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from core.audio.conform import is_silent, mono
from core.audio.loudness import integrated_loudness
from core.coercion.arrays import SoundLike
from core.encoders.base import unit
from core.errors import AudioError
from core.types import FloatArray

LOUDNESS_LUFS = -20.0
MAX_SECONDS = 120.0
_STRETCH_S = 3.0
_END_RATIO = 1e-3


class TimbreJudge(ABC):
    """Maps sounds to vectors whose cosine says how alike their timbres are.

    Attributes:
        name: what it is asked for by, and what its figures are stored under; never changes.
        title: for headings.
        version: raised when the same sound with the same weights gets another embedding.
        sha256: hex digest of all its weights and constants.
        trained_with: names of engines and bundles that were trained with it, or on what it says.
        sample_rate: that it wants sounds at, Hz; None: any.
    """

    name: str
    title: str
    version: int
    sha256: str
    trained_with: frozenset[str] = frozenset()
    sample_rate: int | None = None

    @property
    @abstractmethod
    def dimension(self) -> int:
        """D, the length of its embeddings."""

    @abstractmethod
    def listen(self, sound: FloatArray, sample_rate: int) -> FloatArray:
        """What it says window by window.

        Args:
            sound: float32 [n], prepared by :func:`prepared`, not silent.
            sample_rate: Hz; :attr:`sample_rate`, if that is set.

        Returns:
            float32 [T ≥ 1, D], not of unit norm.
        """

    def frames(self, audio: SoundLike, sample_rate: int) -> FloatArray:
        """Embeddings of a sound's windows, for distances between sets.

        Args:
            audio: as :func:`core.coercion.arrays.as_channels` takes it, full scale ±1.
            sample_rate: Hz.

        Returns:
            float32 [T ≥ 1, D], not of unit norm; [1, D], all 0, for silence.

        Raises:
            AudioError: if the sound is empty or holds NaN.
        """
        sound = prepared(audio, sample_rate, self.sample_rate)
        if sound is None:
            return np.zeros((1, self.dimension), np.float32)
        return self.listen(sound, self.sample_rate or sample_rate)

    def embed(self, audio: SoundLike, sample_rate: int) -> FloatArray:
        """Embedding of a sound: its windows' mean, of unit norm.

        Args:
            audio: as :func:`core.coercion.arrays.as_channels` takes it, full scale ±1.
            sample_rate: Hz.

        Returns:
            float32 [D], norm 1; all 0 for silence.

        Raises:
            AudioError: if the sound is empty or holds NaN.
        """
        mean: FloatArray = self.frames(audio, sample_rate).mean(axis=0, dtype=np.float32)
        return unit(mean) if mean.any() else mean

    def is_trained_with(self, *names: str) -> bool:
        """Whether a system was trained with this judge, by any name of its engine or bundle."""
        return not self.trained_with.isdisjoint(names)


def prepared(audio: SoundLike, sample_rate: int, to_hz: int | None = None) -> FloatArray | None:
    """A sound as every judge hears it: mixed down, ends cut, levelled.

    Args:
        audio: as :func:`core.coercion.arrays.as_channels` takes it.
        sample_rate: Hz.
        to_hz: the wanted rate, Hz; None keeps it.

    Returns:
        float32 [n ≥ 1]; peaks may lie above 1. None if it is silent.

    Raises:
        AudioError: if it is empty or holds NaN.
    """
    # Judged before resampling: a filter's ringing is no sound.
    whole = mono(audio, sample_rate)
    if is_silent(whole):
        return None
    loud = np.flatnonzero(np.abs(whole) > _END_RATIO * np.abs(whole).max())
    sound = whole[loud[0] : loud[-1] + 1]
    if to_hz is not None:
        sound = mono(sound, sample_rate, to_hz)
    if not sound.any():  # all of it lay above what the rate can carry
        return None
    sound = (sound / np.abs(sound).max()).astype(np.float32)
    rate = to_hz or sample_rate
    loudness = integrated_loudness(_stretches(sound, rate)[None], rate)
    # Clicks and what lies below hearing have no loudness by the standard: peak 1 it is.
    if not np.isfinite(loudness):
        return sound
    levelled: FloatArray = (sound * 10.0 ** ((LOUDNESS_LUFS - loudness) / 20.0)).astype(np.float32)
    return levelled


def similarity(first: FloatArray, second: FloatArray) -> float:
    """Cosine of two embeddings of one judge, −1 to 1; 0 if one of them is of silence.

    Args:
        first, second: float32 [D], norm 1 or all 0.

    Raises:
        AudioError: if they are not of one length, or not finite, or not of norm 1.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise AudioError(f"embeddings of {first.shape} and {second.shape} cannot be compared")
    for embedding in (first, second):
        norm = float(np.linalg.norm(embedding))
        if not np.isfinite(norm) or (norm and abs(norm - 1) > 1e-3):
            raise AudioError(f"an embedding must have norm 1, this one has {norm:.4f}")
    # Rounding may carry the cosine of equal embeddings a little over 1.
    return float(np.clip(first.astype(np.float64) @ second.astype(np.float64), -1.0, 1.0))


def _stretches(sound: FloatArray, sample_rate: int) -> FloatArray:
    """A long sound's evenly spread stretches, one after another, [n]; a shorter one as it is."""
    if len(sound) <= MAX_SECONDS * sample_rate:
        return sound
    frames = round(_STRETCH_S * sample_rate)
    count = round(MAX_SECONDS / _STRETCH_S)
    starts = np.linspace(0, len(sound) - frames, count).astype(int)
    return np.concatenate([sound[at : at + frames] for at in starts])
