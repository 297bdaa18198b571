"""A take's file, ready to be seen and played; and the few that were looked at last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.types import FloatArray
from desktop.pages.takes.sound.spectrogram import Spectrogram

MOST_BYTES = 384 * 2**20
"""Of sounds that are kept; the one that is looked at stays whatever it takes."""

_MOST_PEAKS = 1 << 17
_FEWEST_FRAMES = 32


@dataclass(frozen=True, eq=False)
class TakeSound:
    """Everything that is shown of a take's sound.

    Attributes:
        file: it was read from.
        audio: float32 [channels, frames].
        sample_rate: Hz.
        gain_db: that makes it as loud as all others, as a whole.
        peaks: lowest and highest sample of equal stretches, float32 [2, stretches].
        spectrogram: of its channels' mean.
    """

    file: Path
    audio: FloatArray
    sample_rate: int
    gain_db: float
    peaks: FloatArray
    spectrogram: Spectrogram

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.audio.shape[1] / self.sample_rate

    @property
    def bytes_held(self) -> int:
        """Memory that goes when it goes."""
        return 2 * self.audio.nbytes + self.peaks.nbytes + self.spectrogram.whole.nbytes


def read_take_sound(file: Path) -> TakeSound:
    """Read a take and draw it; slow.

    Raises:
        AudioError: if it is gone or no sound.
    """
    from core.audio import read_audio
    from core.leveling.gains import gain_of

    audio, rate = read_audio(file)
    mono = np.ascontiguousarray(audio.mean(axis=0, dtype=np.float32))
    return TakeSound(
        file, audio, rate, gain_of(audio, rate).db, _outline(audio), Spectrogram(mono, rate)
    )


def _outline(audio: FloatArray) -> FloatArray:
    frames = audio.shape[1]
    if not frames:
        return np.zeros((2, 1), np.float32)
    step = max(_FEWEST_FRAMES, -(-frames // _MOST_PEAKS))
    edges = np.arange(0, frames, step)
    low = np.minimum.reduceat(audio.min(axis=0), edges)
    high = np.maximum.reduceat(audio.max(axis=0), edges)
    return np.stack([low, high]).astype(np.float32)


class TakeSounds:
    """Sounds by file, read once while there is room for them. Any thread may ask."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._reading = threading.Lock()  # who shows and who plays a take want it at once
        self._known: OrderedDict[tuple[Path, int], TakeSound] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, file: Path) -> TakeSound:
        """The sound of a file, read if it is not known or was changed; slow.

        Raises:
            AudioError: if it is gone or no sound.
        """
        key = (file, _changed_at(file))
        with self._reading:
            known = self._find(key)
            if known is not None:
                return known
            sound = read_take_sound(file)
            self._keep(key, sound)
            return sound

    def _keep(self, key: tuple[Path, int], sound: TakeSound) -> None:
        with self._lock:
            self._known[key] = sound
            held = sum(one.bytes_held for one in self._known.values())
            while held > self._most_bytes and len(self._known) > 1:
                held -= self._known.popitem(last=False)[1].bytes_held

    def _find(self, key: tuple[Path, int]) -> TakeSound | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0  # reading says what is wrong with it
