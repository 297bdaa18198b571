"""Does an instrument have half partials, and how strong are they?

See :mod:`core.engines.embedded.subharmonics`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clip import pitch_hz
from core.engines.embedded.controls import N_SUBHARMONICS, SAMPLE_RATE
from core.engines.embedded.subharmonics import LEAST_DB, MOST_DB, SUMMED
from core.training.sources.instruments import PlayedNote
from core.types import Float64Array, FloatArray

_FROM_S, _UNTIL_S = 0.06, 1.2
_LEAST_PERIODS = 24
_MISTUNED = 0.012
_HIGHEST_HZ = 15_000.0
_OVER_NOISE = 40.0
"""Power of a sinusoid over the median of its surroundings; of noise the peak is some ten times."""

_GAP = (0.16, 0.38)
"""Where between a half partial and its neighbours that is measured, in fundamentals."""

_LOWEST, _AUDIBLE_DB = 8, -30.0
_SHARE = 0.5


def measure_subharmonics(notes: Sequence[PlayedNote]) -> FloatArray:
    """Levels of an instrument's half partials, dB relative to its notes' lowest eight partials.

    An instrument has them if in half of its notes one of the lowest eight is a sinusoid within
    30 dB; levels are medians over notes.

    Returns:
        float32 [16], ``LEAST_DB`` … ``MOST_DB``; ``LEAST_DB`` everywhere if it has none.
    """
    measured = [
        levels
        for note in notes
        if (levels := _of_note(note.audio, note.pitch, note.held_s)) is not None
    ]
    none = np.full(N_SUBHARMONICS, LEAST_DB, np.float32)
    if not measured:
        return none
    levels = np.stack(measured)
    has = (levels[:, :_LOWEST].max(axis=1) > _AUDIBLE_DB).mean() >= _SHARE
    usual: FloatArray = np.median(levels, axis=0).astype(np.float32)
    return usual if has and usual.max() > _AUDIBLE_DB else none


def _of_note(audio: FloatArray, pitch: int, held_s: float) -> Float64Array | None:
    """[16]; None of a note too short or too soft to tell."""
    f0_hz = pitch_hz(pitch)
    piece = audio[round(_FROM_S * SAMPLE_RATE) : round(min(held_s, _UNTIL_S) * SAMPLE_RATE)]
    if len(piece) < _LEAST_PERIODS * SAMPLE_RATE / f0_hz or np.abs(piece).max() < 1e-4:
        return None
    n_fft = 1 << (4 * len(piece) - 1).bit_length()
    power = np.abs(np.fft.rfft(piece * np.blackman(len(piece)), n_fft)) ** 2
    bin_hz, lobe_hz = SAMPLE_RATE / n_fft, 3.0 * SAMPLE_RATE / len(piece)

    def between(low_hz: float, high_hz: float) -> Float64Array:
        return np.asarray(power[round(low_hz / bin_hz) : round(high_hz / bin_hz) + 1], np.float64)

    def peak(hz: float) -> float:
        reach_hz = max(_MISTUNED * hz, lobe_hz / 2)
        return float(between(hz - reach_hz, hz + reach_hz).max(initial=0.0))

    whole = sum(peak(number * f0_hz) for number in range(1, SUMMED + 1)) + 1e-30
    levels = np.full(N_SUBHARMONICS, LEAST_DB)
    for place in range(N_SUBHARMONICS):
        hz = (place + 0.5) * f0_hz
        if hz > _HIGHEST_HZ:
            break
        near_hz, far_hz = max(_GAP[0] * f0_hz, 1.2 * lobe_hz), _GAP[1] * f0_hz
        around = np.concatenate(
            [between(hz - far_hz, hz - near_hz), between(hz + near_hz, hz + far_hz)]
        )
        if len(around) and peak(hz) > _OVER_NOISE * np.median(around):
            levels[place] = np.clip(10.0 * np.log10(peak(hz) / whole), LEAST_DB, MOST_DB)
    return levels
