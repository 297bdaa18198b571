"""Is it in tune? Pitch error of single notes.

Task: follow the fundamental of every note that stands alone and compare it with the key it
was written for.

Conventions: sounds are float32 [frames] or [channels, frames] with their rate in hertz; a pitch
track is float64 [n] in hertz, NaN where a tracker gives none. A note's bias is the median deviation
of its voiced frames from the written pitch (equal temperament, A4 = 440 Hz), its spread half the
interquartile range. Of a clip there are four figures a tracker:

    semitones     median over the notes of |bias|: 0 is perfect, an octave mistake is 12
    bias_cents    median over the notes of the bias, with its sign: + is sharp
    spread_cents  median over the notes of the spread: vibrato of ±50 cents has 35
    within_50     share of the notes whose |bias| is at most 50 cents

Two pitch trackers, which fail on different sounds:

    yin    de Cheveigné and Kawahara, JASA 2002, steps 1–5; 44.1 kHz, 27.5–2100 Hz
           (above, lags are too short for a fine reading)
    crepe  Kim et al., ICASSP 2018, torchcrepe's "tiny" weights; 16 kHz, 32.7–1975 Hz

How it differs from other scorers: mir_eval.melody counts frames within 50 cents of another
track; here the score says what the pitch should be, and the figure has a unit. The median is taken
before the absolute value, so vibrato around the key costs nothing (but in the spread), nor does a
scooped attack; a share of frames forgives neither.

Trackers of one pitch cannot judge chords: notes that overlap others are left out. Where no
note stands alone, or none is voiced (bells, noise, silence), the error is None, and
``pitch_*_notes`` says how many notes were judged. Bells and other inharmonic sounds have
honest errors of several semitones, in recordings too: compare with the target's own figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.audio.conform import is_silent, mono
from core.clip import Note, pitch_hz
from core.coercion.arrays import SoundLike
from core.coercion.type_errors import wrong_type
from core.errors import ModelMissing, SettingsError
from core.midi import NotesLike, as_notes
from core.types import FloatArray
from evaluation.metrics import Figures

YIN_HZ = 44_100
CREPE_HZ = 16_000
WITHIN_SEMITONES = 0.5
MIN_NOTE_S = 0.1
"""Shorter notes are not judged, seconds."""
MAX_NOTES = 8
"""Of more notes that stand alone, this many spread evenly are judged."""

LOWEST_HZ, HIGHEST_HZ = 27.5, 2100.0
"""What :func:`yin` can read: from a piano's lowest key up to lags of 21 samples."""
CREPE_LOWEST_HZ, CREPE_HIGHEST_HZ = 32.71, 1975.5
"""What CREPE's 360 bins of 20 cents cover: six octaves from C1 up."""
YIN_THRESHOLD = 0.15
"""Normalised difference under which a lag counts as a period, 0–1."""
CREPE_PERIODICITY = 0.5
"""Activation from which a frame counts as voiced, 0–1."""
_WINDOW = 4096
_HOP = 512

PitchTrack = npt.NDArray[np.float64]
"""Fundamental [n] in hertz, one a hop; NaN where there is none."""
PitchTracker = Callable[[FloatArray], PitchTrack]
"""Turns a sound [frames] at the tracker's own rate into a track."""


def yin(sound: FloatArray) -> PitchTrack:
    """Fundamental of a sound by YIN.

    Args:
        sound: float32 [frames] at :data:`YIN_HZ`.

    Returns:
        Hertz [n], one per 512 samples; NaN where the sound is not periodic.
    """
    longest = int(YIN_HZ / LOWEST_HZ) + 2
    shortest = int(YIN_HZ / HIGHEST_HZ)
    length = _WINDOW + longest
    if len(sound) < length:
        sound = np.pad(sound, (0, length - len(sound)))
    windows = np.lib.stride_tricks.sliding_window_view(sound, length)[::_HOP]
    frames = windows.astype(np.float64)  # [n, samples]
    difference = _difference(frames, longest)  # [n, lags]
    # Cumulative mean normalised difference (equation 8): 1 at lag 0, so that no sound's
    # likeness with itself is its best period.
    lag = np.arange(1, longest)
    running = np.cumsum(difference[:, 1:], axis=1)
    normalised = np.ones_like(difference)
    normalised[:, 1:] = difference[:, 1:] * lag / np.maximum(running, 1e-12)
    return np.array([_first_dip(row, shortest) for row in normalised])


