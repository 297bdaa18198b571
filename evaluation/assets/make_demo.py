"""Make the demo's recordings: FluidR3's nylon guitar (MIT), an instrument kept out of training.

``reference.ogg`` is what the timbre is taken from: other notes than the score's.
``target.ogg`` is the score itself, the ground truth that renders are measured beside.
Needs FluidSynth, FluidR3_GM.sf2 and the ``train`` extra::

    python -m evaluation.assets.make_demo
"""

from __future__ import annotations

from pathlib import Path

import soundfile

from core.clip import Clip, Note
from core.training.sources.instruments import SAMPLE_RATE
from core.training.sources.soundfonts import SoundfontPlayer, play_clip
from evaluation.assets.chorale import chorale

FOLDER = Path(__file__).parent / "demo"
_PROGRAM = 24
_LICK = (52, 59, 64, 67, 71, 67, 64, 59)


def main() -> None:
    """Write both files."""
    player = SoundfontPlayer("fluid")
    player.select(0, _PROGRAM)
    lick = Clip.of("lick", [Note(0.3 * i, p, 88 + 4 * (i % 3), 0.55) for i, p in enumerate(_LICK)])
    for name, clip in (("reference", lick), ("target", chorale())):
        soundfile.write(FOLDER / f"{name}.ogg", play_clip(clip, player), SAMPLE_RATE, format="OGG")
    player.close()


if __name__ == "__main__":
    main()
