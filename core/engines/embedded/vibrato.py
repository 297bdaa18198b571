"""Vibrato of a stream's voices: their partials are read late, by a moving lag."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.engines.embedded.bending import BLOCK_S, Ints
from core.engines.embedded.controls import SAMPLE_RATE
from core.engines.embedded.modulation import lags_s
from core.engines.embedded.synthesis import BLOCK, TAP_PHASES, TAPS, sinc_table
from core.engines.embedded.voices import LAG, Voices

AHEAD = TAPS // 2
"""Samples a voice with vibrato sounds behind one without, until they are mixed."""


def read_voices_late(voices: Voices, rows: Ints, steady: Tensor, blocks: Ints) -> Tensor:
    """What :func:`core.engines.embedded.synthesis.read_late` does, of many voices.

    Args:
        voices: just advanced.
        rows: int64 [V], those with vibrato.
        steady: float32 [V, most · 64], their newest samples.
        blocks: int64 [V], how many blocks of those are theirs.

    Returns:
        float32 [V, most · 64], the first of which lies :data:`AHEAD` samples before the
        first of ``steady``; past a voice's number of blocks it means nothing.
    """
    length = steady.shape[1]
    sound = torch.cat([voices.history[rows], steady], dim=1)  # [V, LAG + length]
    first_block = voices.block[rows, None] - blocks[:, None]
    front = first_block * BLOCK
    cents, hz, delay_s = voices.modulation[rows, :3].T[:, :, None]
    near = first_block + np.arange(-1, length // BLOCK + 1)
    points = lags_s(
        cents, hz, delay_s, voices.vibrato_phase[rows, None], np.maximum(near, 0) * BLOCK_S
    )
    points *= SAMPLE_RATE  # [V, blocks + 2], the lag at edges of blocks
    since = np.arange(length) + BLOCK - AHEAD
    left, part = since // BLOCK, since % BLOCK / BLOCK
    lag = points[:, left] * (1.0 - part) + points[:, left + 1] * part  # [V, length]
    sample = front - AHEAD + np.arange(length)
    position = np.maximum(sample - lag, 0.0)
    whole = np.floor(position)
    phase = np.rint((position - whole) * TAP_PHASES).astype(np.int64)
    tap = whole.astype(np.int64) + phase // TAP_PHASES - (AHEAD - 1) - front + LAG
    # [V, length, 8], weighed with a row of the table each.
    taps = sound.unfold(1, TAPS, 1)[torch.arange(len(rows))[:, None], torch.from_numpy(tap)]
    bent = (taps * sinc_table()[torch.from_numpy(phase % TAP_PHASES)]).sum(dim=2)
    sounds = (sample >= 0) & (sample < voices.samples[rows, None])
    voices.history[rows] = sound.unfold(1, LAG, 1)[
        torch.arange(len(rows)), torch.from_numpy(blocks * BLOCK)
    ]
    return bent * torch.from_numpy(sounds)
