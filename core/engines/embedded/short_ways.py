"""Short ways through the decoder that a stream takes: for one note, and for moments of every note.

A stream asks for one note as it begins, within a block of three milliseconds. A library for
batches spends most of such a call on what is around the arithmetic, and reads weights that have
left the processor's cache half as fast; and moments in a held note are the same in every note.
Results are :class:`Decoder`'s to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from core.engines.embedded.controls import held_time
from core.engines.embedded.decoder import (
    DecodedLevels,
    Decoder,
    MomentConditioning,
    NoteConditioning,
    Residual,
)
from core.engines.embedded.levels import SLOPE_S, TRAINED_HELD_S
from core.engines.embedded.note_features import note_features
from core.types import FloatArray

_Layer = Callable[[FloatArray], FloatArray]

_MOST = 512
"""Moments kept: more than the breakpoints of the longest note that the decoder was trained on."""


class SingleNoteDecoder:
    """The conditioning of one note, by products of a matrix and a vector.

    Args:
        decoder: trained network, on the CPU; its weights are read where they are.
    """

    def __init__(self, decoder: Decoder) -> None:
        config = decoder.config
        self._parts = [config.width, config.width + config.surfaces]  # of a timbre's state
        self._embed_note, self._cross = _linear(decoder.embed_note), _linear(decoder.cross)
        self._trunk = [
            (_norm(block.norm), _linear(block.up), _linear(block.down))
            for block in cast(list[Residual], decoder.trunk)
        ]
        self._trunk_norm = _norm(decoder.trunk_norm)
        self._statics, self._steer = _linear(decoder.statics), _linear(decoder.steer)
        self._out_note = _linear(decoder.out_note)
        inner, _, outer = decoder.note_gate
        self._gate_inner, self._gate_outer = _linear(inner), _linear(outer)

    def conditioning(
        self, timbre_state: Tensor, pitch: Tensor, velocity: Tensor
    ) -> NoteConditioning:
        """Of one note, what :meth:`Decoder.conditioning` makes of its state.

        Args:
            timbre_state: [1, 1168], from :meth:`Decoder.timbre_state`.
            pitch: [1], MIDI.
            velocity: [1], 1–127.
        """
        note: FloatArray = note_features(pitch, velocity).numpy()[0]
        timbre, surfaces, half_db = np.split(timbre_state.numpy()[0], self._parts)
        x = timbre + self._embed_note(note) + timbre * np.tanh(self._cross(note))
        for norm, up, down in self._trunk:
            x = x + down(_silu(up(norm(x))))
        x = self._trunk_norm(x)
        gate = self._gate_outer(_silu(self._gate_inner(note)))
        steering = np.concatenate([surfaces * gate, self._steer(x)])
        rows = (steering, self._out_note(x), self._statics(x), half_db)
        return NoteConditioning(*(torch.from_numpy(row)[None] for row in rows))


def _linear(layer: nn.Module) -> _Layer:
    layer = cast(nn.Linear, layer)
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    # Not through BLAS, whose threads wait for each other on a busy machine.
    return lambda x: np.asarray(np.einsum("ij,j->i", weight, x) + bias)


def _norm(layer: nn.Module) -> _Layer:
    layer = cast(nn.LayerNorm, layer)
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    least = np.float32(layer.eps)

    def norm(x: FloatArray) -> FloatArray:
        x = x - x.mean()
        return np.asarray(x / np.sqrt(x.dot(x) / np.float32(len(x)) + least) * weight + bias)

    return norm


def _silu(x: FloatArray) -> FloatArray:
    return np.asarray(x / (1.0 + np.exp(-x)))


@cache
def _grid() -> frozenset[float]:
    """Times of held notes that come again, as float32: of breakpoints, and of slopes past them."""
    times = [held_time(number) for number in range(_MOST - 2)]
    times += [TRAINED_HELD_S, TRAINED_HELD_S - SLOPE_S]
    return frozenset(float(np.float32(at_s)) for at_s in times)


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
