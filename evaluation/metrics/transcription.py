"""Are the right notes heard? Precision, recall and F of a transcription.

Task: a rendered clip is transcribed by a published model (:mod:`core.transcription.basic_pitch`)
and the estimated notes are matched with the notes of the score, the reference.

Conventions: mir_eval's (Raffel et al., ISMIR 2014; MIREX). Times are in seconds from the clip's
start, pitches MIDI keys, velocities 1–127; every score is 0–1, higher is better. A note matches
within 50 ms of onset and 50 cents of pitch; with offsets also within max(20 % of the length, 50
ms); with velocity also within 0.1 after the best linear scaling (Hawthorne et al., ICLR 2018).
Each note matches once, by maximum bipartite matching. Frame-level figures compare sounding keys
every 10 ms, as mir_eval.multipitch does, over the whole clip at once.

A transcriber is no perfect listener: soft attacks and notes under 128 ms are lost even in
flawless sound. So a figure means little alone. :func:`ratio` puts it beside the ceiling, which
is what the ground truth's own recording scores.

How it differs from mir_eval: a clip without notes is an error here, where mir_eval warns and gives
0. Finding no notes gives 0 everywhere, as in mir_eval. Notes of the score that ring past the
sound's end are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.clip import Clip, Note, pitch_hz
from core.errors import MidiError
from core.midi import ClipLike, NotesLike, as_clip, as_notes
from core.transcription.basic_pitch import TranscriptionSettings, transcribe
from evaluation.metrics import Figures

__all__ = [
    "TranscriptionSettings",
    "evaluate",
    "frame_scores",
    "match",
    "note_scores",
    "ratio",
    "transcribe",
]

ONSET_TOLERANCE_S = 0.05
PITCH_TOLERANCE_CENTS = 50.0
OFFSET_RATIO = 0.2
"""Share of a note's length by which its offset may be off."""
OFFSET_MIN_TOLERANCE_S = 0.05
FRAME_S = 0.01

LEVELS = ("onset", "offset", "velocity", "frame")
"""What has to agree: onset and pitch; the offset too; the velocity too; sounding keys."""


def validate(reference: Clip) -> None:
    """Raises MidiError if there is nothing to find."""
    if not reference.notes:
        raise MidiError(f"clip {reference.name!r} has no notes, so none can be scored")


def evaluate(reference: ClipLike, estimated: NotesLike) -> Figures:
    """Score the notes that were heard against the notes that were asked for.

    Args:
        reference: the score, as :func:`core.as_clip` takes it.
        estimated: what :func:`transcribe` found; or as :func:`core.midi.as_notes` takes it.

    Returns:
        ``onset_precision``, ``onset_recall``, ``onset_f`` and the same for ``offset``
        (onset and offset), ``velocity`` (onset, offset and velocity) and ``frame``, each
        0–1; ``notes_reference`` and ``notes_estimated``, counts. None is ever undefined.

    Raises:
        MidiError: if the score has no notes.
        TypeError: if one of them is nothing of that.
    """
    reference, estimated = as_clip(reference), as_notes(estimated)
    validate(reference)
    figures: Figures = {}
    for level in ("onset", "offset", "velocity"):
        _add_scores(figures, level, note_scores(reference.notes, estimated, level))
    _add_scores(figures, "frame", frame_scores(reference.notes, estimated))
    figures["notes_reference"] = float(len(reference.notes))
    figures["notes_estimated"] = float(len(estimated))
    return figures


def note_scores(
    reference: Sequence[Note], estimated: Sequence[Note], level: str = "onset"
) -> tuple[float, float, float]:
    """Precision, recall and F of matched notes, each 0–1.

    Args:
        reference: of the score.
        estimated: of the transcription.
        level: what has to agree, one of :data:`LEVELS` but ``frame``.
    """
    matched = len(match(reference, estimated, level))
    precision = matched / len(estimated) if estimated else 0.0
    recall = matched / len(reference) if reference else 0.0
    return precision, recall, _f_measure(precision, recall)


