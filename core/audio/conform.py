"""What every listener asks of the sound it is given: one shape, rate and length.

The one way to mix down and to resample: no encoder, engine or metric does it by itself.
Reading files is :mod:`core.audio.files`' business.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.audio.files import SILENCE_PEAK
from core.errors import AudioError
from core.types import FloatArray

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
    audio: FloatArray, sample_rate: int, to_hz: int | None = None, quality: Quality = "VHQ"
) -> FloatArray:
    """Check a sound and mix it down.

    Args:
        audio: [frames] or [channels, frames], full scale ±1.
        sample_rate: Hz.
        to_hz: resample to this rate; None keeps it.
        quality: of :func:`resample`.

    Returns:
        float32 [frames], the mean of the channels.

    Raises:
        AudioError: if it is empty, not finite, or not of such a shape.
    """
    values = np.asarray(audio, np.float32)
    if values.ndim not in (1, 2) or not values.size:
        raise AudioError(
            f"sound must have the shape [frames] or [channels, frames], not {values.shape}"
        )
    if sample_rate <= 0:
        raise AudioError(f"sample rate {sample_rate} Hz is not above 0")
    if not np.isfinite(values).all():
        raise AudioError("the sound holds NaN or infinite samples; it cannot be heard")
    mixed = values if values.ndim == 1 else values.mean(axis=0, dtype=np.float32)
    if to_hz is not None and to_hz != sample_rate:
        mixed = resample(mixed[None], sample_rate, to_hz, quality)[0]
    return np.ascontiguousarray(mixed, np.float32)


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
