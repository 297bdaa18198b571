"""How far decoded controls are from those of recorded notes, in decibels that matter."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from core.engines.embedded.controls import N_NOISE
from core.engines.embedded.decoder import DecodedControls, partial_levels
from core.training.embedded.bands import noise_to_bands
from core.training.embedded.batch import TrainingBatch

SOFT_FLOOR_DB = -84.0
_FLOOR_WIDTH_DB = 6.0
_QUIETEST = 10.0 ** (SOFT_FLOOR_DB / 10.0)


def control_errors(controls: DecodedControls, batch: TrainingBatch) -> dict[str, Tensor]:
    """How far controls are from those of the recorded notes.

    Args:
        controls: decoded at the batch's J knots.
        batch: the notes.

    Returns:
        Scalars by term: partials, noise, bands, modulation, loudness, tuning; levels in units of
        10 dB.
    """
    predicted = partial_levels(controls, batch.index, batch.fraction)
    batch = _ignore_unrecorded(batch, predicted.detach(), controls.noise_db.detach())
    # What is the same all through a note is compared at its first knot.
    everything = torch.ones(N_NOISE, device=predicted.device)
    first_knot = torch.arange(len(batch.pitch), device=predicted.device) * (
        len(batch.on_s) // len(batch.pitch)
    )
    return {
        "partials": _weighted_error(predicted, batch.partial_db, batch.audible),
        "noise": _weighted_error(controls.noise_db, batch.noise_db, everything),
        "bands": (
            _bands_db(predicted, controls.noise_db, batch)
            - _bands_db(batch.partial_db, batch.noise_db, batch)
        )
        .abs()
        .mean()
        / 10.0,
        "modulation": _modulation_error(controls.modulation[first_knot], batch.modulation),
        "loudness": (
            (
                _loudness_db(predicted, batch.audible)
                - _loudness_db(batch.partial_db, batch.audible)
            ).abs()
            / 10.0
        ).mean(),
        "tuning": (
            torch.log10(controls.inharmonicity[first_knot] + 1e-5)
            - torch.log10(batch.inharmonicity + 1e-5)
        )
        .abs()
        .mean()
        + (controls.detune_cents[first_knot] - batch.detune_cents).abs().mean() / 10.0,
    }


def _ignore_unrecorded(batch: TrainingBatch, partial_db: Tensor, noise_db: Tensor) -> TrainingBatch:
    """The batch with what was not recorded, such as highs, taken to be as predicted."""
    return replace(
        batch,
        partial_db=torch.where(batch.recorded, batch.partial_db, partial_db),
        noise_db=torch.where(batch.noise_recorded, batch.noise_db, noise_db),
    )


def soft_floor(level_db: Tensor) -> Tensor:
    """Levels, dB, with everything far under the floor squeezed onto it, smoothly."""
    # What is inaudible should not be learned, but a predicted level under the floor needs a
    # gradient that leads back up: a softplus has one, a clamp has none.
    above = (level_db - SOFT_FLOOR_DB) / _FLOOR_WIDTH_DB
    return SOFT_FLOOR_DB + _FLOOR_WIDTH_DB * functional.softplus(above)


def _weighted_error(predicted_db: Tensor, target_db: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error in units of 10 dB of levels [J, n]; mask [J, n] or [n]."""
    # Loud controls count up to 10 times as much. Loud in either: a wrong partial that is loud is
    # as bad as a missing one. Detached, else a level would be lowered to make its error count less.
    predicted, target = soft_floor(predicted_db), soft_floor(target_db)
    importance = ((torch.maximum(predicted.detach(), target) - SOFT_FLOOR_DB) / 60.0).clamp(0.1, 1)
    weight = importance * mask
    return (weight * (predicted - target).abs()).sum() / weight.sum() / 10.0


def _loudness_db(level_db: Tensor, mask: Tensor) -> Tensor:
    """Power of all partials together, dB [J]."""
    power = (torch.pow(10.0, level_db / 10.0) * mask).sum(dim=-1)
    return 10.0 * torch.log10(power + 1e-8)


def _bands_db(partial_db: Tensor, noise_db: Tensor, batch: TrainingBatch) -> Tensor:
    """Power of partials and noise together in bands like an ear's, dB [J, 40]."""
    partials = 0.5 * torch.pow(10.0, partial_db / 10.0) * batch.audible
    power = torch.pow(10.0, noise_db / 10.0) @ noise_to_bands().to(noise_db.device)
    power = power.scatter_add(1, batch.band, partials * (1.0 - batch.band_fraction))
    power = power.scatter_add(1, batch.band + 1, partials * batch.band_fraction)
    return 10.0 * torch.log10(power + _QUIETEST)


def _modulation_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean error of [M, 7]; rates and delays count where there is something to time."""
    measured = ~target[:, 0].isnan()
    if not bool(measured.any()):
        return predicted.sum() * 0.0
    own, true = predicted[measured], target[measured]
    # Depths and rates are compared on scales on which a just noticeable difference is about the
    # same everywhere: logarithmic from some 3 cents, or 1 dB, up.
    vibrato, tremolo = (true[:, 0] > 0).float(), (true[:, 3] > 0).float()
    error = (
        (torch.log1p(own[:, 0] / 3) - torch.log1p(true[:, 0] / 3)).abs()
        + vibrato * ((own[:, 1] - true[:, 1]).abs() + (own[:, 2] - true[:, 2]).abs()) / 2
        + (torch.log1p(own[:, 3]) - torch.log1p(true[:, 3])).abs()
        + tremolo * (own[:, 4] - true[:, 4]).abs() / 2
        + (own[:, 5] - true[:, 5]).abs() / 3
        + (torch.log(own[:, 6]) - torch.log(true[:, 6].clamp_min(0.5))).abs()
    )
    return error.mean()
