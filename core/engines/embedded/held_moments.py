"""The decoder, with what it knows of moments in a held note kept: every note passes the same."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from core.engines.embedded.controls import held_time
from core.engines.embedded.decoder import (
    DecodedLevels,
    Decoder,
    MomentConditioning,
    NoteConditioning,
)

_MOST = 512
"""Moments kept: more than the breakpoints of the longest note that the decoder was trained on."""


@cache
def _grid() -> frozenset[float]:
    """Times of breakpoints of held notes, as float32: those that come again."""
    return frozenset(float(np.float32(held_time(number))) for number in range(_MOST))


class HeldMoments:
    """A :class:`core.engines.embedded.levels.LevelNetwork` for a few breakpoints at a time.

    Args:
        decoder: trained network.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._row_of: dict[float, int] = {}
        config = decoder.config
        sizes = (config.width, config.hidden, config.surfaces)
        self._kept = MomentConditioning(*(torch.zeros(_MOST, size) for size in sizes))

    def moments(self, on_s: Tensor, off_s: Tensor) -> MomentConditioning:
        """As :meth:`Decoder.moments`."""
        if bool(off_s.any()):
            return self._decoder.moments(on_s, off_s)
        times = on_s.tolist()
        fresh = [at_s for at_s in dict.fromkeys(times) if at_s not in self._row_of]
        if not _grid().issuperset(fresh):  # a change of timbre, or of pitch, in between
            return self._decoder.moments(on_s, off_s)
        if len(self._row_of) + len(fresh) > _MOST:
            return self._decoder.moments(on_s, off_s)
        if fresh:
            at = torch.tensor(fresh)
            first = len(self._row_of)
            rows = slice(first, first + len(fresh))
            made = self._decoder.moments(at, torch.zeros_like(at))
            for kept, new in zip(vars(self._kept).values(), vars(made).values(), strict=True):
                kept[rows] = new
            self._row_of.update({at_s: first + i for i, at_s in enumerate(fresh)})
        return self._kept.of(torch.from_numpy(np.array([self._row_of[at_s] for at_s in times])))

    def levels(
        self, conditioning: NoteConditioning, note_of_knot: Tensor, moments: MomentConditioning
    ) -> DecodedLevels:
        """As :meth:`Decoder.levels`."""
        return self._decoder.levels(conditioning, note_of_knot, moments)
