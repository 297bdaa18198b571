"""How loud sound is (ITU-R BS.1770), what gain changes it, and room for its peaks.

The meter is our own, on numpy's Fourier transform: pyloudnorm, which the tests hold it to, takes
over a second of processor time to import (scipy's filters), ten times what the measuring takes.
Loudness is of one signal as it stands: a mono file that is played by two loudspeakers is 3 LU
louder than what is measured here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.types import Float64Array, FloatArray

BLOCK_S = 0.4
"""A gating block of BS.1770; shorter sound is followed by silence to this length."""

PEAK_AFTER_FIT = 0.999
"""Where the peak of a sound goes that would not fit into integers."""

_OVERLAP = 4  # of blocks: each begins a quarter of a block after the one before
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_LUFS = -0.691  # makes a sine of 997 Hz at full scale −3.01 LUFS
_SETTLE_S = 0.25
"""Until the filters' answers have died away, amply."""

# The filters at any rate: B. De Man, "Evaluation of Implementations of the EBU R128 Loudness
# Measurement", AES 145 (2018); at 48 kHz they are the tables of BS.1770-4, annex 1.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.9744509555319, 3.99984385397, 0.7071752369554193
_SHELF_SLOPE = 0.499666774155
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087613982, 0.5003270373253953


def integrated_loudness(audio: FloatArray, sample_rate: int) -> float:
    """Integrated loudness with gating (ITU-R BS.1770-4, annex 1), LUFS.

    Args:
        audio: float32 [channels, frames], one or two channels, full scale ±1.
        sample_rate: Hz.

    Returns:
        −∞ for silence: everything below −70 LUFS; NaN if a sample is NaN or infinite.
    """
    if not np.isfinite(audio).all():
        return math.nan
    block, step = round(BLOCK_S * sample_rate), round(BLOCK_S * sample_rate / _OVERLAP)
    frames = max(block, audio.shape[1])
    weighted = _k_weighted(audio, frames, sample_rate)
    energy = np.concatenate([[0.0], np.cumsum((weighted**2).sum(axis=0))])
    starts = np.arange(0, frames - block + 1, step)
    powers = np.maximum((energy[starts + block] - energy[starts]) / block, 0.0)
    loud = powers[powers > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return -math.inf
    gate = float(loud.mean()) * 10.0 ** (_RELATIVE_GATE_LU / 10.0)
    return _OFFSET_LUFS + 10.0 * math.log10(float(loud[loud > gate].mean()))


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET_LUFS) / 10.0))


def _k_weighted(audio: FloatArray, frames: int, sample_rate: int) -> Float64Array:
    """Each channel through the shelf and the high pass: float64 [channels, frames]."""
    size = 1 << (frames + round(_SETTLE_S * sample_rate) - 1).bit_length()
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)  # z⁻¹ at each frequency
    response = _shelf(z, sample_rate) * _high_pass(z, sample_rate)
    spectrum = np.fft.rfft(audio.astype(np.float64), size) * response
    weighted: Float64Array = np.fft.irfft(spectrum, size)[:, :frames]
    return weighted


def _shelf(z: npt.NDArray[np.complex128], sample_rate: int) -> npt.NDArray[np.complex128]:
    k = math.tan(math.pi * _SHELF_HZ / sample_rate)
    high = 10.0 ** (_SHELF_DB / 20.0)
    middle = high**_SHELF_SLOPE
    damping = k / _SHELF_Q
    upper = (high + middle * damping + k * k) + 2 * (k * k - high) * z
    upper = upper + (high - middle * damping + k * k) * z**2
    lower = (1 + damping + k * k) + 2 * (k * k - 1) * z + (1 - damping + k * k) * z**2
    return upper / lower


def _high_pass(z: npt.NDArray[np.complex128], sample_rate: int) -> npt.NDArray[np.complex128]:
    k = math.tan(math.pi * _HIGH_PASS_HZ / sample_rate)
    damping = k / _HIGH_PASS_Q
    # The standard's table leaves the numerator 1, −2, 1 as it is.
    lower = 1 + 2 * (k * k - 1) / (1 + damping + k * k) * z
    lower = lower + (1 - damping + k * k) / (1 + damping + k * k) * z**2
    return (1 - 2 * z + z**2) / lower


def amplified(audio: FloatArray, gain_db: float) -> FloatArray:
    """A sound made louder or softer; the same array if there is nothing to do.

    Args:
        audio: float32, any shape.
        gain_db: dB.
    """
    if not gain_db:
        return audio
    return audio * np.float32(10.0 ** (gain_db / 20.0))


def overshoot_db(audio: FloatArray) -> float:
    """How far the highest peak lies above full scale, dB; 0 if none does."""
    peak = float(np.abs(audio).max(initial=0.0))
    return 20.0 * math.log10(peak) if peak > 1.0 else 0.0


def fit_full_scale(audio: FloatArray) -> FloatArray:
    """A sound as soft as it must be for integers to hold it: the whole of it, no limiter.

    Args:
        audio: float32, any shape; returned as it is if no sample is beyond ±1.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    return audio * np.float32(PEAK_AFTER_FIT / peak) if peak > 1.0 else audio
