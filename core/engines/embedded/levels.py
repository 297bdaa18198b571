"""From a note and a timbre to levels at its knots: what both forms of the engine play.

The offline engine asks for all breakpoints of all notes at once, the streaming one for a few at a
time of whatever sounds; every number comes from the same functions here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import pitch_hz
from core.engines.embedded.controls import MAX_PARTIAL_HZ, N_PARTIALS, tone_hz
from core.engines.embedded.decoder import (
    DecodedLevels,
    MomentConditioning,
    NoteConditioning,
    envelope_weights,
    statics_of,
    tone_levels,
)
from core.engines.embedded.leakage import without_leakage
from core.engines.embedded.modulation import Modulation
from core.engines.embedded.moving_conditioning import Conditioning, conditioning_of
from core.types import Float64Array, FloatArray

TAIL_S = 1.2
"""Time a note may sound after its release; its last quarter fades out."""

TRAINED_HELD_S = 3.5  # longest time since onset the decoder was trained on
SLOPE_S = 1.0
_SILENT_DB = -200.0
_FEW = 256  # breakpoints: among so few it is not worth while to look for those that are alike
_ROWS_AT_ONCE = 256  # what a layer gives for so many stays in a processor's cache
_ROWS_ON_DEVICE = 16_384


class LevelNetwork(Protocol):
    """What of a :class:`core.engines.embedded.decoder.Decoder` is asked for levels."""

    def moments(self, on_s: Tensor, off_s: Tensor) -> MomentConditioning: ...
    def levels(
        self, conditioning: NoteConditioning, note_of_knot: Tensor, moments: MomentConditioning
    ) -> DecodedLevels: ...


@dataclass(frozen=True)
class NoteShape:
    """What stays as it is through a note.

    Attributes:
        partials_hz: float64 [144], half partials last.
        index, fraction: [128], of :func:`core.engines.embedded.decoder.envelope_weights`.
        modulation: what moves faster than breakpoints.
    """

    partials_hz: Float64Array
    index: npt.NDArray[np.int64]
    fraction: FloatArray
    modulation: Modulation

    def places(self, ratio: float) -> tuple[npt.NDArray[np.int64], FloatArray]:
        """``index`` and ``fraction`` of the note bent by a ratio of frequencies."""
        if ratio == 1.0:
            return self.index, self.fraction
        return envelope_weights(self.partials_hz[:N_PARTIALS] * ratio)

    @property
    def audible(self) -> npt.NDArray[np.bool_]:
        """Which partials lie low enough to sound [144]."""
        return self.partials_hz < MAX_PARTIAL_HZ


def note_shapes(statics: Tensor, pitches: Sequence[int]) -> list[NoteShape]:
    """The shapes of notes.

    Args:
        statics: [M, 9], of the notes' conditioning.
        pitches: M MIDI keys.
    """
    stiffness, cents, modulation = (a.double().cpu().numpy() for a in statics_of(statics))
    # Rounded, because phases grow with time: the last bit of a network's output, which may
    # differ with the batch's shape and the device, must not be heard seconds later.
    stiffness, cents, modulation = stiffness.round(6), cents.round(2), modulation.round(4)
    shapes = []
    for i, pitch in enumerate(pitches):
        hz = tone_hz(pitch_hz(pitch + cents[i] / 100), float(stiffness[i]))
        places = envelope_weights(hz[:N_PARTIALS])
        shapes.append(NoteShape(hz, *places, Modulation(*modulation[i].tolist())))
    return shapes


@dataclass(frozen=True)
class KnotTimes:
    """When breakpoints are.

    Attributes:
        since_s: float64 [J], from the note's onset.
        off_s: float64 [J], from its release; 0 while held.
    """

    since_s: Float64Array
    off_s: Float64Array

    def distinct(self) -> tuple[KnotTimes, npt.NDArray[np.int64]]:
        """Those that differ by over a nanosecond, and which of them each one is [J]."""
        pairs = np.round(self.since_s + 1j * self.off_s, 9)
        found, which = np.unique(pairs, return_inverse=True)
        return KnotTimes(
            np.real(found).astype(np.float64), np.imag(found).astype(np.float64)
        ), which


def knot_levels(
    decoder: LevelNetwork, conditioning: Conditioning, which: Tensor, times: KnotTimes,
    index: Tensor, fraction: Tensor, keys: npt.NDArray[np.int64],
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Levels at breakpoints, dB: of partials [J, 144], half ones last, and of noise [J, N].

    Args:
        decoder: trained network.
        conditioning: of M notes, or of breakpoints.
        which: int64 [J], which of them each breakpoint uses.
        times: of J breakpoints.
        index, fraction: [J, 128], from each breakpoint's :class:`NoteShape`.
        keys: int64 [J], the MIDI keys of the breakpoints' notes.
    """
    # Of a key held longer, the decoder is asked at the longest time that it was trained on.
    past_s = np.maximum(times.since_s - times.off_s - TRAINED_HELD_S, 0.0)  # [J]
    rows = _Rows(which, KnotTimes(times.since_s - past_s, times.off_s), index, fraction)
    if len(past_s) > _FEW:
        first, again = rows.distinct()
        partials, noise = (a[again] for a in _decode(decoder, conditioning, rows.of(first)))
    else:
        partials, noise = _decode(decoder, conditioning, rows)
    late = np.flatnonzero(past_s)
    if len(late):
        # From there on levels go down in straight lines, dB a second.
        _, first, again = np.unique(
            which.cpu().numpy()[late], return_index=True, return_inverse=True
        )
        device = which.device
        at, slope_of, chosen = (torch.from_numpy(a).to(device) for a in (late, again, late[first]))
        known = partials[chosen], noise[chosen]
        slopes = _slopes(decoder, conditioning, rows.of(late[first]), known)
        by_s = torch.from_numpy(past_s[late].astype(np.float32)).to(device)[:, None]
        for levels, slope in zip((partials, noise), slopes, strict=True):
            levels[at] += slope[slope_of] * by_s
    noise = without_leakage(partials, noise, keys)  # [J, N]
    off_s = torch.from_numpy(times.off_s.astype(np.float32)).to(which.device)
    fade = _tail_fade_db(off_s)[:, None]
    return partials + fade, noise + fade


