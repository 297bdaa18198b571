"""The demo's scoring: does a transcriber get a score's notes back from its renders?

A published transcriber transcribes a four-voice chorale in each timbre, beside the ground truth:
the instrument of the reference recording playing the same score. Who renders is a parameter here;
:mod:`desktop.demo` puts the two together.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.clip import Clip
    from core.types import FloatArray
    from evaluation.metrics import Figures

ASSETS = Path(__file__).parent / "assets" / "demo"
WORDS = "bright acoustic grand piano"

Play = Callable[["Clip", str, Path], object]
"""Plays a clip, in the timbre of a name, into a WAV file."""


@dataclass(frozen=True)
class DemoRow:
    """One row of the demo's table.

    Attributes:
        name: what was played.
        file: its WAV; None for the ground truth.
        figures: of :func:`evaluation.metrics.transcription.evaluate`.
        render_s, audio_s: time from asking to having the file, and length of the sound.
    """

    name: str
    file: Path | None
    figures: Figures
    render_s: float
    audio_s: float


def render_and_transcribe(names: Sequence[str], play: Play, folder: Path) -> list[DemoRow]:
    """Have the chorale played, and transcribe what comes back.

    Args:
        names: of the timbres, and of the files.
        play: who plays.
        folder: where the WAVs and the score go.

    Returns:
        The ground truth's row, then one for each timbre.

    Raises:
        OutputError: if the folder cannot be written to.
    """
    from core.audio import read_audio
    from core.midi import write_midi
    from evaluation.assets.chorale import chorale

    clip = chorale()
    write_midi(clip, folder / "score.mid")
    sound, rate = read_audio(ASSETS / "target.ogg")
    rows = [DemoRow("ground truth", None, _figures(sound, rate), 0.0, sound.shape[1] / rate)]
    for name in names:
        print(f"rendering and listening: {name}", file=sys.stderr)
        path = folder / f"{name}.wav"
        began = time.perf_counter()
        play(clip, name, path)
        render_s = time.perf_counter() - began
        sound, rate = read_audio(path)
        rows.append(DemoRow(name, path, _figures(sound, rate), render_s, sound.shape[1] / rate))
    return rows


def _figures(audio: FloatArray, rate: int) -> Figures:
    from evaluation.assets.chorale import chorale
    from evaluation.metrics import transcription

    return transcription.evaluate(chorale(), transcription.transcribe(audio, rate))


def print_table(rows: list[DemoRow]) -> None:
    """Print F-scores beside the ground truth's, and speed."""
    titles = (f"{'onset F':>9}", f"{'of truth':>10}", f"{'+offset F':>11}", f"{'× real time':>13}")
    print(f"{'Old Hundredth as':<18}{''.join(titles)}")
    truth = rows[0].figures["onset_f"] or 0.0
    for row in rows:
        onset, offset = row.figures["onset_f"] or 0.0, row.figures["offset_f"] or 0.0
        share = f"{onset / truth:.2f}" if truth else "–"
        speed = f"{row.render_s / row.audio_s:.3f}" if row.file else "–"
        print(f"{row.name:<18}{onset:>9.3f}{share:>10}{offset:>11.3f}{speed:>13}")
