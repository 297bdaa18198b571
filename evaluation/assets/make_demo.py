"""Make the demo's recordings: FluidR3's nylon guitar (MIT), an instrument kept out of training.

``reference.ogg`` is what the timbre is taken from: other notes than the score's.
``target.ogg`` is the score itself, the ground truth that renders are measured beside.
Needs FluidSynth, FluidR3_GM.sf2 and the ``train`` extra::

    python -m evaluation.assets.make_demo
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from core.score import Clip, Note
from core.training.instruments import SAMPLE_RATE
from core.training.soundfonts import SoundfontPlayer
from evaluation.assets.chorale import chorale

FOLDER = Path(__file__).parent / "demo"
_PROGRAM = 24
_LICK = (52, 59, 64, 67, 71, 67, 64, 59)


def play(clip: Clip, player: SoundfontPlayer, tail_s: float = 1.0) -> npt.NDArray[np.float32]:
    """The clip note by note, float32 [frames], peak 0.5."""
    out = np.zeros(round((clip.length_s + tail_s + 0.1) * SAMPLE_RATE), np.float32)
    for note in clip.notes:
        audio = player.play(note.pitch, note.velocity, note.duration_s, tail_s)
        start = round(note.start_s * SAMPLE_RATE)
        out[start : start + len(audio)] += audio[: len(out) - start]
    return 0.5 * out / np.abs(out).max()


def main() -> None:
    """Write both files."""
    player = SoundfontPlayer("fluid")
    player.select(0, _PROGRAM)
    lick = Clip.of("lick", [Note(0.3 * i, p, 88 + 4 * (i % 3), 0.55) for i, p in enumerate(_LICK)])
    for name, clip in (("reference", lick), ("target", chorale())):
        soundfile.write(FOLDER / f"{name}.ogg", play(clip, player), SAMPLE_RATE, format="OGG")
    player.close()


if __name__ == "__main__":
    main()
