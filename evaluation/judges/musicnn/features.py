"""What musicnn's networks are given: a mel spectrogram at 16 kHz, in patches of three seconds.

As published: 512-point frames every 256 samples under a periodic Hann window, centred, with zeros
beyond the ends; power; 96 mel bands from 0 to 8 kHz on Slaney's scale, each of unit area; rounded
to 16-bit floats, as the training data were; log10(1 + 10,000 x). A sound under three seconds is
repeated, as the published training configuration says (``pad_short: repeat-pad``).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.types import Float64Array, FloatArray
from evaluation.judges.musicnn.network import N_MELS, PATCH_FRAMES

SAMPLE_RATE = 16_000
FFT, HOP = 512, 256
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP  # frames are centred, so one more begins at the end
_COMPRESSION = 10_000.0

# Slaney's mel scale: linear up to 1 kHz, logarithmic above (Auditory Toolbox, 1998).
_HZ_A_MEL, _LINEAR_HZ, _STEP = 200.0 / 3.0, 1000.0, np.log(6.4) / 27.0


def log_mel(sounds: FloatArray) -> Tensor:
    """The networks' input of sounds.

    Args:
        sounds: float32 [B, n ≥ 512] at :data:`SAMPLE_RATE`; the first frame is the first 512.

    Returns:
        float32 [B, 1 + (n - 512) // 256, 96].
    """
    spectrum = torch.stft(
        torch.from_numpy(np.ascontiguousarray(sounds)),
        FFT,
        HOP,
        window=torch.hann_window(FFT),
        center=False,
        return_complex=True,
    )  # [B, 257, T]
    power = _bank() @ spectrum.abs().square()  # [B, 96, T]
    # A level that half precision has no number for stays the largest it has.
    rounded = power.clamp(max=float(torch.finfo(torch.float16).max)).half().float()
    return torch.log10(_COMPRESSION * rounded + 1.0).transpose(1, 2).contiguous()


def patches(sound: FloatArray, hop_samples: int, most: int | None = None) -> Tensor:
    """A sound in patches spread evenly from its first frame to its last.

    Args:
        sound: float32 [n ≥ 1] at :data:`SAMPLE_RATE`.
        hop_samples: the most between the beginnings of two patches, if ``most`` allows it.
        most: patches of a long sound; those of a longer one lie farther apart. None: no limit.

    Returns:
        float32 [B, 187, 96].
    """
    if len(sound) < PATCH_SAMPLES:
        sound = np.resize(sound, PATCH_SAMPLES)  # repeats it
    last = (len(sound) - PATCH_SAMPLES) // HOP  # the frame at which the last patch begins
    count = 1 + -(-last * HOP // hop_samples)
    starts = np.round(np.linspace(0, last, min(count, most or count))).astype(int) * HOP
    centred = np.pad(sound, FFT // 2)  # a frame's middle is its place
    frames = PATCH_SAMPLES + FFT
    return log_mel(np.stack([centred[at : at + frames] for at in starts]))


@lru_cache(maxsize=1)
def _bank() -> Tensor:
    """Mel filters [96, 257]: triangles between equally spaced mels, each of unit area in hertz."""
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(SAMPLE_RATE / 2), N_MELS + 2))
    bins = np.arange(FFT // 2 + 1) * SAMPLE_RATE / FFT
    left, centre, right = (edges[i : i + N_MELS, None] for i in range(3))
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (right - left)
    return torch.from_numpy(triangles.astype(np.float32))


def _hz_to_mel(hz: float) -> float:
    return float(_LINEAR_HZ / _HZ_A_MEL + np.log(hz / _LINEAR_HZ) / _STEP)


def _mel_to_hz(mels: Float64Array) -> Float64Array:
    knee = _LINEAR_HZ / _HZ_A_MEL
    above = _LINEAR_HZ * np.exp(_STEP * np.maximum(mels - knee, 0.0))
    return np.where(mels < knee, mels * _HZ_A_MEL, above)
