"""Sound out without a device: time stands still until a test moves it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.types import FloatArray


class FakeAudio:
    """Plays nothing, and knows where it would be.

    Attributes:
        played: seconds of each sound that was begun.
        heard: the sounds themselves, those that another was replaced by too.
        names: of devices.
        position_s: where it is; set it.
        problem: as of the interface; set it.
        remark: as of the interface; set it.
        looked: how often devices were looked for.
        sound_number: as of the interface.
        audio: what was begun last, float32 [channels, frames]; None when it was stopped.
    """

    def __init__(self) -> None:
        self.played: list[float] = []
        self.heard: list[FloatArray] = []
        self.names: tuple[str, ...] = ("Built-in Speaker", "USB Headphones")
        self.position_s = 0.0
        self.problem = self.remark = self.device = ""
        self.looked = self.sound_number = 0
        self.audio: FloatArray | None = None
        self._rate = 1

    def play(self, audio: FloatArray, sample_rate: int, start_s: float = 0.0) -> int:
        """As the interface says."""
        self.played.append(audio.shape[1] / sample_rate)
        self.heard.append(audio)
        self.position_s = start_s
        self.sound_number += 1
        self.audio, self._rate = (None if self.problem else audio), sample_rate
        return self.sound_number

    def seek(self, position_s: float) -> None:
        """As the interface says."""
        if self.is_playing:
            self.position_s = position_s

    def replace(self, audio: FloatArray, sample_rate: int) -> None:
        """As the interface says."""
        if self.is_playing:
            self.heard.append(audio)
            self.audio, self._rate = audio, sample_rate

    def stop(self) -> None:
        """As the interface says."""
        self.sound_number += 1
        self.audio = None

    @property
    def is_playing(self) -> bool:
        """As the interface says."""
        return self.audio is not None and self.position_s < self.audio.shape[1] / self._rate

    @property
    def level_db(self) -> float:
        """As the interface says."""
        if self.audio is None or not self.is_playing:
            return -math.inf
        at = round(self.position_s * self._rate)
        peak = float(np.abs(self.audio[:, at : at + 1024]).max(initial=0.0))
        return 20.0 * math.log10(peak) if peak > 0 else -math.inf

    def devices(self) -> Sequence[str]:
        """As the interface says."""
        return self.names

    def choose(self, device: str) -> None:
        """As the interface says."""
        self.device = device

    def look_again(self) -> None:
        """As the interface says."""
        self.looked += 1
