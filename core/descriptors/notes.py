"""What single notes sound like: a measure for each pair of adjectives, and vibrato.

Each note of the phrase is measured from its known onset, and what is given is the median of the
notes. No measure depends on how loud the sound is as a whole.

- *brightness*: the spectral centroid of the amplitudes, log2 of hertz, weighted by each frame's
  energy (Peeters 2004, section 6.1.1).
- *attack*: minus the log attack time, −log10 of seconds; when it begins and ends is found by the
  weakest effort (Peeters 2004, 5.2; Peeters et al. 2011, II.D.1).
- *length*: the effective duration, log10 of seconds: how long the envelope is above a tenth of
  its highest (Peeters et al. 2011, II.D.3, there four tenths; a tenth hears a tail).
- *noise*: the energy that is not in peaks of the spectrum, dB under the whole. The floor is a
  running median over frequency, so that a bell, whose partials are not harmonic, is as pure as
  a flute (noisiness, Peeters et al. 2011, II.E.2).
- *fullness*: how many critical bands under 2 kHz the sound fills: the sum of their loudness in
  relation to the loudest of all bands, of equal width on the ERB scale (Moore and Glasberg 1983),
  loudness being power^0.3 (Stevens). The entropy or the spread of the whole spectrum says nearly
  the same as the centroid (rank correlation 0.86 over the factory bank); this does not.
- *vibrato*: how far the pitch of the held part goes to either side, 4–8 times a second, in cents,
  0 for notes that die soon (:mod:`core.descriptors.vibrato`).

Peeters 2004: *A large set of audio features for sound description*, CUIDADO. Peeters, Giordano,
Susini, Misdariis, McAdams 2011: *The Timbre Toolbox*, JASA 130(5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.descriptors.phrase import APART_S, HELD_S, MEASURING_PHRASE
from core.descriptors.vibrato import vibrato_cents
from core.types import Float64Array, FloatArray

WINDOW = 4096
HOP = 2048
_ENVELOPE_S, _ENVELOPE_HOP_S = 0.010, 0.001
_FLOOR_DB = -60.0
"""Bins so far under the loudest of a note are not heard beside it."""
_MEDIAN_BINS = 31
"""At 44.1 kHz 330 Hz: over two partials of the lowest key."""
_MEDIAN_STEP = 8
"""Bins from one median to the next."""
_LOUDNESS_EXPONENT = 0.3
_FULL_TO_HZ = 2000.0
_EFFORT = 3.0
"""Peeters' α: a step of the envelope that takes so many times the mean is no attack."""
_TENTHS = np.arange(1, 10) / 10.0
_MOST_NOISE_DB = -90.0
"""Of what has no noise at all."""


def describe(phrase: FloatArray, sample_rate: int) -> Mapping[str, float]:
    """What a render of the phrase measures.

    Args:
        phrase: float32 [channels, frames], of :data:`core.descriptors.phrase.MEASURING_PHRASE`.
        sample_rate: Hz.

    Returns:
        By the names of :data:`core.descriptors.adjectives.MEASURES`, in the units above; empty
        if less than half of the notes sound.
    """
    mono = np.asarray(np.atleast_2d(phrase).mean(axis=0), np.float64)
    onsets = [round(note.start_s * sample_rate) for note in MEASURING_PHRASE.notes]
    length = round(APART_S * sample_rate)
    mono = np.pad(mono, (0, max(0, onsets[-1] + length - len(mono))))
    notes = [
        (mono[onset : onset + length], 440.0 * 2.0 ** ((note.pitch - 69) / 12))
        for onset, note in zip(onsets, MEASURING_PHRASE.notes, strict=True)
    ]
    loudest = max(float(np.abs(note).max()) for note, _ in notes)
    if not np.isfinite(loudest) or loudest <= 1e-6:
        return {}
    heard = [(note, f0_hz) for note, f0_hz in notes if np.abs(note).max() > 1e-3 * loudest]
    if 2 * len(heard) < len(notes):
        return {}
    return median_of([describe_note(note, sample_rate, f0_hz) for note, f0_hz in heard])


