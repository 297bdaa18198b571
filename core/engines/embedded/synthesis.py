"""Controls to sound: banks of partials.

Partials of a note keep their frequencies, so within a block of 64 samples each is a fixed
cosine and sine pair, and amplitudes move linearly: a note is one matrix product of its control
blocks with its basis. Within a block, n samples from its middle, a partial of frequency ω and
phase φ there is, at an amplitude of 1,

    sin(φ + ωn) = sin φ cos ωn + cos φ sin ωn

so that only φ and the amplitudes at a block's ends differ from block to block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.clip import Bend
from core.engines.embedded.controls import FLOOR_DB, N_PARTIALS, SAMPLE_RATE, TONE_NUMBERS
from core.engines.embedded.modulation import (
    COARSE_BLOCKS,
    Modulation,
    ModulationPhases,
    gains,
    lag_s,
)
from core.types import Float64Array

BLOCK = 64
"""Samples over which partial amplitudes move linearly."""

BLOCKS_AT_ONCE = 1024  # bounds memory for notes of any length, and keeps to a processor's cache
MIDDLE = (BLOCK - 1) / 2
"""Where a block's middle is, samples from its first."""

_RAMP = torch.arange(BLOCK) / BLOCK
_STEPS = 32  # blocks
_FLOOR_POWER = 10.0 ** (FLOOR_DB / 10.0)


@dataclass(frozen=True)
class NotePhases:
    """Where a note's oscillations begin: its partials [144], in turns, and its modulation."""

    partials: Float64Array
    modulation: ModulationPhases

    @classmethod
    def draw(cls, seed: int, number: int) -> NotePhases:
        """The phases of a note, the same for the same arguments.

        Args:
            seed: of the performance.
            number: of the note in it.
        """
        rng = np.random.default_rng([17, seed & 0xFFFFFFFF, number])
        own, half = TONE_NUMBERS[:N_PARTIALS], TONE_NUMBERS[N_PARTIALS:]
        turns, modulation = rng.random(len(own)), ModulationPhases.draw(rng, own)
        half_turns = rng.random(len(half))
        return cls(
            np.concatenate([turns, half_turns]),
            modulation.beside(ModulationPhases.draw(rng, half)),
        )


@dataclass(frozen=True)
class NoteTracks:
    """One note, ready to sound.

    Attributes:
        start: sample of its onset in the clip.
        samples: how long it sounds, tail included.
        knots_s: float64 [J], from the onset.
        partials_hz: float64 [K].
        partial_db: float32 tensor [J, K].
        noise_db: float32 tensor [J, N].
        phases: of everything that turns.
        modulation: what moves faster than breakpoints.
        bend: of the note; its levels are then of what sounds.
    """

    start: int
    samples: int
    knots_s: Float64Array
    partials_hz: Float64Array
    partial_db: Tensor
    noise_db: Tensor
    phases: NotePhases
    modulation: Modulation = field(default_factory=Modulation)
    bend: Bend = ()


def amplitude(level_db: Tensor) -> Tensor:
    """Level in dB to amplitude, of any shape; the floor becomes exact silence.

    Taking off the floor's amplitude itself would cost 6 dB of what is 6 dB above it, where much
    of an instrument's highest octave lies; in proportion to its power it costs 2.5 dB there.
    """
    above = torch.pow(10.0, level_db / 20.0)
    return (above - _FLOOR_POWER / above).clamp_min(0.0)


def level_db(amplitudes: Tensor) -> Tensor:
    """The level of which :func:`amplitude` makes this."""
    above = 0.5 * (amplitudes + torch.sqrt(amplitudes.square() + 4.0 * _FLOOR_POWER))
    return 20.0 * torch.log10(above)


def interpolate(values: Tensor, knots_s: Float64Array, at_s: Tensor) -> Tensor:
    """Linear interpolation between breakpoints.

    Args:
        values: [J, C] at the breakpoints.
        knots_s: float64 [J], increasing.
        at_s: [n], where values are asked for.

    Returns:
        [n, C]; the first breakpoint's value before it, the last one's after it.
    """
    knots = torch.from_numpy(knots_s.astype(np.float32)).to(values.device)
    right = torch.searchsorted(knots, at_s).clamp_(1, len(knots) - 1)
    left = right - 1
    from_s = knots[left]
    fraction = ((at_s - from_s) / (knots[right] - from_s)).clamp_(0.0, 1.0)[:, None]
    return values.index_select(0, left).lerp_(values.index_select(0, right), fraction)


