"""From a note and a timbre to levels at its knots: what both forms of the engine play.

The offline engine asks for all breakpoints of all notes at once, the streaming one for a few at a
time of whatever sounds; every number comes from the same functions here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import pitch_hz
from core.engines.embedded.controls import MAX_PARTIAL_HZ, N_PARTIALS, tone_hz
from core.engines.embedded.decoder import (
    Decoder,
    NoteConditioning,
    envelope_weights,
    statics_of,
    tone_levels,
)
from core.engines.embedded.leakage import without_leakage
from core.engines.embedded.modulation import Modulation
from core.types import Float64Array, FloatArray

TAIL_S = 1.2
"""Time a note may sound after its release; its last quarter fades out."""

_TRAINED_HELD_S = 3.5  # longest time since onset the decoder was trained on
_SLOPE_S = 1.0
_SILENT_DB = -200.0


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


def knot_levels(
    decoder: Decoder, conditioning: NoteConditioning, which: Tensor, times: KnotTimes,
    index: Tensor, fraction: Tensor, keys: npt.NDArray[np.int64],
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Levels at breakpoints, dB: of partials [J, 144], half ones last, and of noise [J, N].

    Args:
        decoder: trained network.
        conditioning: of M notes.
        which: int64 [J], which of them each breakpoint uses.
        times: of J breakpoints.
        index, fraction: [J, 128], from each breakpoint's :class:`NoteShape`.
        keys: int64 [J], the MIDI keys of the breakpoints' notes.
    """
    # Of a key held longer, the decoder is asked at the longest time that it was trained on.
    past = np.maximum(times.since_s - times.off_s - _TRAINED_HELD_S, 0.0)  # [J]
    on_s, off_s, past_s = (
        torch.from_numpy(a.astype(np.float32)).to(which.device)
        for a in (times.since_s - past, times.off_s, past)
    )
    controls = decoder.knots(conditioning, which, on_s, off_s)
    partials, noise = tone_levels(controls, index, fraction), controls.noise_db
    if past.any():
        # From there on levels go down in straight lines, dB a second.
        late = past_s.nonzero()[:, 0]
        slopes = _slopes(decoder, conditioning, which[late], index[late], fraction[late])
        for levels, slope in zip((partials, noise), slopes, strict=True):
            levels[late] += slope * past_s[late, None]
    noise = without_leakage(partials, noise, keys)  # [J, N]
    fade = _tail_fade_db(off_s)[:, None]
    return partials + fade, noise + fade


def _slopes(
    decoder: Decoder, conditioning: NoteConditioning, which: Tensor, index: Tensor, fraction: Tensor
) -> tuple[Tensor, Tensor]:
    """How fast levels fall at the longest time that was trained on.

    Past that time a held note goes on falling as it last did.

    Args:
        decoder: trained network.
        conditioning: of M notes.
        which: int64 [J], which of them each breakpoint uses.
        index, fraction: [J, 128], from each breakpoint's :class:`NoteShape`.

    Returns:
        Of partials [J, 144] and of noise [J, N], dB a second ≤ 0.
    """
    late = torch.full((len(which),), _TRAINED_HELD_S, device=which.device)
    held = torch.zeros_like(late)
    now = decoder.knots(conditioning, which, late, held)
    before = decoder.knots(conditioning, which, late - _SLOPE_S, held)
    partials = tone_levels(now, index, fraction) - tone_levels(before, index, fraction)
    noise = now.noise_db - before.noise_db
    return (partials / _SLOPE_S).clamp_max(0.0), (noise / _SLOPE_S).clamp_max(0.0)


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
