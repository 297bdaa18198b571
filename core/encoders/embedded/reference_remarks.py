"""What a reference is, where that limits the timbre taken from it: speech, noise, drums.

Told from what the encoder looks at anyway: the notes that were heard, and how pitch and
spectrum move from frame to frame. The thresholds lie between espeak's speech, noises and drum
loops on one side and the references of the set ``embedded-v1`` and single instruments of a
General MIDI bank on the other; tests hold both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.clip import Note
from core.encoders.embedded.features import ATTACK_BINS, HOP, PARTIAL_BINS, SAMPLE_RATE
from core.types import FloatArray

NO_NOTES = "no pitched notes were found; the timbre is guessed from its spectrum alone"
NOISE = (
    "this is mostly noise; its timbre is guessed from its spectrum alone, and notes played in it "
    "may sound pitched where the recording is not"
)
DRUMS = (
    "this sounds like drums or other percussion; one timbre is guessed for all its strokes, and "
    "melodies are played in it: a recording of one pitched instrument is heard better"
)
SPEECH = (
    "this sounds like speech; its timbre will be a mean of its sounds, since a voice that talks "
    "holds no pitch: a held or sung note is heard better"
)

BoolArray = npt.NDArray[np.bool_]

_FRAME_S = HOP / SAMPLE_RATE
_STEADY_OCTAVES, _JUMP_OCTAVES = 0.05 / 12, 1.0 / 12
_LOUD = -35.0 / 20  # features are in units of 20 dB under the loudest
_LEAST_FRAMES = 25
_APART = 5  # frames: a tenth of a second

_NOTES_COVER = 0.25
_NOISE_JUMPS = 0.75
_DRUMS_STEADY, _DRUMS_SWING_DB = 0.4, 7.5
_SPEECH_STEADY, _SPEECH_CHANGE_DB = 0.4, 9.0


def remarks_on(features: FloatArray, notes: Sequence[Note]) -> tuple[str, ...]:
    """What is to be said about a recording as a reference.

    Args:
        features: of the whole recording [frames, 290], see
            :func:`core.encoders.embedded.features.spectral_features`.
        notes: that were heard in it.

    Returns:
        At most one line, for people.
    """
    kind = _kind(features, notes)
    if kind:
        return (kind,)
    return () if notes else (NO_NOTES,)


def _kind(features: FloatArray, notes: Sequence[Note]) -> str:
    loud = features[:, :PARTIAL_BINS].max(axis=1) > _LOUD
    both = loud[1:] & loud[:-1]
    if np.count_nonzero(both) < _LEAST_FRAMES:
        return ""
    moved = np.abs(np.diff(features[:, -2]))[both]  # of the fundamental, octaves
    steady = float(np.mean(moved < _STEADY_OCTAVES))
    mels = 20.0 * features[:, PARTIAL_BINS : PARTIAL_BINS + ATTACK_BINS]  # dB
    if _covered(notes, loud) < _NOTES_COVER:
        if np.mean(moved >= _JUMP_OCTAVES) > _NOISE_JUMPS:
            return NOISE
        if steady < _DRUMS_STEADY and _level_swing_db(mels) > _DRUMS_SWING_DB:
            return DRUMS
    if steady < _SPEECH_STEADY and _spectral_change_db(mels, loud) > _SPEECH_CHANGE_DB:
        return SPEECH
    return ""


def _covered(notes: Sequence[Note], loud: BoolArray) -> float:
    """The share of the loud frames in which a note sounds."""
    times_s = (np.flatnonzero(loud) + 0.5) * _FRAME_S
    sounding = np.zeros(len(times_s), bool)
    for note in notes:
        sounding |= (note.start_s <= times_s) & (times_s < note.end_s)
    return float(sounding.mean())


def _level_swing_db(mels: FloatArray) -> float:
    """Standard deviation of the level, over all frames."""
    levels = 10.0 * np.log10((10.0 ** (mels / 10.0)).sum(axis=1) + 1e-9)
    return float(np.maximum(levels, levels.max() - 50.0).std())


def _spectral_change_db(mels: FloatArray, loud: BoolArray) -> float:
    """How far the spectrum's shape moves in a tenth of a second, in the median."""
    pairs = loud[_APART:] & loud[:-_APART]
    if not pairs.any():
        return 0.0
    shapes = mels - mels.mean(axis=1, keepdims=True)
    return float(np.median(np.abs(shapes[_APART:] - shapes[:-_APART]).mean(axis=1)[pairs]))
