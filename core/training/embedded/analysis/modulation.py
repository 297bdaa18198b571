"""Measure a recorded note's vibrato, tremolo and shimmer, and take the first two out of it.

The lowest harmonics are brought down to 0 Hz and followed 200 times a second; how their
phases turn is the pitch, how their sizes move the level. What is regular and between 2.5 and
9 Hz is vibrato or tremolo. A note without them is analysed far more cleanly: moving partials
smear over the spectrum and would count as noise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates, uniform_filter1d
from scipy.signal import savgol_filter

from core.engines.embedded.controls import SAMPLE_RATE
from core.engines.embedded.modulation import (
    MAX_DELAY_S,
    MAX_SHIMMER_DB,
    MAX_TREMOLO_DB,
    MAX_VIBRATO_CENTS,
    RATE_RANGE_HZ,
    SHIMMER_RANGE_HZ,
    Modulation,
)
from core.types import Float64Array, FloatArray

HOP = 220
FRAME_HZ = SAMPLE_RATE / HOP
_HARMONICS = 8
_HIGHEST_HZ = 6000.0
_ATTACK_S = 0.12
LEAST_S = 0.7
"""Shorter held notes do not show how they move."""

_SLOW_S = 0.5
_REGULAR = 0.35  # share of the movement that a vibrato's one sine wave explains
_LEAST_CENTS, _LEAST_DB = 1.5, 0.4
_WEAK_DB = 45.0


def _follow(audio: FloatArray, f0_hz: float) -> npt.NDArray[np.complex128]:
    """The lowest harmonics' complex amplitudes [frames, k], turning at their distance from k f0."""
    width = int(np.clip(4 * SAMPLE_RATE / f0_hz, 512, 3072)) // 2 * 2
    count = int(np.clip(_HIGHEST_HZ / f0_hz, 1, _HARMONICS))
    padded = np.pad(audio, width // 2)
    starts = np.arange(0, len(audio), HOP)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[starts]
    n = np.arange(width) - width // 2
    k = np.arange(1, count + 1)
    turns = k * f0_hz / SAMPLE_RATE
    window = np.hanning(width + 1)[:-1]
    probe = (window / window.sum())[:, None] * np.exp(-2j * np.pi * np.outer(n, turns))
    amplitudes = windows @ probe.real.astype(np.float32) + 1j * (
        windows @ probe.imag.astype(np.float32)
    )
    followed: npt.NDArray[np.complex128] = amplitudes * np.exp(
        -2j * np.pi * np.outer(starts, turns)
    )
    return followed


def _pitch_cents(followed: npt.NDArray[np.complex128], f0_hz: float) -> Float64Array:
    """Deviation of pitch from ``f0_hz`` at every frame."""
    k = np.arange(1, followed.shape[1] + 1)
    turn = followed[1:] * followed[:-1].conj()
    hz = np.angle(turn) * FRAME_HZ / (2 * np.pi)
    # Precision of a harmonic's word on the fundamental grows with its power and its number.
    weight = np.abs(turn) * k**2 + 1e-20
    relative = (weight * hz / (k * f0_hz)).sum(axis=1) / weight.sum(axis=1)
    cents = 1200 * np.log2(1.0 + np.clip(relative, -0.08, 0.08))
    return np.concatenate([cents[:1], cents])


def _fast(track: Float64Array) -> Float64Array:
    """What moves faster than about 2 Hz [frames, …]; a steady rise or fall is no movement."""
    width = min(round(_SLOW_S * FRAME_HZ), len(track)) // 2 * 2 - 1
    slow = savgol_filter(track, width, 1, axis=0, mode="interp")
    fast: Float64Array = uniform_filter1d(track - slow, 5, axis=0, mode="nearest")
    return fast


def _regular(track: Float64Array) -> tuple[float, float, float]:
    """Amplitude, rate in Hz, and share of the variance of the strongest wave in range."""
    n_fft = 1 << max(12, (len(track) - 1).bit_length() + 2)
    window = np.hanning(len(track))
    spectrum = np.abs(np.fft.rfft((track - track.mean()) * window, n_fft)) * 2 / window.sum()
    hz = np.arange(len(spectrum)) * FRAME_HZ / n_fft
    inside = (hz >= RATE_RANGE_HZ[0]) & (hz <= RATE_RANGE_HZ[1])
    peak = int(np.argmax(np.where(inside, spectrum, 0.0)))
    size = float(spectrum[peak])
    return size, float(hz[peak]), min(1.0, size**2 / 2 / max(float(track.var()), 1e-12))


def _half_grown_s(track: Float64Array, rate_hz: float) -> float:
    """When a wave of this rate reaches half of its usual size."""
    at_s = np.arange(len(track)) / FRAME_HZ
    turned = track * np.exp(-2j * np.pi * rate_hz * at_s)
    width = round(FRAME_HZ / rate_hz)
    size = np.abs(uniform_filter1d(turned.real, width) + 1j * uniform_filter1d(turned.imag, width))
    reached = np.flatnonzero(size >= 0.5 * np.quantile(size, 0.8))
    return float(min(at_s[reached[0]], MAX_DELAY_S))


def remove_modulation(
    audio: FloatArray, f0_hz: float, held_s: float
) -> tuple[FloatArray, Modulation | None]:
    """Measure a note's modulation and undo its vibrato and tremolo.

    Args:
        audio: float32 [frames] at 44.1 kHz, from the key press.
        f0_hz: its fundamental.
        held_s: when the key was released, seconds.

    Returns:
        The note without vibrato and tremolo (the very same array if it has none), and the
        modulation; None if the note is too short or dies too soon to show it.
    """
    still, modulation = _one_pass(audio, f0_hz, held_s)
    if modulation is None or still is audio:
        return audio, modulation
    # Strong vibrato leaves the harmonics' windows and is underestimated: take out the rest.
    again, rest = _one_pass(still, f0_hz, held_s)
    if rest is None:
        return still, modulation
    whole = replace(
        rest,
        vibrato_cents=min(modulation.vibrato_cents + rest.vibrato_cents, MAX_VIBRATO_CENTS),
        vibrato_hz=modulation.vibrato_hz,
        vibrato_delay_s=modulation.vibrato_delay_s,
        tremolo_db=min(modulation.tremolo_db + rest.tremolo_db, MAX_TREMOLO_DB),
        tremolo_hz=modulation.tremolo_hz,
    )
    return again, whole


def _one_pass(
    audio: FloatArray, f0_hz: float, held_s: float
) -> tuple[FloatArray, Modulation | None]:
    followed = _follow(audio, f0_hz)
    power = (np.abs(followed) ** 2).sum(axis=1) + 1e-14
    level_db = 10 * np.log10(power)
    first, last = round(_ATTACK_S * FRAME_HZ), min(round(held_s * FRAME_HZ), len(power))
    strong = level_db > level_db.max() - _WEAK_DB
    weak = np.flatnonzero(~strong[first:last])
    if len(weak):
        last = first + int(weak[0])
    if last - first < LEAST_S * FRAME_HZ:
        return audio, None
    cents, level = np.zeros(len(power)), np.zeros(len(power))
    cents[first:last] = _fast(_pitch_cents(followed, f0_hz)[first:last])
    level[first:last] = _fast(level_db[first:last])
    vibrato_cents, vibrato_hz, share = _regular(cents[first:last])
    if vibrato_cents < _LEAST_CENTS or share < _REGULAR:
        vibrato_cents = 0.0
    tremolo_db, tremolo_hz, share = _regular(level[first:last])
    if tremolo_db < _LEAST_DB or share < _REGULAR:
        tremolo_db = 0.0
    shimmer_db, shimmer_hz = _shimmer(followed[first:last], level[first:last])
    modulation = Modulation(
        vibrato_cents=min(vibrato_cents, MAX_VIBRATO_CENTS),
        vibrato_hz=vibrato_hz,
        vibrato_delay_s=_half_grown_s(cents[first:last], vibrato_hz) if vibrato_cents else 0.0,
        tremolo_db=min(tremolo_db, MAX_TREMOLO_DB),
        tremolo_hz=tremolo_hz,
        shimmer_db=shimmer_db,
        shimmer_hz=shimmer_hz,
    )
    still = audio
    frames = np.arange(len(power))
    at_frame = np.arange(len(audio)) / HOP
    if vibrato_cents:
        ahead_s = np.cumsum(2.0 ** (cents / 1200.0) - 1.0) / FRAME_HZ
        at = np.arange(len(audio)) - np.interp(at_frame, frames, ahead_s) * SAMPLE_RATE
        still = map_coordinates(still, at[None], order=3, mode="nearest").astype(np.float32)
    if tremolo_db:
        gain_db = np.interp(at_frame, frames, -level)
        still = (still * 10 ** (gain_db / 20)).astype(np.float32)
    return still, modulation


def _shimmer(
    followed: npt.NDArray[np.complex128], together_db: Float64Array
) -> tuple[float, float]:
    """How much each harmonic's level moves by itself, dB, and how fast, Hz."""
    levels = 20 * np.log10(np.abs(followed) + 1e-7)
    audible = levels.mean(axis=0) > levels.mean(axis=0).max() - 30.0
    own = _fast(levels[:, audible]) - together_db[:, None]
    spread = own.std(axis=0)
    size = float(np.clip(np.median(spread), 0.0, MAX_SHIMMER_DB))
    power = (np.abs(np.fft.rfft(own * np.hanning(len(own))[:, None], axis=0)) ** 2).sum(axis=1)
    hz = np.arange(len(power)) * FRAME_HZ / len(own)
    inside = (hz >= SHIMMER_RANGE_HZ[0]) & (hz <= SHIMMER_RANGE_HZ[1])
    rate = float((power[inside] * hz[inside]).sum() / max(power[inside].sum(), 1e-20))
    return size, rate
