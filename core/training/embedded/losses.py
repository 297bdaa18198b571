"""What training minimises: control errors in dB that matter, and contrast between timbres."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.embedded.networks import EncoderConfig, RecordingNet, SentenceNet
from core.engines.embedded.controls import N_NOISE
from core.engines.embedded.decoder import (
    DecodedControls,
    Decoder,
    DecoderConfig,
    partial_levels,
)
from core.training.embedded.bands import noise_to_bands
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.descriptor import DescriptorProjection

SOFT_FLOOR_DB = -84.0
_FLOOR_WIDTH_DB = 6.0
_QUIETEST = 10.0 ** (SOFT_FLOOR_DB / 10.0)


@dataclass(frozen=True)
class LossWeights:
    """How much each term counts."""

    partials: float = 1.0
    noise: float = 0.5
    bands: float = 1.5
    loudness: float = 0.2
    tuning: float = 0.1
    modulation: float = 0.1
    same_instrument: float = 0.1
    words: float = 0.1
    near: float = 1.0
    temperature: float = 0.1


class EmbeddedModel(nn.Module):
    """The networks that are trained, and the teacher that tells them what embeddings mean.

    The teacher has no parameters to train and does not ship.
    """

    def __init__(self, encoder: EncoderConfig, decoder: DecoderConfig) -> None:
        super().__init__()
        self.recording = RecordingNet(encoder)
        self.sentence = SentenceNet(encoder)
        self.decoder = Decoder(decoder)
        self.teacher = DescriptorProjection(encoder.embedding_dim)


def soft_floor(level_db: Tensor) -> Tensor:
    """Levels with everything far under the floor squeezed onto it, smoothly."""
    above = (level_db - SOFT_FLOOR_DB) / _FLOOR_WIDTH_DB
    return SOFT_FLOOR_DB + _FLOOR_WIDTH_DB * functional.softplus(above)


def _weighted_error(predicted_db: Tensor, target_db: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error in units of 10 dB; loud controls count up to 10 times as much."""
    predicted, target = soft_floor(predicted_db), soft_floor(target_db)
    importance = ((torch.maximum(predicted.detach(), target) - SOFT_FLOOR_DB) / 60.0).clamp(0.1, 1)
    weight = importance * mask
    return (weight * (predicted - target).abs()).sum() / weight.sum() / 10.0


def _loudness_db(level_db: Tensor, mask: Tensor) -> Tensor:
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
    known = ~target[:, 0].isnan()
    if not bool(known.any()):
        return predicted.sum() * 0.0
    own, true = predicted[known], target[known]
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


def _contrast(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Symmetric InfoNCE of matched rows (van den Oord et al. 2018)."""
    logits = a @ b.T / temperature
    labels = torch.arange(len(a), device=a.device)
    return 0.5 * (
        functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)
    )


@dataclass(frozen=True)
class Sources:
    """Where each item of a batch takes its embedding from.

    Attributes:
        teacher, words: bool [B]; the others are decoded from their recording.
    """

    teacher: Tensor
    words: Tensor


def hearing(model: EmbeddedModel, batch: TrainingBatch, weights: LossWeights) -> dict[str, Tensor]:
    """How far what is heard is from what is taught, and the weighted sum (``total``)."""
    taught = model.teacher(batch.descriptor)
    first, second, words = _heard(model, batch)
    terms = placing(first, second, words, taught, batch.unfiltered, weights)
    return with_total(terms, weights)


def playing_of(
    decoder: Decoder, embedding: Tensor, batch: TrainingBatch, weights: LossWeights
) -> dict[str, Tensor]:
    """How far what is played of embeddings [B, 512] is from the notes, and the sum (``total``)."""
    return with_total(_played(decoder, embedding, batch), weights)


def _played(decoder: Decoder, embedding: Tensor, batch: TrainingBatch) -> dict[str, Tensor]:
    state = decoder.note_state(embedding[batch.item_of_note], batch.pitch, batch.velocity)
    return _playing(decoder(state, batch.note_of_knot, batch.on_s, batch.off_s), batch)


def losses(
    model: EmbeddedModel,
    batch: TrainingBatch,
    weights: LossWeights,
    sources: Sources | None,
    jitter: float,
) -> dict[str, Tensor]:
    """Every loss term of playing and their weighted sum (``total``).

    Args:
        model: the networks.
        batch: what to learn from.
        weights: of the terms.
        sources: of the embeddings; None: all from the teacher, and nothing is heard.
        jitter: standard deviation, relative to the vector's norm, of noise on embeddings, so
            that the neighbourhood of a timbre sounds like it.
    """
    chosen, terms = model.teacher(batch.descriptor), dict[str, Tensor]()
    if sources is not None:
        taught = chosen
        first, second, words = _heard(model, batch)
        # A caption describes the instrument without the random filter.
        from_words = sources.words & batch.unfiltered
        heard = torch.where(from_words[:, None], words, first)
        chosen = torch.where(sources.teacher[:, None], taught, heard)
        terms = placing(first, second, words, taught, batch.unfiltered, weights)
    if jitter:
        noise = torch.randn_like(chosen) * (jitter / chosen.shape[-1] ** 0.5)
        chosen = functional.normalize(chosen + noise, dim=-1)
    return with_total(terms | _played(model.decoder, chosen, batch), weights)


def _heard(model: EmbeddedModel, batch: TrainingBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Embeddings of both references and of the words, [B, 512] each."""
    features, frames = batch.features.flatten(0, 1), batch.frames.flatten()
    first, second = model.recording(features, frames).chunk(2)
    return first, second, model.sentence(batch.sentence)


def _playing(controls: DecodedControls, batch: TrainingBatch) -> dict[str, Tensor]:
    """How far controls are from those of the recorded notes."""
    predicted = partial_levels(controls, batch.index, batch.fraction)
    batch = _where_known(batch, predicted.detach(), controls.noise_db.detach())
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


def with_total(terms: dict[str, Tensor], weights: LossWeights) -> dict[str, Tensor]:
    """Terms and their weighted sum (``total``)."""
    total = sum((getattr(weights, name) * value for name, value in terms.items()), torch.zeros(()))
    return {"total": total, **terms}


def _where_known(batch: TrainingBatch, partial_db: Tensor, noise_db: Tensor) -> TrainingBatch:
    """The batch with what was not recorded, such as highs, taken to be as predicted."""
    return replace(
        batch,
        partial_db=torch.where(batch.known, batch.partial_db, partial_db),
        noise_db=torch.where(batch.noise_known, batch.noise_db, noise_db),
    )


def placing(
    first: Tensor,
    second: Tensor,
    words: Tensor | None,
    taught: Tensor,
    unfiltered: Tensor,
    weights: LossWeights,
) -> dict[str, Tensor]:
    """How far recordings and words (if any) [B, 512] are from where they were taught to be."""
    apart = 2.0 - (first * taught).sum(dim=-1).mean() - (second * taught).sum(dim=-1).mean()
    terms = {
        "near": apart,
        "same_instrument": 0.5 * _contrast(first, taught, weights.temperature)
        + 0.5 * _contrast(first, second, weights.temperature),
    }
    if words is not None and bool(unfiltered.any()):
        terms["words"] = wording(words[unfiltered], taught[unfiltered], weights)
    return terms


def wording(words: Tensor, taught: Tensor, weights: LossWeights) -> Tensor:
    """How far words [B, 512] are from where their instruments were taught to be.

    Words leave much open: they need only be nearer to their own instrument than to others.
    """
    apart = 1.0 - (words * taught).sum(dim=-1).mean()
    return _contrast(words, taught, weights.temperature) + 2.0 * apart