@dataclass(frozen=True)
class _Rows:
    """Breakpoints to decode; the fields are those of :func:`knot_levels`."""

    which: Tensor
    times: KnotTimes
    index: Tensor
    fraction: Tensor

    def of(self, rows: npt.NDArray[np.int64]) -> _Rows:
        """Some of them."""
        at = torch.from_numpy(rows).to(self.which.device)
        times = KnotTimes(self.times.since_s[rows], self.times.off_s[rows])
        return _Rows(self.which[at], times, self.index[at], self.fraction[at])

    def distinct(self) -> tuple[npt.NDArray[np.int64], Tensor]:
        """A row of each kind that sounds alike [J′], and which of those every row is like [J].

        Notes of a key struck alike are alike as long as they are held, whenever they begin.
        """
        _, moments = self.times.distinct()
        kind = self.which.cpu().numpy() * (int(moments.max()) + 1) + moments
        _, first, again = np.unique(kind, return_index=True, return_inverse=True)
        return first, torch.from_numpy(again).to(self.which.device)


def _decode(
    decoder: LevelNetwork, conditioning: Conditioning, rows: _Rows
) -> tuple[Tensor, Tensor]:
    """What the decoder says of breakpoints: partials [J, 144] and noise [J, N], dB.

    Args:
        decoder: trained network.
        conditioning: of M notes.
        rows: the breakpoints.
    """
    device = rows.which.device
    few = len(rows.which) <= _FEW
    distinct, of_row = (rows.times, None) if few else rows.times.distinct()
    moments = decoder.moments(
        *(torch.from_numpy(a.astype(np.float32)).to(device) for a in vars(distinct).values())
    )
    if of_row is None:
        levels = decoder.levels(*conditioning_of(conditioning, rows.which), moments)
        return tone_levels(levels, rows.index, rows.fraction), levels.noise_db
    moment = torch.from_numpy(of_row).to(device)
    at_once = _ROWS_AT_ONCE if device.type == "cpu" else _ROWS_ON_DEVICE
    pieces = []
    for first in range(0, len(of_row), at_once):
        piece = slice(first, first + at_once)
        notes, which = conditioning_of(conditioning, rows.which[piece])
        levels = decoder.levels(notes, which, moments.of(moment[piece]))
        partials = tone_levels(levels, rows.index[piece], rows.fraction[piece])
        pieces.append((partials, levels.noise_db))
    partials, noise = (torch.cat(parts) for parts in zip(*pieces, strict=True))
    return partials, noise


def _slopes(
    decoder: LevelNetwork, conditioning: Conditioning, rows: _Rows, known: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """How fast levels fall at the longest time that was trained on.

    Past that time a held note goes on falling as it last did.

    Args:
        decoder: trained network.
        conditioning: of M notes, or of breakpoints.
        rows: of the notes in question, past that time.
        known: what was decoded for them; of keys that are down, it is what is asked here.

    Returns:
        Of partials [J, 144] and of noise [J, N], dB a second ≤ 0.
    """

    def held(some: _Rows, at_s: float) -> tuple[Tensor, Tensor]:
        zeros = np.zeros(len(some.which))
        return _decode(decoder, conditioning, replace(some, times=KnotTimes(zeros + at_s, zeros)))

    released = np.flatnonzero(rows.times.off_s)
    if len(released):
        at = torch.from_numpy(released).to(rows.which.device)
        for levels, asked in zip(known, held(rows.of(released), TRAINED_HELD_S), strict=True):
            levels[at] = asked
    before = held(rows, TRAINED_HELD_S - SLOPE_S)
    partials, noise = (
        ((here - there) / SLOPE_S).clamp_max(0.0) for here, there in zip(known, before, strict=True)
    )
    return partials, noise


def silence_unheard(partial_db: Tensor, shape: NoteShape) -> Tensor:
    """A note's levels without the partials too high to sound.

    Args:
        partial_db: [J, 144].
        shape: of the note.

    Returns:
        dB [J, 144].
    """
    inaudible = torch.from_numpy(~shape.audible).to(partial_db.device)
    return partial_db.masked_fill(inaudible, _SILENT_DB)


def _tail_fade_db(off_s: Tensor) -> Tensor:
    """Gain over the tail, dB [J]: nothing at first, silence at its end."""
    left = ((TAIL_S - off_s) / (TAIL_S / 4)).clamp(1e-6, 1.0)
    return 20.0 * torch.log10(left)


def held_blocks(held_samples: float, block: int) -> int:
    """Blocks until a note's release takes effect: at the edge of the next one, at least one.

    Args:
        held_samples: from onset to release.
        block: samples of one block.
    """
    return max(1, math.ceil(held_samples / block - 1e-6))
