"""Decoder and recording encoder side by side, on augmented instruments, on a GPU.

The learning rate falls with the time that is used up, so that a run always ends where it should.
Besides what every run holds (:mod:`core.training.loop`), its folder has the averaged weights in
parts of a few megabytes, with which the later stages begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from core.encoders.embedded.networks import RecordingNet
from core.engines.embedded.decoder import Decoder
from core.training.checkpoint import has_checkpoint
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.checkpoints import load_trained, read_parts, write_parts
from core.training.embedded.config import EmbeddedTrainingConfig
from core.training.embedded.descriptor import DescriptorProjection
from core.training.embedded.gpu.packed_dataset import read_packed
from core.training.embedded.gpu.random_scores import write_random_scores
from core.training.embedded.gpu.stream import AugmentedStream
from core.training.embedded.losses import (
    EmbeddedModel,
    decoder_losses,
    embedding_terms,
    joint_losses,
    with_total,
)
from core.training.embedded.train import N_PROJECTED
from core.training.loop import LoopSettings, TrainingLoop
from core.training.schedules import TrainingPosition, timed_cosine
from core.training.task import Validation

N_SCORES = 8192
_WARM_UP, _WARM_UP_STEPS = 0.02, 50  # share of the time, and the fewest steps
_FROM_AUDIO_AFTER, _FROM_AUDIO_WEIGHT = 0.3, 0.5
"""From this share of the time on, what the decoder makes of recordings' embeddings counts this
much."""

_VALIDATION_SEED = 1009
_VALIDATION_NOTES = 12


class PretrainTask:
    """See :class:`core.training.task.TrainingTask`.

    Args:
        model: the networks; the one for sentences is left alone.
        config: sizes, rates and weights; ``steps`` and ``stage`` are not used.
        train, valid: where batches come from.
        device: where everything is.
    """

    def __init__(
        self,
        model: EmbeddedModel,
        config: EmbeddedTrainingConfig,
        train: AugmentedStream,
        valid: AugmentedStream,
        device: torch.device,
    ) -> None:
        self.model, self.config, self.device = model, config, device
        self.train, self.valid = train, valid

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """Decoder, recording network, and the projection that says what embeddings mean."""
        model = self.model
        return {
            "decoder": model.decoder,
            "recording": model.recording,
            "projection": model.projection,
        }

    def optimiser(self) -> torch.optim.Optimizer:
        """AdamW, in one kernel on a GPU."""
        decoder, recording = self.model.decoder, self.model.recording
        groups = [
            {"params": list(decoder.parameters()), "weight_decay": 0.01, "lr_scale": 1.0},
            {"params": list(recording.parameters()), "weight_decay": 0.02, "lr_scale": 0.7},
        ]
        fused = self.device.type == "cuda"
        return torch.optim.AdamW(
            groups, lr=self.config.learning_rate, betas=(0.9, 0.98), fused=fused
        )

    def draw(self, _step: int) -> TrainingBatch:
        """See :meth:`core.training.embedded.gpu.stream.AugmentedStream.draw`."""
        config = self.config
        return self.train.draw(
            config.batch_size, config.reference_frames, config.filtered_share, config.notes_each
        )

    def losses(self, batch: TrainingBatch, position: TrainingPosition) -> dict[str, Tensor]:
        """The decoder's from descriptors, the encoder's, and later the decoder's from audio."""
        model, weights = self.model, self.config.loss
        played = joint_losses(model, batch, weights, None, self.config.jitter)
        with torch.autocast(self.device.type, torch.bfloat16):
            embedding, placed = self._encode(model.recording, model.projection, batch)
        total = placed["total"]
        terms = {"decoder": played["total"], "partials": played["partials"]}
        if position.fraction >= _FROM_AUDIO_AFTER:
            # The encoder learns what matters to the ear; the decoder must not learn to make up
            # for its mistakes, so its weights are constants here.
            model.decoder.requires_grad_(False)
            from_audio = decoder_losses(model.decoder, embedding.float(), batch, weights)
            model.decoder.requires_grad_(True)
            total = total + _FROM_AUDIO_WEIGHT * from_audio["total"]
            terms["from_audio"] = from_audio["total"]
        return {"total": played["total"] + total, **terms, "distance": placed["distance"]}

    def _encode(
        self, recording: RecordingNet, projection: DescriptorProjection, batch: TrainingBatch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Embeddings of the first references [B, 512], and how far both are from the targets."""
        features, frames = batch.features.flatten(0, 1), batch.frames.flatten()
        first, second = recording(features, frames).chunk(2)
        targets, weights = projection(batch.descriptor), self.config.loss
        terms = embedding_terms(first, second, None, targets, batch.unfiltered, weights)
        return first, with_total(terms, weights)

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """Losses on the validation instruments as they are, from descriptors and from audio."""
        weights = self.config.loss
        decoder = cast(Decoder, averaged["decoder"])
        projection = cast(DescriptorProjection, averaged["projection"])
        batch = self.valid.draw(
            len(self.valid), self.config.reference_frames, 0.0, _VALIDATION_NOTES
        )
        embedding, placed = self._encode(
            cast(RecordingNet, averaged["recording"]), projection, batch
        )
        by_descriptor = decoder_losses(decoder, projection(batch.descriptor), batch, weights)
        by_audio = decoder_losses(decoder, embedding, batch, weights)
        return Validation(
            {
                "valid/distance": float(placed["distance"]),
                "descriptor/total": float(by_descriptor["total"]),
                "descriptor/partials": float(by_descriptor["partials"]),
                "recording/total": float(by_audio["total"]),
                "recording/partials": float(by_audio["partials"]),
                "instruments": float(self.train.made),
            }
        )

    def export(self, averaged: Mapping[str, nn.Module], run: Path, _step: int) -> None:
        """See :func:`core.training.embedded.checkpoints.write_parts`."""
        write_parts(run, averaged)

    def state_dict(self) -> dict[str, Any]:
        """Where both streams are."""
        return {"train": self.train.state_dict(), "valid": self.valid.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.train.load_state_dict(state["train"])
        self.valid.load_state_dict(state["valid"])


def open_pretraining(
    config: EmbeddedTrainingConfig,
    train: Path,
    valid: Path,
    run: Path,
    device: torch.device,
    minutes: float,
    pool: int = 8192,
    log_every: int = 250,
) -> tuple[PretrainTask, TrainingLoop[TrainingBatch]]:
    """Begin a run, or go on with it; a folder that has nothing but its parts is begun with them.

    Args:
        config: of the run.
        train, valid: packed data sets of both splits.
        run: an existing folder.
        device: where to train.
        minutes: how long the whole run is.
        pool: augmented instruments kept at a time.
        log_every: steps between two validations.

    Returns:
        The task, whose stream is to be renewed meanwhile, and the loop.

    Raises:
        UserInputError: if a data set cannot be read.
    """
    torch.manual_seed(config.seed)
    scores = write_random_scores(N_SCORES, config.seed).to(device)
    train_stream = AugmentedStream(read_packed(train, device), scores, config.seed, pool)
    packed = read_packed(valid, device)
    valid_stream = AugmentedStream(packed, scores, _VALIDATION_SEED, len(packed), augmented=False)
    model = EmbeddedModel(config.encoder, config.decoder).to(device)
    if not has_checkpoint(run):
        if read_parts(run, device) is not None:
            load_trained(model, [run], device)
        else:
            model.projection.fit(train_stream.draw_descriptors(N_PROJECTED, config.filtered_share))
    settings = LoopSettings(
        schedule=timed_cosine(config.learning_rate, _WARM_UP, _WARM_UP_STEPS),
        minutes=minutes,
        ema_decay=config.ema_decay,
        clip_norm=1.0,
        log_every=log_every,
        validate_every=log_every,
    )
    task = PretrainTask(model, config, train_stream, valid_stream, device)
    return task, TrainingLoop(task, settings, run, device)
