"""A live stream at the loudness of renders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.clip import Bend
from core.engines.base import LiveStream
from core.types import Embedding, FloatArray


class LeveledStream:
    """An engine's stream with the gain of its timbre.

    Another timbre brings its own gain, in a straight line over the next block.

    Args:
        stream: of the engine.
        gain_db: of the timbre it begins with.
        gain_of: the gain of an embedding, dB.

    Attributes:
        sample_rate: of the sound, Hz.
        latency: samples by which everything sounds later than it was asked for.
    """

    def __init__(
        self, stream: LiveStream, gain_db: float, gain_of: Callable[[Embedding], float]
    ) -> None:
        self._stream, self._gain_of = stream, gain_of
        self.sample_rate, self.latency = stream.sample_rate, stream.latency
        self._factor = self._next_factor = _factor(gain_db)

    @property
    def sounding(self) -> int:
        """How many voices sound."""
        return self._stream.sounding

    def note_on(self, pitch: int, velocity: int, at: int = 0, bend: Bend = ()) -> int:
        """As of :class:`~core.engines.base.LiveStream`."""
        return self._stream.note_on(pitch, velocity, at, bend)

    def note_off(self, pitch: int, at: int = 0) -> None:
        """As of :class:`~core.engines.base.LiveStream`."""
        self._stream.note_off(pitch, at)

    def release(self, note_id: int, at: int = 0) -> None:
        """As of :class:`~core.engines.base.LiveStream`."""
        self._stream.release(note_id, at)

    def all_notes_off(self, at: int = 0) -> None:
        """As of :class:`~core.engines.base.LiveStream`."""
        self._stream.all_notes_off(at)

    def bend(self, semitones: float, note_id: int | None = None, at: int = 0) -> None:
        """As of :class:`~core.engines.base.LiveStream`."""
        self._stream.bend(semitones, note_id, at)

    def set_timbre(self, embedding: Embedding) -> None:
        """Play on in another timbre.

        A timbre whose gain is not known is measured first, which takes as long as a render of
        two seconds: ask :meth:`core.synthesizer.Synthesizer.gain_db` for it beforehand.
        """
        gain_db = self._gain_of(embedding)
        self._stream.set_timbre(embedding)
        self._next_factor = _factor(gain_db)

    def process(self, samples: int) -> FloatArray:
        """The next block: float32 [samples], finite."""
        block = self._stream.process(samples)
        if self._factor == self._next_factor:
            return block * np.float32(self._factor)
        ramp = np.linspace(self._factor, self._next_factor, samples, dtype=np.float32)
        self._factor = self._next_factor
        return block * ramp


def _factor(gain_db: float) -> float:
    return float(10.0 ** (gain_db / 20.0))