def median_of(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of several notes, measure by measure."""
    return {name: float(np.median([note[name] for note in measured])) for name in measured[0]}


def describe_note(note: Float64Array, sample_rate: int, f0_hz: float) -> dict[str, float]:
    """What one note measures.

    Args:
        note: float64 [frames], from its onset; not silent.
        sample_rate: Hz.
        f0_hz: of its key.

    Returns:
        As :func:`describe`.
    """
    envelope, step_s = rms_envelope(note, sample_rate)
    power, frequencies = spectrogram(note[: round(HELD_S * sample_rate)], sample_rate)
    return {
        "brightness": spectral_centroid(power, frequencies),
        "attack": -np.log10(attack_time_s(envelope, step_s)),
        "length": float(np.log10(effective_duration_s(envelope, step_s))),
        "noise": noisiness_db(power),
        "fullness": filled_bands(power, frequencies),
        "vibrato": vibrato_cents(note, sample_rate, f0_hz, HELD_S),
    }


def rms_envelope(note: Float64Array, sample_rate: int) -> tuple[Float64Array, float]:
    """The level over time, and the seconds between its values.

    Args:
        note: float64 [frames].
        sample_rate: Hz.
    """
    window, hop = round(_ENVELOPE_S * sample_rate), max(1, round(_ENVELOPE_HOP_S * sample_rate))
    whole = np.concatenate([[0.0], np.cumsum(np.pad(note, (window, window)) ** 2)])
    mean = (whole[window:] - whole[:-window]) / window
    return np.sqrt(np.maximum(mean[::hop], 0.0)), hop / sample_rate


def attack_time_s(envelope: Float64Array, step_s: float) -> float:
    """How long a note takes to rise, seconds, by the weakest effort.

    Args:
        envelope: float64 [n], ≥ 0, not all 0.
        step_s: between its values.
    """
    reached = np.array([int(np.argmax(envelope >= t * envelope.max())) for t in _TENTHS])
    efforts = np.diff(reached)
    easy = np.flatnonzero(efforts <= _EFFORT * efforts.mean())
    first, last = (int(easy[0]), int(easy[-1]) + 1) if len(easy) else (0, len(reached) - 1)
    return max(1, int(reached[last] - reached[first])) * step_s


def effective_duration_s(envelope: Float64Array, step_s: float) -> float:
    """How long a note is heard, seconds.

    Args:
        envelope: float64 [n], ≥ 0, not all 0.
        step_s: between its values.
    """
    return max(1, int(np.count_nonzero(envelope > 0.1 * envelope.max()))) * step_s


def spectrogram(note: Float64Array, sample_rate: int) -> tuple[Float64Array, Float64Array]:
    """Power over time and frequency: [frames, bins], and the bins' frequencies in hertz.

    Args:
        note: float64 [samples].
        sample_rate: Hz.
    """
    padded = np.pad(note, (0, max(0, WINDOW - len(note))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.blackman(WINDOW), axis=1)) ** 2
    frequencies: Float64Array = np.fft.rfftfreq(WINDOW, 1.0 / sample_rate)[1:].astype(np.float64)
    return power[:, 1:].astype(np.float64), frequencies


def spectral_centroid(power: Float64Array, frequencies: Float64Array) -> float:
    """The mean frequency of the amplitudes, log2 of hertz.

    Args:
        power: [frames, bins].
        frequencies: [bins], Hz.
    """
    amplitudes = np.sqrt(np.where(power > power.max() * 10 ** (_FLOOR_DB / 10), power, 0.0))
    mean = amplitudes.sum(axis=0)
    return float(np.log2((mean * frequencies).sum() / mean.sum()))


def noisiness_db(power: Float64Array) -> float:
    """The energy between the peaks of a spectrum in relation to the whole, dB: −90…0.

    Args:
        power: [frames, bins].
    """
    half = _MEDIAN_BINS // 2
    frames = np.pad(power, ((0, 0), (half, half)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(frames, _MEDIAN_BINS, axis=1)
    # Of noise half of the bins lie under ln 2 of the mean.
    floor = np.median(windows[:, ::_MEDIAN_STEP], axis=-1) / np.log(2.0)
    floor = np.repeat(floor, _MEDIAN_STEP, axis=1)[:, : power.shape[1]]
    between = np.minimum(floor, power).sum()
    return float(max(_MOST_NOISE_DB, 10.0 * np.log10(between / power.sum() + 1e-12)))


def filled_bands(power: Float64Array, frequencies: Float64Array) -> float:
    """How many critical bands under 2 kHz a sound fills, about 1 for a sine.

    Args:
        power: [frames, bins].
        frequencies: [bins], Hz.
    """
    mean = power.mean(axis=0)
    numbers = np.floor(21.4 * np.log10(1.0 + 0.00437 * frequencies)).astype(int)
    loudness = np.bincount(numbers, mean) ** _LOUDNESS_EXPONENT
    full = numbers[np.searchsorted(frequencies, _FULL_TO_HZ) - 1]
    return float(loudness[: full + 1].sum() / loudness.max())
