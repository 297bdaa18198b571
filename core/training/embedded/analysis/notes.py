"""Analyse a recorded note of known pitch into the controls that would play it again.

One long-window spectrum per knot gives the partials' levels and, between the partials, the
noise. A long window blurs onsets and releases; there, the energy of short windows in six
bands says how much of what it saw belongs to the knot itself.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.clip import pitch_hz
from core.engines.embedded.controls import (
    FLOOR_DB,
    MAX_PARTIAL_HZ,
    N_PARTIALS,
    NOISE_EDGES_HZ,
    SAMPLE_RATE,
    NoteControls,
    knot_times,
    partial_hz,
    stretched_hz,
)
from core.engines.embedded.leakage import (
    LOWER_HALF_MEAN,
    bins_between,
    distance_hz,
    window_width,
)
from core.training.embedded.analysis.modulation import remove_modulation
from core.types import Float64Array, FloatArray

_SHARPEN_EDGES_HZ = (0.0, 300.0, 800.0, 2000.0, 5000.0, 10_000.0, 22_050.0)
_MEASURED_SHIFTS_CENTS = np.arange(-20.0, 21.0, 4.0)
_MEASURED_INHARMONICITIES = np.concatenate([[0.0], np.geomspace(1e-5, 1e-2, 16)])


def analyse_note(
    audio: FloatArray, pitch: int, held_s: float, subharmonics: bool = False
) -> NoteControls:
    """Controls of one note.

    Args:
        audio: float32 [frames] at 44.1 kHz, mono, starting at the key press.
        pitch: MIDI key it was played with.
        held_s: when the key was released, seconds.
        subharmonics: whether there are partials halfway between its own, which are not noise.
    """
    total_s = len(audio) / SAMPLE_RATE
    times_s = knot_times(held_s, total_s - held_s)
    f0_hz, inharmonicity = _tune(audio, pitch_hz(pitch))
    audio, modulation = remove_modulation(audio, f0_hz, held_s)
    if modulation is not None and modulation.has_vibrato:
        f0_hz, inharmonicity = _tune(audio, pitch_hz(pitch))
    width = window_width(f0_hz / 2 if subharmonics else f0_hz)
    power, bin_hz = _spectra(audio, times_s, width)
    if subharmonics:
        numbers = 0.5 * np.arange(1, 2 * N_PARTIALS + 1)
        hz = stretched_hz(f0_hz, inharmonicity, numbers)
        partials, density = _split(power, bin_hz, width, hz)
        partials = partials[:, 1::2]
    else:
        partials, density = _split(power, bin_hz, width, partial_hz(f0_hz, inharmonicity))
    gain = _sharpening(audio, times_s, held_s, width, f0_hz, power, bin_hz)

    band_of_partial = np.digitize(partial_hz(f0_hz, inharmonicity), _SHARPEN_EDGES_HZ[1:-1])
    partials *= gain[:, band_of_partial]
    centres = np.sqrt(np.maximum(NOISE_EDGES_HZ[:-1], 30.0) * NOISE_EDGES_HZ[1:])
    widths = np.diff(NOISE_EDGES_HZ) / (SAMPLE_RATE / 2)
    noise = density * widths * gain[:, np.digitize(centres, _SHARPEN_EDGES_HZ[1:-1])]
    return NoteControls(times_s, f0_hz, inharmonicity, _to_db(partials), _to_db(noise), modulation)


def _to_db(power: Float64Array) -> FloatArray:
    return (10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10)))).astype(np.float32)


def _tune(audio: FloatArray, nominal_hz: float) -> tuple[float, float]:
    """The fundamental and the inharmonicity whose partials meet the most spectrum."""
    segment = audio[int(0.02 * SAMPLE_RATE) :][: int(0.5 * SAMPLE_RATE)]
    if len(segment) < 2048 or np.abs(segment).max() < 1e-4:
        return nominal_hz, 0.0
    n_fft = 65_536
    magnitude = np.sqrt(np.abs(np.fft.rfft(segment * np.hanning(len(segment)), n_fft)))
    k = np.arange(1, 21)
    best, tuning = -1.0, (nominal_hz, 0.0)
    for cents in _MEASURED_SHIFTS_CENTS[np.argsort(np.abs(_MEASURED_SHIFTS_CENTS))]:
        f0_hz = nominal_hz * 2.0 ** (cents / 1200)
        # [candidates, 20]
        hz = f0_hz * k * np.sqrt(1.0 + _MEASURED_INHARMONICITIES[:, None] * k**2)
        audible = hz < MAX_PARTIAL_HZ
        bins = np.minimum(np.round(hz * n_fft / SAMPLE_RATE).astype(int), len(magnitude) - 1)
        scores = (magnitude[bins] * audible).sum(axis=1)
        # Prefer the plain answer unless the other is clearly better.
        scores[1:] *= 0.98
        winner = int(np.argmax(scores))
        score = float(scores[winner]) * (1.0 if cents == 0 else 0.995)
        if score > best:
            best, tuning = score, (f0_hz, float(_MEASURED_INHARMONICITIES[winner]))
    return tuning


def _spectra(audio: FloatArray, times_s: Float64Array, width: int) -> tuple[Float64Array, float]:
    """Power spectra centred on the knots, scaled so that white noise of variance 1 gives 1."""
    window = np.hanning(width + 1)[:-1]
    n_fft = 1 << (width - 1).bit_length()
    padded = np.pad(audio, width // 2 + 1)
    starts = np.minimum(np.round(times_s * SAMPLE_RATE).astype(int), len(audio))
    frames = padded[starts[:, None] + np.arange(1, width + 1)]
    spectra = np.fft.rfft(frames * window, n_fft)
    power = (spectra.real**2 + spectra.imag**2) / np.sum(window**2)
    return power, SAMPLE_RATE / n_fft


def _split(
    power: Float64Array, bin_hz: float, width: int, partials_hz: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Squared amplitude of each partial [J, K], and noise variance density in each band [J, N].

    A density of 1 in every band is white noise of variance 1.
    """
    n_bins = power.shape[1]
    hz = np.arange(n_bins) * bin_hz
    lobe_hz = 2.0 * SAMPLE_RATE / width
    audible = partials_hz < MAX_PARTIAL_HZ
    heard_hz = partials_hz[audible]
    nearest = distance_hz(hz, heard_hz)
    density = np.zeros((len(power), len(NOISE_EDGES_HZ) - 1))
    for band, inside in enumerate(bins_between(hz, nearest, width, heard_hz[0])):
        if inside.any():
            # What is left of strong partials between them is not noise: the lower half is safer.
            values = np.sort(power[:, inside], axis=1)
            lower = values[:, : max(1, values.shape[1] // 2)]
            density[:, band] = lower.mean(axis=1) / LOWER_HALF_MEAN

    cumulative = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    first = np.clip(np.round((partials_hz - lobe_hz) / bin_hz).astype(int), 0, n_bins - 1)
    last = np.clip(np.round((partials_hz + lobe_hz) / bin_hz).astype(int) + 1, 0, n_bins)
    band_of = np.clip(np.digitize(partials_hz, NOISE_EDGES_HZ) - 1, 0, density.shape[1] - 1)
    energy = cumulative[:, last] - cumulative[:, first]
    energy -= density[:, band_of] * (last - first)
    # A sinusoid of amplitude a puts a²/4 · n_fft into its main lobe, at this scaling.
    squared = 4.0 * np.maximum(energy, 0.0) / (SAMPLE_RATE / bin_hz)
    squared[:, ~audible] = 0.0
    return squared, density


def _sharpening(
    audio: FloatArray,
    times_s: Float64Array,
    held_s: float,
    width: int,
    f0_hz: float,
    power: Float64Array,
    bin_hz: float,
) -> Float64Array:
    """Power gain [J, 6] that turns long-window levels near onset and release into local ones."""
    short = int(np.clip(1.25 * SAMPLE_RATE / f0_hz, 256, width)) // 2 * 2
    local, local_bin_hz = _spectra(audio, times_s, short)
    gain = np.ones((len(times_s), len(_SHARPEN_EDGES_HZ) - 1))
    half_s = 0.5 * width / SAMPLE_RATE
    near = (times_s < half_s) | (np.abs(times_s - held_s) < half_s)
    for band, (low, high) in enumerate(pairwise(_SHARPEN_EDGES_HZ)):
        # A band no wider than the short window's own resolution says nothing by itself.
        low, high = (
            (low, high) if high - low > 2 * SAMPLE_RATE / short else (0.0, max(high, 2000.0))
        )
        long_sum = _band_sum(power, bin_hz, low, high)
        local_sum = _band_sum(local, local_bin_hz, low, high)
        ratio = np.clip(local_sum / np.maximum(long_sum, 1e-12), 1e-5, 4.0)
        gain[near, band] = ratio[near]
    return gain


def _band_sum(power: Float64Array, bin_hz: float, low_hz: float, high_hz: float) -> Float64Array:
    first, last = round(low_hz / bin_hz), max(round(low_hz / bin_hz) + 1, round(high_hz / bin_hz))
    summed: Float64Array = power[:, first:last].sum(axis=1) * bin_hz
    return summed
