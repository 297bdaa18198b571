"""The part of a sound that is judged, at the level that everything is judged at.

Level: engines and recordings are levelled differently, and a gain is no timbre; but a transcriber
hears more or fewer notes with the level alone. So every sound that is transcribed, embedded or
compared is brought to one root mean square first, over the same samples.

Length: where a recording ends is its maker's choice, and a longer release is no fault. With a
target the judged part is as long as the target; without one it ends :data:`RELEASE_S` after the
score. What sounds after that costs nothing, whatever it is, and is reported as seconds that were
not judged. A sound that is shorter counts as followed by silence.
"""

from __future__ import annotations

import numpy as np

from core.audio.conform import is_silent, mono
from core.coercion.arrays import SoundLike
from core.types import FloatArray

LEVEL_RMS = 0.1
"""Root mean square of everything judged, full scale 1: −20 dBFS."""
TRANSCRIBED_RMS = 0.005
"""The same of what is transcribed: −46 dBFS. Onset F of 12 targets of embedded-v1 is 0.73 at a root
mean square of 0.4, 0.77 at 0.1, 0.79 at 0.01, 0.81 at 0.006: louder sound is heard as more notes
than there are."""
RELEASE_S = 1.0
"""What a last note may ring on after the score where no target says so, seconds."""


def judged(audio: SoundLike, sample_rate: int, seconds: float | None = None) -> FloatArray:
    """The judged part of a sound, mixed to mono and levelled: float32 [frames].

    Args:
        audio: [frames] or [channels, frames].
        sample_rate: Hz.
        seconds: length of the judged part, > 0; None: all of it.

    Raises:
        AudioError: if the sound is empty or holds NaN.
    """
    sound = mono(audio, sample_rate)
    frames = len(sound) if seconds is None else max(1, round(seconds * sample_rate))
    sound = sound[:frames]
    # Silence that is missing counts: a shorter render is compared over the target's samples too.
    rms = float(np.sqrt(np.square(sound, dtype=np.float64).sum() / frames))
    return sound if rms < 1e-9 else (sound * (LEVEL_RMS / rms)).astype(np.float32)


def for_transcriber(sound: FloatArray) -> FloatArray:
    """A judged sound [frames] at the transcriber's level."""
    return (sound * np.float32(TRANSCRIBED_RMS / LEVEL_RMS)).astype(np.float32)


def unjudged_s(audio: SoundLike, sample_rate: int, seconds: float) -> float:
    """Seconds of a sound after its judged part, up to the last that is not silent.

    Args:
        audio: [frames] or [channels, frames].
        sample_rate: Hz.
        seconds: length of the judged part.
    """
    rest = mono(audio, sample_rate)[round(seconds * sample_rate) :]
    block = max(1, sample_rate // 10)
    while len(rest) and is_silent(rest[-block:]):
        rest = rest[:-block]
    return len(rest) / sample_rate