def match(
    reference: Sequence[Note], estimated: Sequence[Note], level: str = "onset"
) -> list[tuple[int, int]]:
    """Pairs (index in reference, index in estimated) of a largest one-to-one matching.

    Args:
        reference: of the score.
        estimated: of the transcription.
        level: what has to agree, one of :data:`LEVELS` but ``frame``.
    """
    # mir_eval warns about empty lists, and importing it takes a second.
    if not reference or not estimated:
        return []
    import mir_eval.transcription
    import mir_eval.transcription_velocity

    offset_ratio = None if level == "onset" else OFFSET_RATIO
    first, second = _note_arrays(reference), _note_arrays(estimated)
    common = {
        "onset_tolerance": ONSET_TOLERANCE_S,
        "pitch_tolerance": PITCH_TOLERANCE_CENTS,
        "offset_ratio": offset_ratio,
        "offset_min_tolerance": OFFSET_MIN_TOLERANCE_S,
    }
    if level == "velocity":
        pairs = mir_eval.transcription_velocity.match_notes(*first, *second, **common)
    else:
        pairs = mir_eval.transcription.match_notes(*first[:2], *second[:2], **common)
    return sorted((int(i), int(j)) for i, j in pairs)


def frame_scores(
    reference: Sequence[Note], estimated: Sequence[Note], frame_s: float = FRAME_S
) -> tuple[float, float, float]:
    """Precision, recall and F of sounding keys, counted every ``frame_s`` seconds.

    A key sounds at a time t if a note of it has start ≤ t < end.

    Args:
        reference: of the score.
        estimated: of the transcription.
        frame_s: step of the grid, > 0.
    """
    end_s = max((note.end_s for note in (*reference, *estimated)), default=0.0)
    steps = int(np.ceil(end_s / frame_s)) + 1
    reference_roll = _piano_roll(reference, steps, frame_s)  # [steps, 128]
    estimated_roll = _piano_roll(estimated, steps, frame_s)
    both = int((reference_roll & estimated_roll).sum())
    precision = both / int(estimated_roll.sum()) if estimated_roll.any() else 0.0
    recall = both / int(reference_roll.sum()) if reference_roll.any() else 0.0
    return precision, recall, _f_measure(precision, recall)


def ratio(figures: Figures, ceiling: Figures) -> Figures:
    """Every F beside the ground truth's own: ``onset_f_ceiling`` and ``onset_f_ratio`` ….

    Args:
        figures: of a render, from :func:`evaluate`.
        ceiling: of the ground truth's recording, from :func:`evaluate`.

    A ratio above 1 is possible: crisp attacks are easier to hear than the real ones. Where
    the ceiling is 0 nothing can be said, and the ratio is None.
    """
    ratios: Figures = {}
    for level in LEVELS:
        name = f"{level}_f"
        own, best = figures[name], ceiling[name]
        ratios[f"{name}_ceiling"] = best
        ratios[f"{name}_ratio"] = own / best if best and own is not None else None
    return ratios


def _add_scores(figures: Figures, level: str, scores: tuple[float, float, float]) -> None:
    for name, value in zip(("precision", "recall", "f"), scores, strict=True):
        figures[f"{level}_{name}"] = value


def _f_measure(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _note_arrays(
    notes: Sequence[Note],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Intervals [n, 2] in seconds, pitches [n] in hertz, velocities [n]."""
    intervals = np.array([(note.start_s, note.end_s) for note in notes], np.float64)
    pitches = np.array([pitch_hz(note.pitch) for note in notes], np.float64)
    velocities = np.array([note.velocity for note in notes], np.float64)
    return intervals, pitches, velocities


def _piano_roll(notes: Sequence[Note], steps: int, frame_s: float) -> npt.NDArray[np.bool_]:
    """Sounding keys [steps, 128].

    Args:
        notes: any number.
        steps: of the grid.
        frame_s: seconds a step.
    """
    roll = np.zeros((steps, 128), np.bool_)
    for note in notes:
        # The small term keeps a time that is a whole number of frames on that frame.
        first = int(np.ceil(note.start_s / frame_s - 1e-6))
        last = int(np.ceil(note.end_s / frame_s - 1e-6))
        roll[first:last, note.pitch] = True
    return roll
