"""The stages in which the embedded engine and its encoder are trained, a task each.

``decoder`` learns to play embeddings of descriptors, ``audio_encoder`` to place recordings and
captions there; neither needs the other, so both can be trained at once. ``text_encoder`` trains
the sentence network alone, in seconds. ``joint`` trains everything, from all sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from core.engines.embedded.controls import SAMPLE_RATE
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.config import EmbeddedTrainingConfig, TrainingStage
from core.training.embedded.losses import (
    EmbeddedModel,
    EmbeddingSources,
    encoder_losses,
    joint_losses,
    text_loss,
)
from core.training.embedded.task import EmbeddedData, EmbeddedTask, EncoderTask, model_of
from core.training.schedules import TrainingPosition
from core.training.task import TrainingTask, Validation


class DecoderTask(EmbeddedTask):
    """The decoder learns to play what descriptors say."""

    def draw(self, step: int) -> TrainingBatch:
        """See :class:`core.training.task.TrainingTask`."""
        return self.draw_batch(self.seed_step(step), self.config.notes_each)

    def losses(self, batch: TrainingBatch, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :class:`core.training.task.TrainingTask`."""
        return joint_losses(self.model, batch, self.config.loss, None, self.config.jitter)

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """The decoder's losses, playing validation instruments' descriptors."""
        model = model_of(averaged)
        terms = joint_losses(model, self.validation_batch(), self.config.loss, None, 0.0)
        figures = {f"descriptor/{name}": float(value) for name, value in terms.items()}
        return Validation(figures, self.render_examples(model, from_audio=False), SAMPLE_RATE)


class AudioEncoderTask(EncoderTask):
    """The encoders learn to place recordings and captions where descriptors are."""

    def draw(self, step: int) -> TrainingBatch:
        """See :class:`core.training.task.TrainingTask`."""
        return self.draw_batch(self.seed_step(step), notes_each=1)

    def losses(self, batch: TrainingBatch, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :class:`core.training.task.TrainingTask`."""
        return encoder_losses(self.model, batch, self.config.loss)

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """The encoders' losses on validation instruments."""
        return self.validate_encoders(model_of(averaged))


@dataclass(frozen=True)
class CaptionBatch:
    """Captions, and where they are to be placed.

    Attributes:
        sentence: [B, 384], embeddings of captions.
        target: [B, 512], of their instruments' descriptors.
    """

    sentence: Tensor
    target: Tensor


class TextEncoderTask(EncoderTask):
    """The sentence network learns to place captions where descriptors are."""

    def draw(self, step: int) -> CaptionBatch:
        """See :class:`core.training.task.TrainingTask`."""
        rng, train = self.seed_step(step), self.data.train
        chosen = rng.choice(len(train), self.config.batch_size)
        captions = rng.integers(0, train.sentences.shape[1], self.config.batch_size)
        sentence = torch.from_numpy(train.sentences[chosen, captions]).to(self.device)
        return CaptionBatch(sentence, self._targets[torch.from_numpy(chosen).to(self.device)])

    def losses(self, batch: CaptionBatch, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :class:`core.training.task.TrainingTask`."""
        text = self.model.sentence(batch.sentence)
        return {"total": text_loss(text, batch.target, self.config.loss)}

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """The encoders' losses on validation instruments."""
        return self.validate_encoders(model_of(averaged))

    @cached_property
    def _targets(self) -> Tensor:
        """Embeddings of all training instruments' descriptors [I, 512]."""
        train = self.data.train
        with torch.no_grad():
            return self.model.projection(train.descriptors(range(len(train))).to(self.device))


@dataclass(frozen=True)
class JointBatch:
    """What all networks learn from.

    Attributes:
        batch: instruments and notes.
        sources: where each instrument's embedding comes from.
    """

    batch: TrainingBatch
    sources: EmbeddingSources


class JointTask(EncoderTask):
    """Everything is trained; the decoder plays descriptors, recordings and captions."""

    def draw(self, step: int) -> JointBatch:
        """See :class:`core.training.task.TrainingTask`."""
        rng, config = self.seed_step(step), self.config
        batch = self.draw_batch(rng, config.notes_each)
        drawn = torch.from_numpy(rng.random(config.batch_size)).to(self.device)
        sources = EmbeddingSources(
            descriptor=drawn < config.descriptor_share, text=drawn > 1.0 - config.text_share
        )
        return JointBatch(batch, sources)

    def losses(self, batch: JointBatch, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :class:`core.training.task.TrainingTask`."""
        config = self.config
        return joint_losses(self.model, batch.batch, config.loss, batch.sources, config.jitter)

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """All losses on validation instruments, from each source in turn."""
        model, batch = model_of(averaged), self.validation_batch()
        figures: dict[str, float] = {}
        for source in ("descriptor", "recording", "text"):
            sources = EmbeddingSources(
                *(
                    torch.full((len(batch.unfiltered),), source == name, device=self.device)
                    for name in ("descriptor", "text")
                )
            )
            terms = joint_losses(model, batch, self.config.loss, sources, 0.0)
            figures |= {f"{source}/{name}": float(value) for name, value in terms.items()}
        return Validation(figures, self.render_examples(model, from_audio=True), SAMPLE_RATE)


def make_task(
    model: EmbeddedModel, config: EmbeddedTrainingConfig, data: EmbeddedData, device: torch.device
) -> TrainingTask[Any]:
    """The task of the configuration's stage; arguments as of :class:`EmbeddedTask`."""
    kinds: dict[
        TrainingStage, type[DecoderTask | AudioEncoderTask | TextEncoderTask | JointTask]
    ] = {
        "decoder": DecoderTask,
        "audio_encoder": AudioEncoderTask,
        "text_encoder": TextEncoderTask,
        "joint": JointTask,
    }
    return kinds[config.stage](model, config, data, device)
