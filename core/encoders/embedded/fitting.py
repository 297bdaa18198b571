"""Fit an embedding to a recording: render its notes, compare, move, again.

A network tells a recording's timbre at once, roughly: the first guess. Given the notes that are
played, the decoder says what the recording's spectrum would be if the timbre were right. So the
first guess is weighed against known instruments like it, by how well each explains the recording;
then the embedding follows the error down its gradient, while a prior keeps what the recording does
not show (other registers, softer notes) near where it began.
Analysis by synthesis; cf. Engel et al., *Self-supervised pitch detection by inverse audio
synthesis* (ICML workshop, 2020), where the synthesizer is given and the notes are sought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.clip import Note
from core.encoders.embedded.adam import Adam
from core.encoders.embedded.decoder_rows import DecoderRows, rows_of
from core.encoders.embedded.dynamics import VelocityResponse
from core.encoders.embedded.fit_objective import FitObjective
from core.engines.embedded.controls import N_SUBHARMONICS
from core.engines.embedded.decoder import Decoder, coordinates, on_sphere
from core.progress import ProgressCallback, always_continue, report
from core.types import FloatArray

_BETAS = (0.6, 0.8)
"""What Adam keeps of old gradients: little, as steps are few and errors of absolute value."""

_DYNAMICS_AT = (0.25, 0.5, 0.75)
"""Quantiles of the recording's keys on which the timbre's dynamics are looked after."""


@dataclass(frozen=True)
class FitSettings:
    """How hard to try.

    Attributes:
        prototypes: how many known timbres are weighed against the first guess.
        apart_db: how much better one must explain the recording to count e times as much.
        steps: of the optimiser.
        aligned: after which of them the notes' times are corrected.
        rate: its learning rate, in deviations of the prior.
        prior: what one squared deviation from the beginning costs, dB.
        gain_db: deviation of a note's level from what its velocity says.
        dynamics: what it costs, dB a dB, to change what playing louder does to the timbre.
        duller: what it costs, dB an octave, if playing louder makes it duller.
    """

    prototypes: int = 16
    apart_db: float = 1.0
    steps: int = 36
    aligned: tuple[int, ...] = (8,)
    rate: float = 0.3
    prior: float = 0.004
    gain_db: float = 6.0
    dynamics: float = 0.05
    duller: float = 8.0


def fit(
    decoder: Decoder,
    first_guess: FloatArray,
    mono: FloatArray,
    notes: Sequence[Note],
    error_std: Tensor,
    prototypes: Tensor,
    settings: FitSettings | None = None,
    on_progress: ProgressCallback = always_continue,
) -> FloatArray:
    """An embedding that explains a recording better than the first guess at it.

    Args:
        decoder: renders embeddings.
        first_guess: float32 [512], unit norm.
        mono: float32 [frames] at 44.1 kHz.
        notes: what is played, at least one.
        error_std: [511], how far each coordinate may be off; half partials are not looked for.
        prototypes: [I, 512], timbres of known instruments; may be none.
        settings: see :class:`FitSettings`.
        on_progress: called before each step; answering False cancels.

    Returns:
        float32 [512], unit norm.

    Raises:
        Cancelled: if ``on_progress`` said so.
    """
    settings = settings or FitSettings()
    objective = FitObjective(mono, notes)
    start = _beginning(decoder, objective, torch.from_numpy(first_guess), prototypes, settings)
    pitches = [float(note.pitch) for note in notes]
    dynamics = VelocityResponse(
        decoder, [round(q) for q in np.quantile(pitches, _DYNAMICS_AT).tolist()]
    )
    with torch.no_grad():
        expected, _ = dynamics.of(on_sphere(start))  # [2 n, B]
    # In deviations of the prior, so that one learning rate suits all coordinates.
    place = torch.zeros_like(start, requires_grad=True)  # [1, 511]
    # Half partials come with known timbres or not at all: an organ's are heard as notes an octave
    # lower, and a fit that looked for them would find them anywhere.
    error_std = functional.pad(error_std[:-N_SUBHARMONICS], (0, N_SUBHARMONICS))
    # The recording's own level says nothing, that of one note beside another little.
    level = torch.zeros(1, requires_grad=True)
    gains = torch.zeros(len(notes), requires_grad=True)
    optimiser = Adam([place, level, gains], betas=_BETAS)
    for step in range(settings.steps):
        report(on_progress, step / settings.steps)
        embedding = on_sphere(start + place * error_std)
        gains_db = 10.0 * level + settings.gain_db * gains  # [M]
        if step in settings.aligned:
            objective.align(decoder, embedding, gains_db)
        if step == 0 or step in settings.aligned:
            # Everything that a step asks of the decoder in one pass.
            rows = DecoderRows.joined([objective.rows, dynamics.rows])
            count = len(objective.rows.note)
            with torch.no_grad():
                moments = decoder.moments(rows.on_s, rows.off_s)
        controls = rows.decode(decoder, embedding, moments)
        cost = objective.error_at(rows_of(controls, 0, count), gains_db)
        cost = cost + settings.prior * (place.square().sum() + gains.square().sum())
        louder, fallen = dynamics.at(rows_of(controls, count, len(rows.note)))
        cost = cost + settings.dynamics * (louder - expected).abs().mean()
        cost = cost + settings.duller * fallen.mean()
        optimiser.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        optimiser.step(settings.rate * (1.0 - step / settings.steps))
    fitted: FloatArray = on_sphere(start + place * error_std)[0].detach().numpy()
    return fitted


@torch.no_grad()
def _beginning(
    decoder: Decoder,
    objective: FitObjective,
    first_guess: Tensor,
    prototypes: Tensor,
    settings: FitSettings,
) -> Tensor:
    """The mean of the first guess and the known timbres nearest to it: coordinates [1, 511].

    Each counts by how well it explains the recording.
    """
    nearest = (prototypes @ first_guess).topk(min(settings.prototypes, len(prototypes))).indices
    tried = torch.cat([first_guess[None], functional.normalize(prototypes[nearest], dim=-1)])
    # [I + 1, 512]; of a mean of timbres each of which fits, levels in dB are the mean.
    errors = torch.tensor(objective.alone(decoder, tried))
    weight = torch.softmax(-errors / settings.apart_db, dim=0)
    return (weight[:, None] * coordinates(tried)).sum(dim=0, keepdim=True)  # [I + 1, 511] summed
