"""What the embedded encoder hears in a recording before it fits a timbre: which part, which notes.

For who chooses a recording and wants to see what will be made of it. The encoder itself does the
same on its way; nothing it says depends on this module.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from core.audio.conform import is_silent, mono
from core.encoders.base import HeardNotes
from core.encoders.embedded.encoder import without_silence
from core.encoders.embedded.features import SAMPLE_RATE, loudest_stretch, spectral_features
from core.encoders.embedded.reference_remarks import remarks_on
from core.encoders.embedded.transcription import transcribe_notes
from core.errors import AudioError
from core.types import FloatArray

CLIPPED = (
    "its peaks are cut off flat (clipped), which sounds rougher than the instrument; record it "
    "softer, or choose a softer part"
)

_FLAT_SAMPLES, _NEAR_PEAK = 6, 0.9
_LEAST_CLIPPED, _MOST_CLIPPED = 1e-3, 0.5  # more than half is a square wave, and means it


@torch.no_grad()
def heard_notes(audio: FloatArray, sample_rate: int) -> HeardNotes:
    """What the encoder hears.

    Args:
        audio: float32 [channels, frames], finite.
        sample_rate: Hz.

    Raises:
        AudioError: if it is silent.
    """
    whole = mono(audio, sample_rate, SAMPLE_RATE, quality="HQ")
    if is_silent(whole):
        raise AudioError("this part is silent, a constant offset (DC) aside; choose another")
    sound = loudest_stretch(without_silence(whole))
    # Both give a view of what they are given.
    start_s = (sound.ctypes.data - whole.ctypes.data) / whole.itemsize / SAMPLE_RATE
    end_s = start_s + len(sound) / SAMPLE_RATE
    sound = (sound / np.abs(sound).max()).astype(np.float32)
    notes = transcribe_notes(sound)
    features = spectral_features(torch.from_numpy(sound)[None])[0].numpy()
    remarks = remarks_on(features, notes)
    if is_clipped(audio):
        remarks = (*remarks, CLIPPED)
    moved = tuple(replace(note, start_s=note.start_s + start_s) for note in notes)
    return HeardNotes(moved, start_s, end_s, remarks)


def is_clipped(audio: FloatArray) -> bool:
    """Whether the peaks of a recording are cut off flat.

    Args:
        audio: float32 [channels, frames].
    """
    for channel in audio:
        peak = np.abs(channel).max(initial=0.0)
        if not peak or len(channel) < _FLAT_SAMPLES:
            continue
        same = (np.diff(channel) == 0) & (np.abs(channel[1:]) > _NEAR_PEAK * peak)
        # Of a run of n equal samples, n − _FLAT_SAMPLES + 2 windows are full.
        window = np.ones(_FLAT_SAMPLES - 1, np.int32)
        flat = np.convolve(same.astype(np.int32), window, "valid") == _FLAT_SAMPLES - 1
        share = np.count_nonzero(flat) / len(channel)
        if _LEAST_CLIPPED < share < _MOST_CLIPPED:
            return True
    return False