def add_partials(out: Tensor, note: NoteTracks, bank: PartialBank | None = None) -> None:
    """Add a note's partials to a clip's samples, in place.

    Args:
        out: float32 [n], the clip's samples.
        note: what to add.
        bank: of its partials, if not :class:`PartialBank`'s own.
    """
    loud = note.partial_db > FLOOR_DB
    if not loud.any():
        return
    samples = min(until_silence(note, loud), len(out) - note.start)
    bank = bank or PartialBank(note, out.device)
    n_blocks = math.ceil(samples / BLOCK)
    if not note.modulation.has_vibrato:
        for first in range(0, n_blocks, BLOCKS_AT_ONCE):
            piece = bank.blocks(first, min(first + BLOCKS_AT_ONCE, n_blocks))
            begin = note.start + first * BLOCK
            room = min(len(piece), len(out) - begin)
            out[begin : begin + room] += piece[:room]
        return
    # With vibrato the sound is rendered steady first, and then read at a moving speed.
    steady = torch.zeros(TAPS // 2 + (n_blocks + 1) * BLOCK, device=out.device)
    for first in range(0, n_blocks, BLOCKS_AT_ONCE):
        piece = bank.blocks(first, min(first + BLOCKS_AT_ONCE, n_blocks))
        begin = TAPS // 2 + first * BLOCK
        steady[begin : begin + len(piece)] = piece
    for first in range(0, samples, BLOCKS_AT_ONCE * BLOCK):
        last = min(first + BLOCKS_AT_ONCE * BLOCK, samples)
        bent = read_late(steady, first, bank.lag(first, last))
        out[note.start + first : note.start + last] += bent


class PartialBank:
    """The partials of one note, block by block.

    Args:
        note: what to sound. Partials that are nowhere audible are left out.
        device: where to compute.
        loud: bool [J, 144], where its partials are audible; by their levels if not given.
    """

    def __init__(self, note: NoteTracks, device: torch.device, loud: Tensor | None = None) -> None:
        self._note, self._device = note, device
        loud = note.partial_db > FLOOR_DB if loud is None else loud
        audible = loud.any(dim=0).nonzero()[:, 0]
        self._keep = audible.cpu().numpy()
        self._turns = torch.from_numpy(note.partials_hz[self._keep] / SAMPLE_RATE)  # a sample
        self._basis = [wave.to(device) for wave in half_basis(self._turns)]  # 2 of [K, 32]
        self._amplitudes = amplitude(note.partial_db.index_select(1, audible))  # [J, K]
        self._modulation_phases = note.phases.modulation.of(self._keep)

    def blocks(self, first: int, last: int) -> Tensor:
        """Samples of some blocks.

        Args:
            first: of the blocks, counted from the onset.
            last: one past the last of them.

        Returns:
            float32 [n · 64], n = last − first. Below, K counts the partials that are audible.
        """
        n = last - first
        levels = self.levels(first, last)
        here, there = levels[:-1], levels[1:]  # [n, K] each, at the beginning and end of a block
        ends = torch.empty(2, n, levels.shape[1], device=self._device)
        halves = []
        for turning, basis in zip(self._turning(first, n), self._basis, strict=True):
            torch.mul(here, turning, out=ends[0])
            torch.mul(there, turning, out=ends[1])
            halves.append(ends.flatten(0, 1) @ basis)  # [2 n, K] @ [K, 32]
        return join_halves(*(half.view(2, n, -1) for half in halves)).reshape(-1)

    @property
    def begins_turns(self) -> Float64Array:
        """Phases of the partials at the onset [K]."""
        return self._note.phases.partials[self._keep]

    def levels(self, first: int, last: int) -> Tensor:
        """Amplitudes at the edges of the blocks [last − first + 1, K].

        Args:
            first: of the blocks, counted from the onset.
            last: one past the last of them.
        """
        edges = torch.arange(first, last + 1, device=self._device, dtype=torch.float32)
        # [J, K] at breakpoints to [n + 1, K] at edges of blocks.
        levels = interpolate(self._amplitudes, self._note.knots_s, edges * (BLOCK / SAMPLE_RATE))
        if first == 0:
            levels[0] = 0.0  # no step at the onset
        factor = self._gains(first, last)
        if factor is not None:
            levels *= factor
        return levels

    def _turning(self, first: int, n: int) -> tuple[Tensor, Tensor]:
        """Sine and cosine of every partial in the middle of blocks, [n, K] each.

        Args:
            first: of the blocks.
            n: how many.
        """
        start = torch.from_numpy(self.begins_turns)
        # Whole turns are taken off in double precision: minutes into a note single precision
        # would detune it. And a sum's sine costs less than a sine.
        steps = torch.arange(0, n, _STEPS, dtype=torch.float64) + first
        far = start + torch.outer(steps * BLOCK + MIDDLE, self._turns)  # [n / 32, K]
        near = torch.outer(torch.arange(_STEPS, dtype=torch.float64) * BLOCK, self._turns)
        far, near = (angle(a).to(self._device) for a in (far[:, None], near))
        far_sine, far_cosine, near_sine, near_cosine = far.sin(), far.cos(), near.sin(), near.cos()
        sine = torch.addcmul(far_sine * near_cosine, far_cosine, near_sine)  # [n / 32, 32, K]
        cosine = torch.addcmul(far_cosine * near_cosine, far_sine, near_sine, value=-1.0)
        return sine.flatten(0, 1)[:n], cosine.flatten(0, 1)[:n]

    def _gains(self, first: int, last: int) -> Tensor | None:
        """Modulation at the edges of the blocks [last − first + 1, K]; None for none."""
        coarse = np.arange(first // COARSE_BLOCKS, last // COARSE_BLOCKS + 2)
        at_s = coarse * (COARSE_BLOCKS * BLOCK / SAMPLE_RATE)
        factor = gains(self._note.modulation, self._modulation_phases, at_s)
        if factor is None:
            return None
        points = torch.from_numpy(factor).to(self._device)
        edge = torch.arange(first, last + 1, device=self._device)
        left = edge // COARSE_BLOCKS - int(coarse[0])
        part = (edge % COARSE_BLOCKS).float()[:, None] / COARSE_BLOCKS
        return points.index_select(0, left).lerp_(points.index_select(0, left + 1), part)

    def lag(self, first: int, last: int) -> Float64Array:
        """How late samples are read, for vibrato.

        Args:
            first: of the samples, counted from the onset.
            last: one past the last of them.

        Returns:
            float64 [last − first], samples ≥ 0.
        """
        block = np.arange(first // BLOCK, last // BLOCK + 2)
        modulation, phases = self._note.modulation, self._modulation_phases
        points = lag_s(modulation, phases, block * (BLOCK / SAMPLE_RATE)) * SAMPLE_RATE
        return np.interp(np.arange(first, last) / BLOCK, block, points)


TAPS, TAP_PHASES = 8, 512


@lru_cache(maxsize=1)
def sinc_table() -> Tensor:
    """Windowed-sinc interpolation [512, 8]: row p reads p/512 of a sample after tap 3."""
    offset = np.arange(TAPS) - (TAPS // 2 - 1) - np.arange(TAP_PHASES)[:, None] / TAP_PHASES
    table = np.sinc(offset) * np.i0(5.0 * np.sqrt(np.clip(1 - (offset / (TAPS / 2)) ** 2, 0, 1)))
    return torch.from_numpy((table / table.sum(axis=1, keepdims=True)).astype(np.float32))


def read_late(steady: Tensor, first: int, lag: Float64Array) -> Tensor:
    """Samples of a sound read late by a moving, fractional number of samples.

    Args:
        steady: float32 [n], four samples of silence, then the sound.
        first: which of the sound's samples the first one would be without a lag.
        lag: float64 [m], samples ≥ 0.

    Returns:
        float32 [m]. A lag past the sound's beginning reads its first sample.
    """
    position = np.maximum(np.arange(first, first + len(lag)) - lag, 0.0)
    whole = np.floor(position)
    phase = np.rint((position - whole) * TAP_PHASES).astype(np.int64)
    whole = whole.astype(np.int64) + phase // TAP_PHASES + 1
    rows = sinc_table().to(steady.device)[torch.from_numpy(phase % TAP_PHASES)]  # [m, 8]
    taps = steady.unfold(0, TAPS, 1)[torch.from_numpy(whole)]  # [m, 8]
    return (rows * taps).sum(dim=1)


def until_silence(note: NoteTracks, loud: Tensor) -> int:
    """How many of a note's samples to render: up to the breakpoint after the last loud one.

    Args:
        note: in question.
        loud: bool [J, C], whether a channel sounds at a breakpoint; somewhere one does.
    """
    last = int(loud.any(dim=1).nonzero()[-1])
    after = min(last + 1, len(note.knots_s) - 1)
    return min(note.samples, math.ceil(note.knots_s[after] * SAMPLE_RATE))


def angle(turns: Tensor) -> Tensor:
    """Turns, float64, to an angle within one turn, float32."""
    return (turns - turns.floor()).float().mul_(2 * math.pi)


def half_basis(turns: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each partial from a block's end back to its middle.

    A block's middle lies between two samples. A cosine from there is the same on both sides, a
    sine is opposite, so that half of either gives the whole.

    Args:
        turns: float64 [K], a sample.

    Returns:
        float32 [K, 32] each; column c is sample 63 − c.
    """
    angles = angle(torch.outer(turns, MIDDLE - torch.arange(BLOCK // 2, dtype=torch.float64)))
    return angles.cos(), angles.sin()


def join_halves(even: Tensor, odd: Tensor) -> Tensor:
    """Blocks whose level moves from one end's to the other's.

    Args:
        even: [2, *, 32], what :func:`half_basis`'s cosines give, at the levels of the blocks'
            beginnings and ends.
        odd: the same of its sines.

    Returns:
        [*, 64].
    """
    left, right = even - odd, (even + odd).flip(-1)
    ramp = _RAMP.to(even.device)
    out = even.new_empty(*even.shape[1:-1], BLOCK)
    half = BLOCK // 2
    torch.lerp(left[0], left[1], ramp[:half], out=out[..., :half])
    torch.lerp(right[0], right[1], ramp[half:], out=out[..., half:])
    return out
