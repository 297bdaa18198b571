"""The process that listens for the Make page: torch and the encoder live here, not in the window.

One JSON object a line. A question on stdin has a ``number``, the name of one of
:data:`QUESTIONS` and its arguments; answers on stdout have the number and ``stage`` (what is being
done, in words), ``result``, or ``error`` with its ``kind``. It ends when its stdin does. Started by
:mod:`desktop.services.making.listener`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from core.errors import TimbreError
from core.progress import StageCallback

if TYPE_CHECKING:
    from core.encoders.base import TimbreEncoder


def hear_notes(on_stage: StageCallback, file: str, start_s: float, end_s: float) -> Any:
    """What is heard in a part of a recording.

    Args:
        on_stage: called with what is being done.
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


def embed_words(on_stage: StageCallback, words: str, model: str) -> Any:
    """Where words lie.

    Args:
        on_stage: called with what is being done.
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


@cache
def _encoder(model: str) -> TimbreEncoder:
    from core.loading import deferred_encoder
    from core.models.registry import Registry

    return deferred_encoder(Registry().resolve(model))


QUESTIONS: dict[str, Callable[..., Any]] = {"notes": hear_notes, "words": embed_words}


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
            result = QUESTIONS[question](lambda words: say(number=number, stage=words), **order)  # noqa: B023
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
