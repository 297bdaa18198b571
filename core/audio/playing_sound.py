"""A sound on its way to a device: where it is, how loud it is now, and what takes its place.

Nothing here knows a device: a device's callback asks for frames.
"""

from __future__ import annotations

import math

import numpy as np

from core.types import FloatArray

_FADE_S = 0.008
"""How long a sound that is replaced takes to go: short, and without a click."""


class PlayingSound:
    """Frames that are played from some place on. One thread asks for frames, any may look.

    Args:
        frames: float32 [frames, channels].
        sample_rate: Hz.
        start_s: where to begin; beyond the end is the end.
    """

    def __init__(self, frames: FloatArray, sample_rate: int, start_s: float = 0.0) -> None:
        self.frames, self.sample_rate = frames, sample_rate
        self.at = min(len(frames), max(0, round(start_s * sample_rate)))
        self.level_db = -math.inf
        self._before: FloatArray | None = None

    @property
    def is_over(self) -> bool:
        """Whether every frame was asked for."""
        return self.at >= len(self.frames)

    @property
    def position_s(self) -> float:
        """Where the next frame is."""
        return min(self.at, len(self.frames)) / self.sample_rate

    def take_place_of(self, other: PlayingSound) -> None:
        """Let another sound of the same rate and channels go while this one begins."""
        count = round(_FADE_S * self.sample_rate)
        rest = other.frames[other.at : other.at + count]
        fade = np.linspace(1.0, 0.0, count, dtype=np.float32)[: len(rest), None]
        self._before = rest * fade

    def go_on_from(self, other: PlayingSound) -> None:
        """Be at the place of another sound of the same rate and channels, faded over to.

        The two gains add up to one: of equal sounds nothing is heard of the change.
        """
        count = round(_FADE_S * self.sample_rate)
        self.at = min(len(self.frames), other.at)
        rest = _padded(other.frames[other.at : other.at + count], count)
        if other._before is not None:  # it was fading over itself
            rest[: len(other._before)] += other._before
        rest -= _padded(self.frames[self.at : self.at + count], count)
        fade = np.linspace(1.0, 0.0, count, dtype=np.float32)[:, None]
        self._before = rest * fade

    def fill(self, out: FloatArray) -> None:
        """Write the next frames.

        Args:
            out: float32 [frames, channels]; silence where there are no more.
        """
        part = self.frames[self.at : self.at + len(out)]
        out[: len(part)] = part
        out[len(part) :] = 0.0
        self.at += len(out)
        if self._before is not None:
            fading = self._before[: len(out)]
            out[: len(fading)] += fading
            np.clip(out, -1.0, 1.0, out=out)
            rest = self._before[len(out) :]
            self._before = rest if len(rest) else None
        peak = float(np.abs(out).max(initial=0.0))
        self.level_db = 20.0 * math.log10(peak) if peak > 0 else -math.inf


def _padded(frames: FloatArray, count: int) -> FloatArray:
    """A copy of some frames, silence after them: [count, channels]."""
    padded = np.zeros((count, frames.shape[1]), np.float32)
    padded[: len(frames)] = frames
    return padded
