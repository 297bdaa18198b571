"""The notes a reference plays, as far as fitting a timbre to it needs to know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.clip import Note, pitch_hz
from core.encoders.embedded.features import SAMPLE_RATE
from core.encoders.embedded.note_offsets import N_FFT, STEP_S, step_power
from core.transcription.basic_pitch import transcribe
from core.types import Float64Array, FloatArray

MOST_NOTES = 32
_OVERTONES = frozenset({12, 19, 24, 28, 31, 34, 36, 38, 40, 42, 43, 48})
"""Semitones from a tone to its harmonics 2 … 12 and 16."""

_TOGETHER_S = 0.06
_USUAL_VELOCITY = 90.0
_STRIKE_S, _LEAST_STEPS, _BEFORE_STEPS = 0.15, 3, 5
_PARTIALS, _HIGHEST_HZ, _MIDDLE_HZ = 8, 18_000.0, 200.0
_LEAST_GAIN = 0.02
_RESTRUCK_DB = 3.0
_OVERLAP_S = 0.02


def transcribe_notes(mono: FloatArray) -> tuple[Note, ...]:
    """Notes of a recording, by basic-pitch; a bright tone's overtones are not notes.

    Args:
        mono: float32 [frames] at 44.1 kHz.

    Returns:
        At most :data:`MOST_NOTES`, the clearest, by start. A louder note has a higher velocity:
        the loud ones about 90, and one 12 dB softer half of that.
    """
    power = step_power(mono)
    notes = _unsplit(_rejoined(transcribe(mono, SAMPLE_RATE)), power)
    kept = [note for note in notes if not any(_is_overtone(note, other) for other in notes)]
    clearest = sorted(kept, key=lambda note: -note.velocity)[:MOST_NOTES]
    if not clearest:
        return ()
    levels = np.array([_struck_db(power, note) for note in clearest])
    under = levels - np.quantile(levels, 0.75)
    velocities = np.clip(_USUAL_VELOCITY * 10.0 ** (under / 40.0), 20, 127)
    return tuple(
        sorted(
            replace(note, velocity=int(velocity))
            for note, velocity in zip(clearest, velocities, strict=True)
        )
    )


def _rejoined(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Notes cut in two by another's onset, made one again.

    A note that rings on while another begins is often taken to begin anew with it. Where every
    note of a chord is repeated, nothing is joined.
    """
    kept: list[Note] = []
    for note in sorted(notes):
        before = [
            index
            for index, other in enumerate(kept)
            if other.pitch == note.pitch and 0 <= note.start_s - other.end_s < _TOGETHER_S
        ]
        others = [
            other
            for other in notes
            if other.pitch != note.pitch and abs(other.start_s - note.start_s) < _TOGETHER_S
        ]
        new = [
            other
            for other in others
            if not any(
                last.pitch == other.pitch and 0 <= other.start_s - last.end_s < _TOGETHER_S
                for last in notes
            )
        ]
        if before and new:
            first = kept[before[-1]]
            kept[before[-1]] = replace(first, duration_s=note.end_s - first.start_s)
        else:
            kept.append(note)
    return tuple(kept)


def _unsplit(notes: Sequence[Note], power: FloatArray) -> tuple[Note, ...]:
    """Notes that only seemed to begin anew, made one again.

    A slow attack is often taken to begin twice. A key that is struck again shows: its partials
    jump up, by 10 dB in the median; those of a note that goes on move by 2 dB.
    """
    kept: list[Note] = []
    for note in sorted(notes):
        for index, first in enumerate(kept):
            gap_s = note.start_s - first.end_s
            meets = first.pitch == note.pitch and -_OVERLAP_S < gap_s < _TOGETHER_S
            if meets and _jump_db(power, note) < _RESTRUCK_DB:
                kept[index] = replace(first, duration_s=note.end_s - first.start_s)
                break
        else:
            kept.append(note)
    return tuple(kept)


def _jump_db(power: FloatArray, note: Note) -> float:
    """How far a note's partials rise at its onset, within a few hundredths of a second."""
    step = round(note.start_s / STEP_S)
    levels = 10.0 * np.log10(_partials(power, note).sum(axis=1) + 1e-9)
    before, after = levels[max(step - 4, 0) : step + 2], levels[step : step + 6]
    if not len(before) or len(after) < len(before):
        return float("inf")
    return float((after[: len(before)] - before).max())


def _is_overtone(note: Note, other: Note) -> bool:
    """Whether a note is more likely a partial of another that sounds as it begins."""
    sounding = other.start_s - _TOGETHER_S <= note.start_s < other.start_s + other.duration_s
    above = note.pitch - other.pitch in _OVERTONES
    return above and sounding and note.velocity <= other.velocity


def _struck_db(power: FloatArray, note: Note) -> float:
    """How loud a note begins: what its partials gain over what sounded there before it.

    Sound as a whole will not do: a slow instrument has hardly begun when the note before it
    still rings. Highs count a little more than lows, as harder blows show in them.
    """
    first = round(note.start_s / STEP_S)
    last = first + max(_LEAST_STEPS, round(min(note.duration_s, _STRIKE_S) / STEP_S))
    seen = _partials(power, note)
    before = seen[max(first - _BEFORE_STEPS, 0) : first - 2].min(axis=0, initial=np.inf)
    before = np.where(np.isfinite(before), before, 0.0)
    struck = seen[min(first, len(seen) - 1) : last + 1]
    gained = np.maximum(struck - before, _LEAST_GAIN * struck) * np.sqrt(
        _partials_hz(note) / _MIDDLE_HZ
    )
    return float(10.0 * np.log10(gained.sum(axis=1).max() + 1e-12))


def _partials_hz(note: Note) -> Float64Array:
    """Where a note's lowest partials lie."""
    hz = pitch_hz(note.pitch) * np.arange(1, _PARTIALS + 1)
    return hz[hz < _HIGHEST_HZ]


def _partials(power: FloatArray, note: Note) -> FloatArray:
    """Their power at every step [F, ≤ 8]."""
    bins = np.round(_partials_hz(note) * N_FFT / SAMPLE_RATE).astype(int)
    bins = np.clip(bins, 1, N_FFT // 2 - 2)
    return np.asarray(np.max([power[:, bins + offset] for offset in (-1, 0, 1)], axis=0))
