"""What every listener asks of the sound it is given: one shape, rate and length.

The one way to mix down, to take out a constant offset (DC) and to resample: no encoder,
engine or metric does it by itself. Reading files is :mod:`core.audio.files`' business.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.audio.files import SILENCE_PEAK
from core.coercion.arrays import SoundLike, as_channels
from core.coercion.type_errors import real_number
from core.errors import AudioError
from core.types import Float64Array, FloatArray

LEAST_OFFSET = 0.003
"""A mean over this share of the peak (−50 dB) is an offset, if it stays."""

_OFFSET_BLOCK_S = 0.1
_CANCELLED = 2.0
_BLOCK_FRAMES = 1 << 16

Quality = Literal["HQ", "VHQ"]
"""soxr's names: 20 and 28 bits of precision. HQ is for networks trained on sound of that kind."""


def resample(
    audio: FloatArray, from_hz: float, to_hz: float, quality: Quality = "VHQ"
) -> FloatArray:
    """Change the sample rate (soxr; delay-free).

    Args:
        audio: float32 [channels, frames].
        from_hz: its sample rate, Hz.
        to_hz: the wanted sample rate, Hz.
        quality: of the filter.

    Returns:
        float32 [channels, ≈ frames · to/from]. Peaks between samples may come out slightly
        above ±1.

    Raises:
        ValueError: if a rate is not above 0.
    """
    if from_hz <= 0 or to_hz <= 0:
        raise ValueError(f"sample rates must be above 0, got {from_hz} and {to_hz}")
    if from_hz == to_hz or not audio.shape[1]:
        return audio
    import soxr

    converted = soxr.resample(audio.T, from_hz, to_hz, quality=quality)
    return np.ascontiguousarray(converted.T, dtype=np.float32)


def mono(
    audio: SoundLike, sample_rate: int, to_hz: int | None = None, quality: Quality = "VHQ"
) -> FloatArray:
    """Check a sound and mix it down.

    Args:
        audio: [frames], [channels, frames] or [frames, channels], as
            :func:`core.coercion.arrays.as_channels` takes it.
        sample_rate: Hz.
        to_hz: resample to this rate; None keeps it.
        quality: of :func:`resample`.

    Returns:
        float32 [frames]: the mean of the channels, without a constant offset (DC), and with
        channels turned round that others of them cancel; see :func:`mix_down`.

    Raises:
        AudioError: if it is empty, not finite, or not of such a shape.
        TypeError: if it is no array of numbers, or the rate is no number.
    """
    values = as_channels(audio)
    if not values.size:
        raise AudioError(f"the sound is empty: its shape is {values.shape}")
    if real_number("the sample rate", sample_rate, "hertz, such as 44100") <= 0:
        raise AudioError(f"sample rate {sample_rate} Hz is not above 0")
    if not np.isfinite(values).all():
        raise AudioError("the sound holds NaN or infinite samples; it cannot be heard")
    mixed = without_offset(mix_down(values), sample_rate)
    if to_hz is not None and to_hz != sample_rate:
        mixed = resample(mixed[None], sample_rate, to_hz, quality)[0]
    return np.ascontiguousarray(mixed, np.float32)


def mix_down(audio: FloatArray) -> FloatArray:
    """Many channels to one, for listening: a channel with its polarity inverted cancels nothing.

    The mean of the channels, as long as that is not much weaker than what they share: the
    sign of each channel in their first principal component says which are inverted, and if
    the mean has less than half the power of the mean with those turned round, the latter is
    taken. The first channel that sounds keeps its sign. Stereo is turned round where its
    correlation is under −1/3 (of equally loud sides), which wide mixes do not reach.

    Args:
        audio: float32 [channels, frames], finite, at least one frame.

    Returns:
        float32 [frames].
    """
    plain: FloatArray = audio.mean(axis=0, dtype=np.float32)
    if len(audio) == 1:
        return plain
    shared = _covariance(audio)
    signs = _polarities(shared)
    if signs.sum() == len(signs) or signs @ shared @ signs <= _CANCELLED * shared.sum():
        return plain
    turned: FloatArray = (audio * signs[:, None].astype(np.float32)).mean(axis=0, dtype=np.float32)
    return turned


def _covariance(audio: FloatArray) -> Float64Array:
    """Of the channels, a constant offset aside: float64 [channels, channels]."""
    channels, frames = audio.shape
    products, sums = np.zeros((channels, channels)), np.zeros(channels)
    for start in range(0, frames, _BLOCK_FRAMES):
        block = audio[:, start : start + _BLOCK_FRAMES].astype(np.float64)
        products += block @ block.T
        sums += block.sum(axis=1)
    covariance: Float64Array = products / frames - np.outer(sums, sums) / frames**2
    return covariance


def _polarities(covariance: Float64Array) -> Float64Array:
    """+1, or −1 for channels that sound the other way round than the first that sounds."""
    strongest = np.linalg.eigh(covariance)[1][:, -1]  # of the largest eigenvalue
    strongest[np.abs(strongest) < 1e-3 * np.abs(strongest).max()] = 0.0
    first = strongest[np.flatnonzero(strongest)[0]]
    return np.where(strongest * first < 0, -1.0, 1.0)


def without_offset(sound: FloatArray, sample_rate: int) -> FloatArray:
    """Take out a constant offset (DC), as cheap converters add; all else passes bit for bit.

    Args:
        sound: float32 [frames].
        sample_rate: Hz.

    Returns:
        float32 [frames]. An offset is taken out if it is over :data:`LEAST_OFFSET` of the peak,
        and stays where the sound is quiet or is everywhere about the same: what a synthesizer's
        note has of its own goes away with the note.
    """
    peak = float(np.abs(sound).max(initial=0.0))
    block = max(1, min(len(sound) // 4, round(_OFFSET_BLOCK_S * sample_rate)))
    if not peak:
        return sound
    rows = sound[: len(sound) // block * block].reshape(-1, block)
    window = np.hanning(block + 2)[1:-1]  # keeps bass notes out of the means
    means = rows @ (window / window.sum())  # float64 [blocks]
    deviations = rows.std(axis=1)
    quietest = int(np.argmin(deviations))
    offset = float(means[quietest])
    if abs(offset) <= LEAST_OFFSET * peak:
        return sound
    stays = deviations[quietest] < abs(offset) / 2
    is_everywhere = bool((np.abs(means / offset - 1.0) < 0.5).all())
    if not stays and not is_everywhere:
        return sound
    return (sound - np.float32(offset)).astype(np.float32)


def is_silent(audio: FloatArray) -> bool:
    """Whether a sound never exceeds −80 dBFS."""
    return not audio.size or float(np.abs(audio).max()) <= SILENCE_PEAK


def same_length(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Append zeros to the shorter of two sounds, float32 [frames] both.

    The longer one is never cut: a tail that should not be there counts as an error.
    """
    frames = max(len(first), len(second))
    return (
        np.pad(first, (0, frames - len(first))),
        np.pad(second, (0, frames - len(second))),
    )