def _difference(frames: npt.NDArray[np.float64], lags: int) -> npt.NDArray[np.float64]:
    """Squared difference of a window and its shifts [n, lags] (equation 6), by FFT.

    Σ (x − y)² = Σ x² + Σ y² − 2 Σ x y, and the last sum is a correlation.

    Args:
        frames: [n, window + lags].
        lags: how many, from 0 up.
    """
    n = frames.shape[1] + _WINDOW
    head = np.fft.rfft(frames[:, :_WINDOW], n)
    whole = np.fft.rfft(frames, n)
    products = np.fft.irfft(whole * np.conj(head), n)[:, :lags]  # [n, lags]
    energy = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)  # [n, samples + 1]
    shifted = energy[:, _WINDOW : _WINDOW + lags] - energy[:, :lags]  # [n, lags]
    # Rounding takes a perfect period a little below 0.
    difference: npt.NDArray[np.float64] = np.maximum(shifted[:, :1] + shifted - 2 * products, 0.0)
    return difference


def _first_dip(row: npt.NDArray[np.float64], shortest: int) -> float:
    """Hertz of the first dip under the threshold, refined by a parabola; NaN without one.

    Args:
        row: normalised difference [lags].
        shortest: lag to begin at, samples.
    """
    below = np.flatnonzero(row[shortest:-1] < YIN_THRESHOLD)
    if not len(below):
        return float("nan")
    # The first dip, not the deepest: multiples of a period dip as low, or lower.
    lag = int(below[0]) + shortest
    while lag + 2 < len(row) and row[lag + 1] < row[lag]:
        lag += 1
    before, here, after = row[lag - 1], row[lag], row[lag + 1]
    curve = before - 2 * here + after
    shift = 0.5 * (before - after) / curve if curve > 0 else 0.0
    return YIN_HZ / (lag + float(np.clip(shift, -1, 1)))


def crepe(sound: FloatArray) -> PitchTrack:
    """Fundamental of a sound by torchcrepe's tiny network.

    Args:
        sound: float32 [frames] at :data:`CREPE_HZ`.

    Returns:
        Hertz [n], one per 20 ms; NaN where periodicity is under 0.5.

    Raises:
        ModelMissing: if torchcrepe is not installed.
    """
    import torch

    try:
        import torchcrepe
    except ImportError as error:
        raise ModelMissing(
            "torchcrepe is not installed; run: pip install 'timbre-bridge[evaluation]'"
        ) from error
    with torch.no_grad():
        frames = torch.cat(
            list(torchcrepe.preprocess(torch.from_numpy(sound)[None], CREPE_HZ, 320, 512, "cpu"))
        )
        activation = torchcrepe.infer(frames, "tiny").double().numpy()
    return _crepe_hz(activation)


def _crepe_hz(activation: npt.NDArray[np.float64]) -> PitchTrack:
    """Pitch [n] of CREPE's activations [n, 360], by the paper's weighted mean around the peak.

    torchcrepe's own decoders add random dither, and a figure has to repeat.
    """
    # The network's 360 bins are 20 cents apart, from C1 up; cents count from 10 Hz.
    cents = 1997.3794084376191 + 20.0 * np.arange(activation.shape[1])  # [360]
    hz = 10.0 * 2.0 ** (cents / 1200)
    inside = np.where((hz >= CREPE_LOWEST_HZ) & (hz <= CREPE_HIGHEST_HZ), activation, 0.0)
    peak = inside.argmax(axis=1)  # [n]
    near = np.abs(np.arange(activation.shape[1]) - peak[:, None]) <= 4
    weights = np.where(near, activation, 0.0)  # [n, 360], 0 beyond 80 cents of the peak
    mean = (weights * cents).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-12)
    voiced = inside.max(axis=1) >= CREPE_PERIODICITY
    return np.where(voiced, 10.0 * 2.0 ** (mean / 1200), np.nan)


@dataclass(frozen=True)
class NotePitch:
    """How a note lies to its key.

    Attributes:
        bias: median deviation of its voiced frames, semitones; above 0 is sharp.
        spread: half their interquartile range, semitones, ≥ 0.
    """

    bias: float
    spread: float


