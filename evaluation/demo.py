"""``timbre demo``: the main job on a bundled score, and whether the notes can be heard.

A four-voice chorale is rendered in a recording's timbre, in words' and in a blend of the
two, and a published transcriber listens to each, beside the ground truth: the instrument of
the recording playing the same score.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.engines.base import FloatArray
    from core.timbre import Timbre
    from evaluation.metrics import Figures

ASSETS = Path(__file__).parent / "assets" / "demo"
WORDS = "bright acoustic grand piano"


@dataclass(frozen=True)
class Heard:
    """One row of the demo's table.

    Attributes:
        name: what was played.
        file: its WAV; None for the ground truth.
        figures: of :func:`evaluation.metrics.transcription.evaluate`.
        render_s, audio_s: time rendering took, and length of the sound.
    """

    name: str
    file: Path | None
    figures: Figures
    render_s: float
    audio_s: float


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the WAVs.")] = Path(
        "demo"
    ),
    model: Annotated[str, typer.Option(help="Model bundle.")] = "embedded",
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or mps.")] = None,
) -> None:
    """Render a bundled score in three timbres and measure what a listener hears."""
    began = time.perf_counter()
    from core.synthesizer import Synthesizer
    from core.timbre import AudioTimbre, Blend, TextTimbre

    recording, words = AudioTimbre(ASSETS / "reference.ogg"), TextTimbre(WORDS)
    timbres: dict[str, Timbre] = {
        "recording": recording,
        "text": words,
        "blend": Blend(((recording, 0.5), (words, 0.5))),
    }
    print(f"loading the model {model}", file=sys.stderr)
    rows = run(Synthesizer.load(model, device), timbres, output)
    print_table(rows)
    print(f"WAVs are in {output.resolve()}; {time.perf_counter() - began:.1f} s in all")


def run(synth: object, timbres: dict[str, Timbre], folder: Path) -> list[Heard]:
    """Render and listen.

    Args:
        synth: a :class:`core.synthesizer.Synthesizer`.
        timbres: what to play the chorale in, by name.
        folder: where the WAVs go; made if it is not there.

    Returns:
        The ground truth's row, then one for each timbre.

    Raises:
        OutputError: if the folder cannot be made or written to.
    """
    from core.audio import read_audio
    from core.errors import OutputError
    from core.midi import write_midi
    from core.synthesizer import Synthesizer
    from evaluation.assets.chorale import chorale

    if not isinstance(synth, Synthesizer):
        raise TypeError(f"synth must be a Synthesizer, not {type(synth).__name__}")
    clip = chorale()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}") from error
    write_midi(clip, folder / "score.mid")
    sound, rate = read_audio(ASSETS / "target.ogg")
    rows = [Heard("ground truth", None, _listen(sound, rate), 0.0, sound.shape[1] / rate)]
    for name, timbre in timbres.items():
        print(f"rendering and listening: {name}", file=sys.stderr)
        take = synth.render(clip, timbre)
        path = take.write(folder / f"{name}.wav")
        figures = _listen(take.audio, take.sample_rate)
        rows.append(Heard(name, path, figures, take.render_s, take.seconds))
    return rows


def _listen(audio: FloatArray, rate: int) -> Figures:
    from evaluation.assets.chorale import chorale
    from evaluation.metrics import transcription

    return transcription.evaluate(chorale(), transcription.transcribe(audio, rate))


def print_table(rows: list[Heard]) -> None:
    """Print F-scores beside the ground truth's, and speed."""
    titles = (f"{'onset F':>9}", f"{'of truth':>10}", f"{'+offset F':>11}", f"{'× real time':>13}")
    print(f"{'Old Hundredth as':<18}{''.join(titles)}")
    truth = rows[0].figures["onset_f"] or 0.0
    for row in rows:
        onset, offset = row.figures["onset_f"] or 0.0, row.figures["offset_f"] or 0.0
        share = f"{onset / truth:.2f}" if truth else "–"
        speed = f"{row.render_s / row.audio_s:.3f}" if row.file else "–"
        print(f"{row.name:<18}{onset:>9.3f}{share:>10}{offset:>11.3f}{speed:>13}")
