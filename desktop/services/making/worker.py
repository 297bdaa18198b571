"""The process that listens for the Make page: torch and the encoder live here, not in the window.

One JSON object a line. A question on stdin has a ``number``, the name of one of
:data:`QUESTIONS` and its arguments; answers on stdout have the number and ``stage`` (what is being
done, in words), ``progress`` (0…1), ``result``, or ``error`` with its ``kind``. It ends when its
stdin does. Started by :mod:`desktop.services.making.listener`.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from core.errors import TimbreError
from core.progress import ProgressCallback, StageCallback

if TYPE_CHECKING:
    from core.encoders.base import TimbreEncoder

_SAID_EVERY_S = 0.05


def hear_notes(
    on_stage: StageCallback, _on_progress: ProgressCallback, file: str, start_s: float, end_s: float
) -> Any:
    """What is heard in a part of a recording.

    Args:
        on_stage, _on_progress: called with what is being done, and how far it is.
        file: the recording.
        start_s, end_s: of the part, seconds.

    Returns:
        ``notes`` as lists [start_s, pitch, velocity, duration_s], ``start_s``, ``end_s`` of what
        counts, ``remarks``.

    Raises:
        AudioError: if it cannot be read, or is silent.
    """
    from core.audio.files import reference_of
    from core.audio.regions import read_region
    from core.encoders.embedded.heard_notes import heard_notes
    from core.threads import computing

    on_stage("listening for notes")
    audio, rate = read_region(file, start_s, end_s)
    reference_of(audio, rate)  # refuses what no timbre can be taken from
    with computing(has_small_steps=True):
        heard = heard_notes(audio, rate)
    notes = [replace(note, start_s=note.start_s + start_s) for note in heard.notes]
    return {
        "notes": [[n.start_s, n.pitch, n.velocity, n.duration_s] for n in notes],
        "start_s": heard.start_s + start_s,
        "end_s": heard.end_s + start_s,
        "remarks": heard.remarks,
    }


def embed_words(
    on_stage: StageCallback, _on_progress: ProgressCallback, words: str, model: str
) -> Any:
    """Where words lie.

    Args:
        on_stage, _on_progress: called with what is being done, and how far it is.
        words: the description.
        model: the bundle whose encoder is asked.

    Returns:
        A list of 512 numbers, a unit vector.

    Raises:
        ModelMissing, ModelDamaged: if there is no such encoder.
    """
    from core.threads import computing

    encoder = _encoder(model).loaded(on_stage)
    with computing(encoder.has_small_steps):
        embedding: list[float] = encoder.encode_text(words).tolist()
    return embedding


def load(on_stage: StageCallback, _on_progress: ProgressCallback, model: str) -> Any:
    """Have an encoder ready.

    Args:
        on_stage, _on_progress: called with what is being done, and how far it is.
        model: the bundle whose encoder it is.

    Raises:
        ModelMissing, ModelDamaged: if there is no such encoder.
    """
    _encoder(model).loaded(on_stage)


def embed_audio(
    _on_stage: StageCallback, on_progress: ProgressCallback, file: str, rate: int, model: str
) -> Any:
    """Where a recording lies.

    Args:
        _on_stage, on_progress: called with what is being done, and how far it is.
        file: its samples as numpy keeps them, float32 [channels, frames].
        rate: Hz.
        model: the bundle whose encoder is asked.

    Returns:
        ``embedding``, 512 numbers, and ``remarks``.

    Raises:
        ModelMissing, ModelDamaged: if there is no such encoder.
        AudioError: if it cannot be heard.
    """
    import numpy as np

    encoder, audio = _encoder(model), np.load(file, allow_pickle=False)
    with encoder.computing():
        heard = encoder.encode_audio_with_remarks(audio, rate, on_progress)
    return {"embedding": heard.embedding.tolist(), "remarks": heard.remarks}


def compare_audio(
    _on_stage: StageCallback, _on_progress: ProgressCallback, file: str, rate: int, model: str
) -> Any:
    """As :func:`embed_audio`, quickly; a list of 512 numbers.

    Args:
        _on_stage, _on_progress, file, rate, model: as there.
    """
    import numpy as np

    encoder, audio = _encoder(model), np.load(file, allow_pickle=False)
    with encoder.computing():
        embedding: list[float] = encoder.encode_audio_fast(audio, rate).tolist()
    return embedding


@cache
def _encoder(model: str) -> TimbreEncoder:
    from core.loading import deferred_encoder
    from core.models.registry import Registry

    return deferred_encoder(Registry().resolve(model))


QUESTIONS: dict[str, Callable[..., Any]] = {
    "notes": hear_notes,
    "words": embed_words,
    "load": load,
    "audio": embed_audio,
    "compare": compare_audio,
}


class _Teller:
    """Says what is being done about a question, and now and then how far it is."""

    def __init__(self, say: Callable[..., None], number: int) -> None:
        self._say, self._number, self._said_at = say, number, 0.0

    def stage(self, words: str) -> None:
        self._say(number=self._number, stage=words)

    def progress(self, fraction: float) -> bool:
        now = time.monotonic()
        if now - self._said_at >= _SAID_EVERY_S:
            self._said_at = now
            self._say(number=self._number, progress=fraction)
        return True


def answer_all(questions: Iterable[str], answers: IO[str]) -> None:
    """Answer until there are no more questions.

    Args:
        questions: lines.
        answers: where lines go.
    """

    def say(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    for line in questions:
        order = json.loads(line)
        number, question = order.pop("number"), order.pop("question")
        try:
            tell = _Teller(say, number)
            result = QUESTIONS[question](tell.stage, tell.progress, **order)
        except TimbreError as error:
            say(number=number, error=" ".join(str(error).split()), kind=type(error).__name__)
        except Exception as error:
            traceback.print_exception(error)
            say(number=number, error=f"{type(error).__name__}: {error}; see listener.log", kind="")
        else:
            say(number=number, result=result)


def main() -> None:
    """Answer what comes on stdin; what libraries print goes to the log."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answer_all(sys.stdin, answers)


if __name__ == "__main__":
    main()
