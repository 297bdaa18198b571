"""The embedded engine's network: timbre, pitch, velocity and time to a note's controls.

Two paths add up. One is linear in the timbre: what a timbre says of levels is weighed by
functions of pitch, velocity and time, as a mixture of known surfaces; a timbre never met before
is rendered by it as well as one that was. The other is free: a note-level trunk mixes timbre,
pitch and velocity, and its output steers a small network over time features. Both are evaluated
at every breakpoint independently, so a note of any length is as many evaluations as it has
breakpoints and all notes of a batch go through together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.engines.embedded import subharmonics
from core.engines.embedded.controls import (
    ENVELOPE_HZ,
    FLOOR_DB,
    MAX_DETUNE_CENTS,
    MAX_INHARMONICITY,
    N_DEVIATIONS,
    N_NOISE,
    N_PARTIALS,
    N_SUBHARMONICS,
)
from core.engines.embedded.modulation import (
    MAX_DELAY_S,
    MAX_SHIMMER_DB,
    MAX_TREMOLO_DB,
    MAX_VIBRATO_CENTS,
    N_MODULATION,
    RATE_RANGE_HZ,
    SHIMMER_RANGE_HZ,
)
from core.engines.embedded.note_features import (
    N_NOTE_FEATURES,
    N_TIME_FEATURES,
    note_features,
    time_features,
)
from core.types import Float64Array, FloatArray


@dataclass(frozen=True)
class DecoderConfig:
    """Sizes of the decoder; stored beside its weights."""

    embedding_dim: int = 512
    width: int = 384
    trunk_blocks: int = 2
    frame_blocks: int = 2
    hidden: int = 512
    surfaces: int = 768
    gate_hidden: int = 128


@dataclass(frozen=True)
class DecodedLevels:
    """Levels the decoder predicts for a batch of breakpoints.

    Attributes:
        envelope_db: [J, 48] level of the partials' spectral envelope at ``ENVELOPE_HZ``.
        deviation_db: [J, 40] what the lowest partials add to it.
        noise_db: [J, 32] RMS of each noise band.
        half_db: [J, 16] level of the half partials relative to the note's lowest partials.
    """

    envelope_db: Tensor
    deviation_db: Tensor
    noise_db: Tensor
    half_db: Tensor


@dataclass(frozen=True)
class DecodedControls(DecodedLevels):
    """The same with what stays as it is through a note.

    Attributes:
        inharmonicity: [J] stiffness B.
        detune_cents: [J] of the fundamental from equal temperament.
        modulation: [J, 7] the fields of :class:`core.engines.embedded.modulation.Modulation`.
    """

    inharmonicity: Tensor
    detune_cents: Tensor
    modulation: Tensor


@dataclass(frozen=True)
class NoteConditioning:
    """What every breakpoint of a note shares; made once a note, whatever its length.

    Attributes:
        steering: [M, 768 + 2048], weights of surfaces, then scales and shifts of the layers that
            see time (feature-wise modulation, Perez et al. 2018, arXiv:1709.07871).
        out: [M, 120], what a note adds to its levels at every time.
        statics: [M, 9], raw; see :func:`statics_of`.
        half_db: [M, 16], level of half partials.
    """

    steering: Tensor
    out: Tensor
    statics: Tensor
    half_db: Tensor


@dataclass(frozen=True)
class MomentConditioning:
    """What every note shares at a moment; made once a moment, however many notes pass it.

    Attributes:
        x: [T, 384], features of time.
        inner: [T, 512], the first layer that a note steers, before it does.
        gate: [T, 768], weights of surfaces.
    """

    x: Tensor
    inner: Tensor
    gate: Tensor

    def of(self, moments: Tensor) -> MomentConditioning:
        """The same at some of the moments, int64 [J]."""
        return MomentConditioning(*(a.index_select(0, moments) for a in vars(self).values()))


class Residual(nn.Module):
    """Pre-norm residual block whose hidden layer may be steered from outside."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(
        self,
        x: Tensor,
        scale: Tensor | None = None,
        shift: Tensor | None = None,
        hidden: Tensor | None = None,
    ) -> Tensor:
        """[*, width] to [*, width]; the others, [*, hidden], steer the hidden layer or are it."""
        inner = self.up(self.norm(x)) if hidden is None else hidden
        if scale is not None and shift is not None:
            return self.steered(x, inner, scale, shift)
        out: Tensor = x + self.down(nn.functional.silu(inner))
        return out

    def steered(self, x: Tensor, inner: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """The rest of it, when the hidden layer is there already: [*, hidden] but for ``x``.

        Args:
            x: [*, width].
            inner: the hidden layer before it is steered.
            scale, shift: how it is.
        """
        inner = torch.addcmul(shift, inner, 1.0 + scale)
        out: Tensor = x + self.down(nn.functional.silu(inner))
        return out


def _gate(features: int, config: DecoderConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(features, config.gate_hidden),
        nn.SiLU(),
        nn.Linear(config.gate_hidden, config.surfaces),
    )


_LEAST_ANCHOR = 0.2


def coordinates(embedding: Tensor) -> Tensor:
    """Where a timbre lies from the mean of all: [M, 512] unit norm to [M, 511].

    The first component of an embedding is its *anchor*, the part that all timbres share; the
    others are coordinates in proportion to it (a gnomonic projection), so that the ordinary
    sphere of directions holds points of a flat space in which levels in dB add up.
    """
    return embedding[:, 1:] / embedding[:, :1].clamp_min(_LEAST_ANCHOR)


def on_sphere(place: Tensor) -> Tensor:
    """The inverse of :func:`coordinates`: [M, 511] to [M, 512], unit norm."""
    return nn.functional.normalize(nn.functional.pad(place, (1, 0), value=1.0), dim=-1)


class Decoder(nn.Module):
    """See the module's first lines."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_timbre = nn.Linear(config.embedding_dim, config.width)
        self.embed_note = nn.Linear(N_NOTE_FEATURES, config.width)
        self.cross = nn.Linear(N_NOTE_FEATURES, config.width)
        self.trunk = nn.ModuleList(
            Residual(config.width, 2 * config.width) for _ in range(config.trunk_blocks)
        )
        self.trunk_norm = nn.LayerNorm(config.width)
        self.statics = nn.Linear(config.width, 2 + N_MODULATION)
        self.embed_time = nn.Linear(N_TIME_FEATURES, config.width)
        self.steer = nn.Linear(config.width, 2 * config.hidden * config.frame_blocks)
        self.frames = nn.ModuleList(
            Residual(config.width, config.hidden) for _ in range(config.frame_blocks)
        )
        n_out = len(ENVELOPE_HZ) + N_DEVIATIONS + N_NOISE
        self.out_norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, n_out)
        self.out_note = nn.Linear(config.width, n_out)
        self.surfaces = nn.Linear(config.embedding_dim - 1, config.surfaces)
        self.note_gate = _gate(N_NOTE_FEATURES, config)
        self.time_gate = _gate(N_TIME_FEATURES, config)
        self.spread = nn.Linear(config.surfaces, n_out, bias=False)

    def note_state(self, embedding: Tensor, pitch: Tensor, velocity: Tensor) -> Tensor:
        """What :meth:`conditioning` is made of: trunk, weights of surfaces, half partials.

        Args:
            embedding: [M, 512], or [1, 512] of all notes; unit norm.
            pitch: [M], MIDI.
            velocity: [M], 1–127.

        Returns:
            [M, 384 + 768 + 16].
        """
        return self.note_state_in(self.timbre_state(embedding), pitch, velocity)

    def timbre_state(self, embedding: Tensor) -> Tensor:
        """What every note of a timbre shares: [M, 512], unit norm, to [M, 384 + 768 + 16]."""
        half_db = subharmonics.relative_levels(coordinates(embedding))  # [M, 16]
        embedding = subharmonics.without(embedding)
        # Unit vectors of 512 dimensions have entries near 0.04; bring them to order 1.
        timbre = self.embed_timbre(embedding * self.config.embedding_dim**0.5)
        return torch.cat([timbre, self.surfaces(coordinates(embedding)), half_db], dim=-1)

    def note_state_in(self, timbre_state: Tensor, pitch: Tensor, velocity: Tensor) -> Tensor:
        """:meth:`note_state` in timbres that are there already.

        Args:
            timbre_state: [M or 1, 1168], from :meth:`timbre_state`.
            pitch, velocity: as in :meth:`note_state`.
        """
        note = note_features(pitch, velocity)  # [M, 22]
        sizes = [self.config.width, self.config.surfaces, N_SUBHARMONICS]
        timbre, surfaces, half_db = torch.split(timbre_state, sizes, dim=-1)
        # The product lets a note say which features of a timbre count at all.
        x = timbre + self.embed_note(note) + timbre * torch.tanh(self.cross(note))  # [M, 384]
        for block in self.trunk:
            x = block(x)
        surfaces = surfaces * self.note_gate(note)  # [M, 768]
        return torch.cat([self.trunk_norm(x), surfaces, half_db.expand(len(x), -1)], dim=-1)

    def conditioning(self, state: Tensor) -> NoteConditioning:
        """What :meth:`knots` needs to know of M notes: state [M, 1168] from :meth:`note_state`."""
        sizes = [self.config.width, self.config.surfaces, N_SUBHARMONICS]
        trunk, surfaces, half_db = torch.split(state, sizes, dim=-1)
        steering = torch.cat([surfaces, self.steer(trunk)], dim=-1)
        return NoteConditioning(steering, self.out_note(trunk), self.statics(trunk), half_db)

    def forward(
        self, state: Tensor, note_of_knot: Tensor, on_s: Tensor, off_s: Tensor
    ) -> DecodedControls:
        """Controls at breakpoints.

        Args:
            state: of M notes, from :meth:`note_state`.
            note_of_knot: int64 [J], which state each breakpoint uses.
            on_s: [J] seconds since onset.
            off_s: [J] seconds since release, 0 while held.

        Returns:
            Controls of J breakpoints.
        """
        return self.knots(self.conditioning(state), note_of_knot, on_s, off_s)

    def knots(
        self, conditioning: NoteConditioning, note_of_knot: Tensor, on_s: Tensor, off_s: Tensor
    ) -> DecodedControls:
        """The same, of notes whose :meth:`conditioning` was made before.

        Args:
            conditioning: of M notes.
            note_of_knot, on_s, off_s: as in :meth:`forward`.

        Returns:
            Controls of J breakpoints.
        """
        levels = self.levels(conditioning, note_of_knot, self.moments(on_s, off_s))
        statics = statics_of(conditioning.statics.index_select(0, note_of_knot))
        return DecodedControls(**vars(levels), **dict(zip(_STATICS, statics, strict=True)))

    def moments(self, on_s: Tensor, off_s: Tensor) -> MomentConditioning:
        """What :meth:`levels` needs to know of moments in a note.

        Args:
            on_s: [T] seconds since onset.
            off_s: [T] seconds since release, 0 while held.
        """
        time = time_features(on_s, off_s)  # [T, 21]
        x = self.embed_time(time)
        first = cast(Residual, self.frames[0])
        return MomentConditioning(x, first.up(first.norm(x)), self.time_gate(time))

    def levels(
        self, conditioning: NoteConditioning, note_of_knot: Tensor, moments: MomentConditioning
    ) -> DecodedLevels:
        """Levels at breakpoints.

        Args:
            conditioning: of M notes.
            note_of_knot: int64 [J], which of them each breakpoint uses.
            moments: of J breakpoints.
        """
        # index_select: the gradient of indexing adds up in an order that differs by the run.
        steering = conditioning.steering.index_select(0, note_of_knot)
        sizes = [self.config.surfaces, *(self.config.hidden,) * (2 * len(self.frames))]
        surfaces, *steps = torch.split(steering, sizes, dim=-1)
        first = cast(Residual, self.frames[0])
        x = first.steered(moments.x, moments.inner, steps[0], steps[1])
        for index, block in enumerate(self.frames[1:], start=1):
            x = block(x, steps[2 * index], steps[2 * index + 1])
        out = self.out(self.out_norm(x)) + conditioning.out.index_select(0, note_of_knot)
        # The linear path: [J, 768] weights of surfaces, @ [768, 120].
        out = out + self.spread(surfaces * moments.gate)
        envelope, deviation, noise = out.split([len(ENVELOPE_HZ), N_DEVIATIONS, N_NOISE], dim=-1)
        # Scales and offsets bring a network's outputs of order 1 to the levels of instruments.
        return DecodedLevels(
            envelope_db=20.0 * envelope - 50.0,
            deviation_db=10.0 * deviation,
            noise_db=20.0 * noise - 70.0,
            half_db=conditioning.half_db.index_select(0, note_of_knot),
        )


_STATICS = ("inharmonicity", "detune_cents", "modulation")


def statics_of(raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What stays as it is through a note: [M, 9] to inharmonicity [M], detune [M], [M, 7].

    See :class:`DecodedControls`.
    """
    return (
        MAX_INHARMONICITY * torch.sigmoid(4.0 * raw[:, 0] - 6.0),
        MAX_DETUNE_CENTS * torch.tanh(raw[:, 1]),
        _in_range(raw[:, 2:]),
    )


_LOWEST = (0.0, RATE_RANGE_HZ[0], 0.0, 0.0, RATE_RANGE_HZ[0], 0.0, SHIMMER_RANGE_HZ[0])
_HIGHEST = (
    MAX_VIBRATO_CENTS, RATE_RANGE_HZ[1], MAX_DELAY_S,
    MAX_TREMOLO_DB, RATE_RANGE_HZ[1],
    MAX_SHIMMER_DB, SHIMMER_RANGE_HZ[1],
)  # fmt: skip
_BIAS = (-4.0, 0.0, -2.0, -4.0, 0.0, 0.0, -1.0)  # little vibrato and tremolo at first


def _in_range(raw: Tensor) -> Tensor:
    """Unbounded [J, 7] to modulations in their ranges."""
    low, high, bias = (torch.tensor(v, device=raw.device) for v in (_LOWEST, _HIGHEST, _BIAS))
    return low + (high - low) * torch.sigmoid(2.0 * raw + bias)


def envelope_weights(
    partials_hz: Float64Array,
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Where partials lie between the envelope's points, on a logarithmic frequency axis.

    Args:
        partials_hz: float64 [K].

    Returns:
        Index of the point below, int64 [K], and how far it is to the next, float32 [K] in 0…1.
    """
    position = np.interp(
        np.log(np.maximum(partials_hz, 1.0)), np.log(ENVELOPE_HZ), np.arange(len(ENVELOPE_HZ))
    )
    index = np.minimum(position.astype(np.int64), len(ENVELOPE_HZ) - 2)
    return index, (position - index).astype(np.float32)


def partial_levels(controls: DecodedLevels, index: Tensor, fraction: Tensor) -> Tensor:
    """Level of every partial: the envelope where it lies, and what it adds to that itself.

    Args:
        controls: of J breakpoints.
        index, fraction: [J, 128], from :func:`envelope_weights` of each breakpoint's note.

    Returns:
        dB [J, 128], floored at ``FLOOR_DB``.
    """
    low = torch.gather(controls.envelope_db, 1, index)  # [J, 48] read at [J, 128]
    high = torch.gather(controls.envelope_db, 1, index + 1)
    level = low + fraction * (high - low)
    own = nn.functional.pad(controls.deviation_db, (0, N_PARTIALS - N_DEVIATIONS))
    return (level + own).clamp_min(FLOOR_DB)


def tone_levels(controls: DecodedLevels, index: Tensor, fraction: Tensor) -> Tensor:
    """The same with the half partials after the others, dB [J, 144]; arguments as in it."""
    partial_db = partial_levels(controls, index, fraction)
    return torch.cat(
        [partial_db, subharmonics.subharmonic_levels(partial_db, controls.half_db)], dim=1
    )
