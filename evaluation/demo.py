"""The demo's scoring: does a transcriber get a score's notes back from its renders?

A published transcriber transcribes a four-voice chorale in each timbre, beside the ground truth:
the instrument of the reference recording playing the same score. Who renders is a parameter here;
:mod:`desktop.demo` puts the two together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.progress import StageCallback, ignore_stage

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
        file: that was transcribed.
        figures: of :func:`evaluation.metrics.transcription.evaluate`.
        render_s, audio_s: time from asking to having the file (0 for the ground truth, which is
            not rendered), and length of the sound.
    """

    name: str
    file: Path
    figures: Figures
    render_s: float
    audio_s: float


def render_and_transcribe(
    names: Sequence[str],
    player: AbstractContextManager[Play],
    folder: Path,
    on_stage: StageCallback = ignore_stage,
) -> list[DemoRow]:
    """Have the chorale played, and transcribe what comes back.

    One is transcribed while the next is played, and the ground truth while the player gets ready.

    Args:
        names: of the timbres, and of the files.
        player: who plays; entered when there is something to be done beside it.
        folder: where the WAVs and the score go.
        on_stage: called with what is being done.

    Returns:
        The ground truth's row, then one for each timbre.

    Raises:
        OutputError: if the folder cannot be written to.
    """
    from core.midi import write_midi
    from evaluation.assets.chorale import chorale

    clip = chorale()
    write_midi(clip, folder / "score.mid")
    with ThreadPoolExecutor(1, "transcriber") as transcriber:
        rows = [transcriber.submit(_row, "ground truth", ASSETS / "target.ogg", 0.0)]
        with player as play:
            for name in names:
                on_stage(f"rendering as {name}")
                path = folder / f"{name}.wav"
                began = time.perf_counter()
                play(clip, name, path)
                taken_s = time.perf_counter() - began
                rows.append(transcriber.submit(_row, name, path, taken_s))
            on_stage("listening to what came back")
            return [row.result() for row in rows]


def _row(name: str, path: Path, render_s: float) -> DemoRow:
    from core.audio import read_audio

    sound, rate = read_audio(path)
    return DemoRow(name, path, _figures(sound, rate), render_s, sound.shape[1] / rate)


def _figures(audio: FloatArray, rate: int) -> Figures:
    from evaluation.assets.chorale import chorale
    from evaluation.metrics import transcription

    return transcription.evaluate(chorale(), transcription.transcribe(audio, rate))


def print_table(rows: list[DemoRow]) -> None:
    """Print F-scores beside the ground truth's, speed, and how many notes were heard."""
    titles = (
        f"{'onset F':>9}",
        f"{'of truth':>10}",
        f"{'+offset F':>11}",
        f"{'× real time':>13}",
        f"{'notes heard':>13}",
    )
    print(f"{'Old Hundredth as':<18}{''.join(titles)}")
    truth = rows[0].figures["onset_f"] or 0.0
    for row in rows:
        onset, offset = row.figures["onset_f"] or 0.0, row.figures["offset_f"] or 0.0
        share = f"{onset / truth:.2f}" if truth else "–"
        speed = f"{row.render_s / row.audio_s:.3f}" if row.render_s else "–"
        asked = row.figures["notes_reference"] or 0.0
        heard = f"{asked * (row.figures['onset_recall'] or 0.0):.0f}/{asked:.0f}"
        print(f"{row.name:<18}{onset:>9.3f}{share:>10}{offset:>11.3f}{speed:>13}{heard:>13}")
