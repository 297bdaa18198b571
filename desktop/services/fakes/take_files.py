"""Sound files for takes that nothing rendered: plain partials, gone when the program ends."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from core.clip import Clip

_RATE = 22_050
_PARTIALS = 6


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="timbre-takes-")


def fake_take_file(clip: Clip, name: str, brightness: float = 0.5) -> Path:
    """A WAV file in which a clip is heard.

    Args:
        clip: what is played.
        name: of the file.
        brightness: 0–1; how strong high partials are.
    """
    import numpy as np
    import soundfile

    from core.clip import pitch_hz

    sound = np.zeros(round((clip.length_s + 1.0) * _RATE), np.float32)
    for note in clip.notes:
        start = round(note.start_s * _RATE)
        times = np.arange(min(round((note.duration_s + 0.5) * _RATE), len(sound) - start)) / _RATE
        held = np.clip((note.duration_s + 0.4 - times) / 0.4, 0.0, 1.0) * np.exp(-2.0 * times)
        for number in range(1, _PARTIALS + 1):
            level = note.velocity / 127 * (0.2 + 0.7 * brightness) ** (number - 1)
            wave = level * held * np.sin(2 * np.pi * number * pitch_hz(note.pitch) * times)
            sound[start : start + len(times)] += 0.1 * wave.astype(np.float32)
    file = Path(_folder().name) / name
    soundfile.write(file, sound, _RATE)
    return file
