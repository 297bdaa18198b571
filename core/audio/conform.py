"""What every listener asks of the sound it is given.

Shapes, rates and lengths are brought together here, once; no metric resamples or pads
by itself. Reading files is :mod:`core.audio`'s business.
"""

from __future__ import annotations

import numpy as np

from core.audio.files import SILENCE_PEAK, resample
from core.errors import AudioError
from core.types import FloatArray


def mono(audio: FloatArray, sample_rate: int, to_hz: int | None = None) -> FloatArray:
    """Check a sound and mix it down.

    Args:
        audio: [frames] or [channels, frames], full scale ±1.
        sample_rate: Hz.
        to_hz: resample to this rate; None keeps it.

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
        mixed = resample(mixed[None], sample_rate, to_hz)[0]
    return np.ascontiguousarray(mixed, np.float32)


def is_silent(audio: FloatArray) -> bool:
    """Whether a sound never exceeds −80 dBFS."""
    return not audio.size or float(np.abs(audio).max()) <= SILENCE_PEAK


def same_length(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Append zeros to the shorter of two sounds [frames].

    The longer one is never cut: a tail that should not be there counts as an error.
    """
    frames = max(len(first), len(second))
    return (
        np.pad(first, (0, frames - len(first))),
        np.pad(second, (0, frames - len(second))),
    )