def note_pitch(track: PitchTrack, pitch: int) -> NotePitch | None:
    """Bias and spread of a track around a key; None if never voiced.

    Args:
        track: [n] in hertz.
        pitch: MIDI key, 0–127.
    """
    voiced = track[np.isfinite(track) & (track > 0)]
    if not len(voiced):
        return None
    lower, middle, upper = np.percentile(12 * np.log2(voiced / pitch_hz(pitch)), [25, 50, 75])
    return NotePitch(float(middle), float(upper - lower) / 2)


def isolated_notes(notes: Sequence[Note], lowest_hz: float, highest_hz: float) -> list[Note]:
    """Notes that stand alone for :data:`MIN_NOTE_S` or more and lie in a tracker's range.

    Args:
        notes: the score.
        lowest_hz, highest_hz: fundamentals the tracker can follow.

    Returns:
        At most :data:`MAX_NOTES` of them, in the score's order.
    """
    chosen = [
        note
        for note in notes
        if note.duration_s >= MIN_NOTE_S
        and lowest_hz <= pitch_hz(note.pitch) <= highest_hz
        and not any(
            other is not note and other.start_s < note.end_s - 1e-3 and other.end_s > note.start_s
            for other in notes
        )
    ]
    if len(chosen) <= MAX_NOTES:
        return chosen
    return [chosen[i] for i in np.linspace(0, len(chosen) - 1, MAX_NOTES).round().astype(int)]


def validate(audio: SoundLike, sample_rate: int) -> None:
    """Raises AudioError if the sound is empty or holds NaN.

    Args:
        audio: [frames] or [channels, frames].
        sample_rate: Hz.
    """
    mono(audio, sample_rate)


def evaluate(
    audio: SoundLike,
    sample_rate: int,
    notes: NotesLike,
    trackers: Sequence[str] = ("yin", "crepe"),
) -> Figures:
    """Pitch error of a performance's single notes.

    Args:
        audio: as :func:`core.coercion.arrays.as_samples` takes it.
        sample_rate: Hz.
        notes: the score it plays, as :func:`core.midi.as_notes` takes it.
        trackers: some of ``yin`` and ``crepe``.

    Returns:
        For each tracker ``pitch_NAME_semitones``, ``_bias_cents``, ``_spread_cents`` and
        ``_within_50`` (None if no note could be judged) and ``pitch_NAME_notes``, the number of
        notes judged.

    Raises:
        AudioError: if the sound is empty or holds NaN.
        ModelMissing: if crepe is asked for and torchcrepe is not installed.
        SettingsError: if there is no such tracker.
        TypeError: if an argument is of a type that is not taken.
    """
    validate(audio, sample_rate)
    notes = as_notes(notes)
    by_name: dict[str, tuple[PitchTracker, int, float, float]] = {
        "yin": (yin, YIN_HZ, LOWEST_HZ, HIGHEST_HZ),
        "crepe": (crepe, CREPE_HZ, CREPE_LOWEST_HZ, CREPE_HIGHEST_HZ),
    }
    figures: Figures = {}
    if isinstance(trackers, str) or not isinstance(trackers, Iterable):
        raise wrong_type(
            "the list of trackers", trackers, f"some of {', '.join(by_name)} in a list"
        )
    for name in trackers:
        if name not in by_name:
            raise SettingsError(f"there is no tracker {name!r}; use {', '.join(by_name)}")
        track_pitch, rate, lowest_hz, highest_hz = by_name[name]
        sound = mono(audio, sample_rate, rate)
        found = []
        for note in isolated_notes(notes, lowest_hz, highest_hz):
            segment = sound[round(note.start_s * rate) : round(note.end_s * rate)]
            heard = None if is_silent(segment) else note_pitch(track_pitch(segment), note.pitch)
            if heard is not None:
                found.append(heard)
        figures |= _of_clip(f"pitch_{name}", found)
    return figures


def _of_clip(prefix: str, notes: Sequence[NotePitch]) -> Figures:
    figures: Figures = dict.fromkeys(
        [f"{prefix}_{name}" for name in ("semitones", "bias_cents", "spread_cents", "within_50")]
    )
    if notes:
        biases = np.array([note.bias for note in notes])
        figures = {
            f"{prefix}_semitones": float(np.median(np.abs(biases))),
            f"{prefix}_bias_cents": float(100 * np.median(biases)),
            f"{prefix}_spread_cents": float(100 * np.median([note.spread for note in notes])),
            f"{prefix}_within_50": float(np.mean(np.abs(biases) <= WITHIN_SEMITONES)),
        }
    return {**figures, f"{prefix}_notes": float(len(notes))}
