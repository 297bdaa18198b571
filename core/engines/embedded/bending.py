"""Bends: notes whose pitch leaves the key while they sound.

All partials of a note are moved by one ratio, straight from edge to edge of its blocks, so that
the phase within a block is a parabola and no step can click. The decoder is asked about the
pitch that sounds, fractions of a key and all: a note slid up an octave ends as that key sounds,
with the levels it has there, rather than as a tape played faster. Partials come and go where
they cross :data:`MAX_PARTIAL_HZ`. Noise is not moved: its bands stand where they are, at the
levels of the pitch that sounds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import MAX_BEND_SEMITONES, Bend, Note
from core.engines.embedded.controls import FLOOR_DB, MAX_PARTIAL_HZ, SAMPLE_RATE
from core.engines.embedded.synthesis import BLOCK, NoteTracks, PartialBank
from core.types import Float64Array

BLOCK_S = BLOCK / SAMPLE_RATE
SMOOTHING_BLOCKS = 8
"""A wheel's move takes so many blocks, 12 ms."""

_BLOCKS_AT_ONCE = 64  # what 144 partials take of these stays in a processor's cache
_RAMP = torch.arange(BLOCK) / BLOCK

Ints = npt.NDArray[np.int64]


def semitones_at(bend: Bend, at_s: Float64Array) -> Float64Array:
    """A bend at some times, semitones.

    Args:
        bend: of a note.
        at_s: any shape, seconds since its onset.
    """
    if not bend:
        return np.zeros_like(at_s)
    times_s, semitones = np.array(bend, np.float64).T
    return np.interp(at_s, times_s, semitones)


def ratios(semitones: Float64Array) -> Float64Array:
    """Of frequencies, for bends in semitones."""
    within = np.clip(semitones, -MAX_BEND_SEMITONES, MAX_BEND_SEMITONES)
    return np.exp2(within / 12.0)


def sounding_pitches(keys: npt.NDArray[np.generic], semitones: Float64Array) -> Float64Array:
    """What the decoder is asked about: fractions of keys, within MIDI's.

    Args:
        keys: MIDI [J].
        semitones: [J], their bends.
    """
    return np.clip(keys.astype(np.float64) + semitones, 0.0, 127.0)


def knot_semitones(notes: Sequence[Note], of_note: Ints, since_s: Float64Array) -> Float64Array:
    """Bends at breakpoints of notes.

    Args:
        notes: of a clip.
        of_note: int64 [J], which of them each breakpoint is of; ascending.
        since_s: float64 [J], its time since the onset.

    Returns:
        Semitones [J].
    """
    semitones = np.zeros(len(of_note))
    for i, note in enumerate(notes):
        if note.is_bent:
            rows = slice(*np.searchsorted(of_note, [i, i + 1]))
            semitones[rows] = semitones_at(note.bend, since_s[rows])
    return semitones


def turned_samples(ratio: Float64Array) -> Float64Array:
    """How far a note's time has run at edges of blocks, in samples of its unbent partials.

    Args:
        ratio: [..., n + 1], of frequencies at the edges.

    Returns:
        [..., n + 1], from 0.
    """
    run = np.zeros(ratio.shape)
    np.cumsum((ratio[..., :-1] + ratio[..., 1:]) * (BLOCK / 2), axis=-1, out=run[..., 1:])
    return run


def audible(partials_hz: Float64Array, ratio: Float64Array) -> Tensor:
    """Which partials lie low enough to sound at edges of blocks.

    Args:
        partials_hz: [..., K], unbent.
        ratio: [..., n].

    Returns:
        bool [..., n, K].
    """
    return torch.from_numpy(partials_hz[..., None, :] * ratio[..., None] < MAX_PARTIAL_HZ)


def sweep(
    phase: Float64Array, turns: Float64Array, ratio: tuple[Float64Array, Float64Array],
    levels: tuple[Tensor, Tensor],
) -> Tensor:  # fmt: skip
    """Blocks of partials whose frequencies move.

    Args:
        phase: float64 [n, K], turns, at the blocks' beginnings.
        turns: float64 [n or 1, K], a sample, unbent.
        ratio: two of [n], of frequencies, at the beginning and the end of each block.
        levels: two of float32 [n, K], amplitudes there.

    Returns:
        float32 [n, 64].
    """
    here, there = levels
    device = here.device
    n = np.arange(BLOCK)
    from_ratio, to_ratio = (np.asarray(each)[:, None] for each in ratio)
    run = from_ratio * n + (to_ratio - from_ratio) * (n**2 / (2 * BLOCK))  # [n, 64]
    # In double precision and within a turn at each beginning: a block later single will do.
    begins = torch.from_numpy((phase % 1.0).astype(np.float32)).to(device)
    run_samples = torch.from_numpy(run.astype(np.float32)).to(device)
    rate = torch.from_numpy(turns.astype(np.float32)).to(device).expand(len(run), -1)
    out = torch.empty(len(run), BLOCK, device=device)
    ramp = _RAMP.to(device)
    for first in range(0, len(run), _BLOCKS_AT_ONCE):
        piece = slice(first, first + _BLOCKS_AT_ONCE)
        angle = torch.addcmul(
            begins[piece, :, None], rate[piece, :, None], run_samples[piece, None, :]
        )  # [n, K, 64] turns
        wave = angle.frac_().mul_(2 * np.pi).sin_()
        ends = torch.stack([here[piece], there[piece]], dim=1) @ wave  # [n, 2, 64]
        out[piece] = torch.lerp(ends[:, 0], ends[:, 1], ramp)
    return out


