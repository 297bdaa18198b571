"""What training minimises: control errors in dB that matter, and contrast between timbres."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.embedded.networks import EncoderConfig, RecordingNet, SentenceNet
from core.engines.embedded.decoder import Decoder, DecoderConfig
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.control_errors import control_errors
from core.training.embedded.descriptor import DescriptorProjection


@dataclass(frozen=True)
class LossWeights:
    """How much each term counts.

    Attributes:
        partials, noise, bands: levels of partials, noise bands and both together, per 10 dB.
        loudness: of a note's partials together, per 10 dB.
        tuning: inharmonicity and detuning; modulation: vibrato, tremolo and shimmer.
        distance: of recordings' embeddings from their targets, in cosines.
        contrast: InfoNCE of a recording with its target and with another of its instrument.
        text: of captions' embeddings, see :func:`text_loss`.
        temperature: of all InfoNCE.
    """

    partials: float = 1.0
    noise: float = 0.5
    bands: float = 1.5
    loudness: float = 0.2
    tuning: float = 0.1
    modulation: float = 0.1
    contrast: float = 0.1
    text: float = 0.1
    distance: float = 1.0
    temperature: float = 0.1


class EmbeddedModel(nn.Module):
    """The networks that are trained, and the projection that says what embeddings mean.

    The projection has no parameters to train and does not ship.

    Args:
        encoder: sizes of the networks for recordings and for sentences.
        decoder: sizes of the decoder.
    """

    def __init__(self, encoder: EncoderConfig, decoder: DecoderConfig) -> None:
        super().__init__()
        self.recording = RecordingNet(encoder)
        self.sentence = SentenceNet(encoder)
        self.decoder = Decoder(decoder)
        self.projection = DescriptorProjection(encoder.embedding_dim)


def _contrast(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Symmetric InfoNCE of matched rows [B, 512] (van den Oord et al. 2018)."""
    logits = a @ b.T / temperature
    labels = torch.arange(len(a), device=a.device)
    return 0.5 * (
        functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)
    )


@dataclass(frozen=True)
class EmbeddingSources:
    """Where each item of a batch takes its embedding from.

    Attributes:
        descriptor, text: bool [B]; the others are decoded from their recording.
    """

    descriptor: Tensor
    text: Tensor


def encoder_losses(
    model: EmbeddedModel, batch: TrainingBatch, weights: LossWeights
) -> dict[str, Tensor]:
    """How far embeddings of recordings and captions are from their targets.

    Args:
        model: the networks.
        batch: what to learn from.
        weights: of the terms.

    Returns:
        The terms and their weighted sum (``total``), scalars.
    """
    targets = model.projection(batch.descriptor)
    first, second, text = _encode(model, batch)
    terms = embedding_terms(first, second, text, targets, batch.unfiltered, weights)
    return with_total(terms, weights)


def decoder_losses(
    decoder: Decoder, embedding: Tensor, batch: TrainingBatch, weights: LossWeights
) -> dict[str, Tensor]:
    """How far the controls decoded from embeddings are from those of the recorded notes.

    Args:
        decoder: the network.
        embedding: [B, 512].
        batch: the notes.
        weights: of the terms.

    Returns:
        The terms and their weighted sum (``total``), scalars.
    """
    return with_total(_decoder_terms(decoder, embedding, batch), weights)


def joint_losses(
    model: EmbeddedModel,
    batch: TrainingBatch,
    weights: LossWeights,
    sources: EmbeddingSources | None,
    jitter: float,
) -> dict[str, Tensor]:
    """The decoder's losses, and the encoders' if embeddings come from them.

    Args:
        model: the networks.
        batch: what to learn from.
        weights: of the terms.
        sources: of the embeddings; None: all from the descriptor, and nothing is encoded.
        jitter: standard deviation, relative to the vector's norm, of noise on embeddings, so
            that the neighbourhood of a timbre sounds like it.

    Returns:
        The terms and their weighted sum (``total``), scalars.
    """
    embedding, terms = model.projection(batch.descriptor), dict[str, Tensor]()
    if sources is not None:
        targets = embedding
        first, second, text = _encode(model, batch)
        # A caption describes the instrument without the random filter.
        from_text = sources.text & batch.unfiltered
        encoded = torch.where(from_text[:, None], text, first)
        embedding = torch.where(sources.descriptor[:, None], targets, encoded)
        terms = embedding_terms(first, second, text, targets, batch.unfiltered, weights)
    if jitter:
        noise = torch.randn_like(embedding) * (jitter / embedding.shape[-1] ** 0.5)
        embedding = functional.normalize(embedding + noise, dim=-1)
    return with_total(terms | _decoder_terms(model.decoder, embedding, batch), weights)


def embedding_terms(
    first: Tensor,
    second: Tensor,
    text: Tensor | None,
    targets: Tensor,
    unfiltered: Tensor,
    weights: LossWeights,
) -> dict[str, Tensor]:
    """How far embeddings are from where descriptors place their instruments.

    Args:
        first, second: [B, 512], of two recordings of each instrument.
        text: [B, 512], of a caption of each; None: without captions.
        targets: [B, 512], of the descriptors.
        unfiltered: bool [B]; captions of the others do not describe what is heard.
        weights: for their temperature.
    """
    distance = 2.0 - (first * targets).sum(dim=-1).mean() - (second * targets).sum(dim=-1).mean()
    terms = {
        "distance": distance,
        "contrast": 0.5 * _contrast(first, targets, weights.temperature)
        + 0.5 * _contrast(first, second, weights.temperature),
    }
    if text is not None and bool(unfiltered.any()):
        terms["text"] = text_loss(text[unfiltered], targets[unfiltered], weights)
    return terms


def text_loss(text: Tensor, targets: Tensor, weights: LossWeights) -> Tensor:
    """How far captions' embeddings are from their instruments'.

    Words leave much open: they need only be nearer to their own instrument than to others.

    Args:
        text: [B, 512], of captions.
        targets: [B, 512], of the descriptors.
        weights: for their temperature.
    """
    distance = 1.0 - (text * targets).sum(dim=-1).mean()
    return _contrast(text, targets, weights.temperature) + 2.0 * distance


def with_total(terms: dict[str, Tensor], weights: LossWeights) -> dict[str, Tensor]:
    """Terms and their weighted sum (``total``).

    Args:
        terms: scalars, by the names of ``weights``.
        weights: of each.
    """
    total = sum((getattr(weights, name) * value for name, value in terms.items()), torch.zeros(()))
    return {"total": total, **terms}


def _encode(model: EmbeddedModel, batch: TrainingBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Embeddings of both references and of the captions, [B, 512] each."""
    features, frames = batch.features.flatten(0, 1), batch.frames.flatten()
    first, second = model.recording(features, frames).chunk(2)
    return first, second, model.sentence(batch.sentence)


def _decoder_terms(decoder: Decoder, embedding: Tensor, batch: TrainingBatch) -> dict[str, Tensor]:
    state = decoder.note_state(embedding[batch.item_of_note], batch.pitch, batch.velocity)
    controls = decoder(state, batch.note_of_knot, batch.on_s, batch.off_s)
    return control_errors(controls, batch)
