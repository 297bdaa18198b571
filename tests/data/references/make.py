"""Made the sounds in this folder: ``python -m tests.data.references.make``.

Needs espeak-ng, fluidsynth and the soundfont FluidR3 GM. The files are stored, since another
version of either makes other sounds.
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

FOLDER = Path(__file__).parent
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
RATE = 44_100
TICKS_PER_BEAT = 240
SENTENCE = "The quick brown fox jumps over the lazy dog, and talks about synthesizers."

HAT, KICK, SNARE = 42, 36, 38
DRUM_PART = [
    *((0.5 * eighth, HAT, 80) for eighth in range(12)),
    *((beat, KICK, 110) for beat in (0.0, 1.5, 2.0, 4.0, 5.5)),
    *((beat, SNARE, 110) for beat in (1.0, 3.0, 5.0)),
]
"""Beat, key and velocity."""


def speech(folder: Path) -> Path:
    """A sentence, read out."""
    path = folder / "speech.wav"
    subprocess.run(["espeak-ng", "-v", "en", "-w", path, SENTENCE], check=True)
    return path


def drums(folder: Path) -> Path:
    """Six beats of rock."""
    track = b"".join(
        bytes([ticks, 0x99, key, velocity]) for ticks, key, velocity in _in_order(DRUM_PART)
    )
    track += bytes([100, 0xFF, 0x2F, 0])
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_BEAT)
    (folder / "drums.mid").write_bytes(head + b"MTrk" + struct.pack(">I", len(track)) + track)
    path = folder / "drums.wav"
    render = ["fluidsynth", "-ni", "-q", "-r", str(RATE), "-g", "0.6", "-F", path]
    subprocess.run([*map(str, render), str(SOUNDFONT), str(folder / "drums.mid")], check=True)
    return path


def _in_order(part: list[tuple[float, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Ticks since the stroke before (fewer than 128), key and velocity."""
    now = 0
    for beat, key, velocity in sorted(part):
        at = round(TICKS_PER_BEAT * beat)
        yield at - now, key, velocity
        now = at


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as name:
        for make in (speech, drums):
            audio, rate = soundfile.read(make(Path(name)), dtype="float32", always_2d=True)
            sounding = np.flatnonzero(np.abs(audio).max(axis=1) > 1e-3)
            cut = audio[sounding[0] : sounding[-1] + 1].mean(axis=1)
            soundfile.write(FOLDER / f"{make.__name__}.ogg", cut, rate, format="OGG")


if __name__ == "__main__":
    main()
