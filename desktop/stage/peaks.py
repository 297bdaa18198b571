"""A sound's outline: what a waveform draws of it, however long it is."""

from __future__ import annotations

import numpy as np

from core.types import FloatArray

COLUMNS = 2000
"""More than a screen is wide shows nothing more."""


def waveform_peaks(audio: FloatArray, columns: int = COLUMNS) -> FloatArray:
    """Lowest and highest sample of equal stretches.

    Args:
        audio: float32 [channels, frames].
        columns: how many stretches, at most; fewer if there are fewer frames.

    Returns:
        float32 [2, columns]: lowest, highest.
    """
    frames = audio.shape[1]
    if frames == 0:
        return np.zeros((2, 1), np.float32)
    edges = np.linspace(0, frames, min(columns, frames) + 1).astype(np.int64)[:-1]
    low = np.minimum.reduceat(audio.min(axis=0), edges)
    high = np.maximum.reduceat(audio.max(axis=0), edges)
    return np.stack([low, high]).astype(np.float32)