def sweep_voices(
    turns: Float64Array, phase: Float64Array, ratio: Float64Array, levels: Tensor
) -> tuple[Tensor, Float64Array]:
    """The next blocks of voices that are bent.

    Args:
        turns: float64 [V, K], a sample, unbent.
        phase: float64 [V, K], turns, at the first block's beginning.
        ratio: [V, n + 1], of frequencies, at edges of blocks.
        levels: float32 [V, n + 1, K], amplitudes there.

    Returns:
        float32 [V, n · 64], and :func:`turned_samples` [V, n + 1].
    """
    voices, n = len(turns), ratio.shape[1] - 1
    run = turned_samples(ratio)
    levels = levels * audible(turns * SAMPLE_RATE, ratio)
    heard = levels.flatten(0, 1).any(dim=0)
    levels, turns, phase = levels[..., heard], turns[:, heard.numpy()], phase[:, heard.numpy()]
    begins = phase[:, None] + run[:, :-1, None] * turns[:, None]  # [V, n, K]
    rows = (voices * n, turns.shape[1])
    sound = sweep(
        begins.reshape(rows), np.repeat(turns, n, axis=0),
        (ratio[:, :-1].reshape(-1), ratio[:, 1:].reshape(-1)),
        (levels[:, :-1].reshape(rows), levels[:, 1:].reshape(rows)),
    )  # fmt: skip
    return sound.view(voices, -1), run


class BentPartialBank(PartialBank):
    """The partials of one note that is bent, block by block.

    Args:
        note: what to sound.
        device: where to compute.
    """

    def __init__(self, note: NoteTracks, device: torch.device) -> None:
        edges = np.arange(-(-note.samples // BLOCK) + 2)
        self._ratio = ratios(semitones_at(note.bend, edges * BLOCK_S))
        self._run = turned_samples(self._ratio)
        unheard = torch.from_numpy(note.partials_hz * self._ratio.min() >= MAX_PARTIAL_HZ)
        super().__init__(note, device, (note.partial_db > FLOOR_DB) & ~unheard.to(device))

    def blocks(self, first: int, last: int) -> Tensor:
        """See :meth:`core.engines.embedded.synthesis.PartialBank.blocks`."""
        edges = slice(first, last + 1)
        ratio = self._ratio[edges]
        levels = self.levels(first, last)
        turns: Float64Array = self._turns.numpy()
        levels = levels * audible(np.multiply(turns, SAMPLE_RATE), ratio).to(levels.device)
        phase = np.outer(self._run[first:last], turns) + self.begins_turns  # [n, K]
        sound = sweep(phase, turns[None], (ratio[:-1], ratio[1:]), (levels[:-1], levels[1:]))
        return sound.reshape(-1)


class LiveBend:
    """Where the pitch of a stream's voice is: its note's own bend, and what wheels add to it.

    Args:
        bend: of the note.
        everywhere: where the wheel for all notes stands, semitones.
    """

    def __init__(self, bend: Bend, everywhere: float) -> None:
        self._bend = bend if any(semitones for _, semitones in bend) else ()
        self._everywhere, self._own = everywhere, 0.0
        self._edges: list[int] = [0]
        self._values: list[float] = [everywhere]

    def semitones(self, edges: Ints | Float64Array) -> Float64Array:
        """At edges of blocks, counted from the onset; fractions of blocks allowed."""
        wheels = np.interp(edges, self._edges, self._values)
        return semitones_at(self._bend, edges * BLOCK_S) + wheels

    def turn(self, edge: int, *, everywhere: float | None = None, own: float | None = None) -> None:
        """Move a wheel, smoothly from an edge on.

        Args:
            edge: of a block, counted from the onset; not rendered yet.
            everywhere: where the wheel for all notes stands now, semitones.
            own: where the note's own one does.
        """
        self._everywhere = self._everywhere if everywhere is None else everywhere
        self._own = self._own if own is None else own
        stands = float(np.interp(edge, self._edges, self._values))
        kept = [point for point in zip(self._edges, self._values, strict=True) if point[0] < edge]
        kept += [(edge, stands), (edge + SMOOTHING_BLOCKS, self._everywhere + self._own)]
        self._edges, self._values = (list(each) for each in zip(*kept, strict=True))

    def forget(self, edge: int) -> bool:
        """Drop what lies before an edge; whether there is any bend from there on."""
        while len(self._edges) > 1 and self._edges[1] <= edge:
            del self._edges[0], self._values[0]
        return bool(self._bend) or any(self._values)
