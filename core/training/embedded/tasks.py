"""The stages in which the embedded engine and its encoder are trained, a task each.

``decoder`` learns to play embeddings of descriptors, ``audio_encoder`` to place recordings and
captions there; neither needs the other, so both can be trained at once. ``text_encoder`` trains
the sentence network alone, in seconds. ``joint`` trains everything, from all sources.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from core.clip import Clip, Note
from core.encoders.base import unit
from core.engines.base import RenderRequest
from core.engines.embedded.controls import SAMPLE_RATE
from core.engines.embedded.decoder import coordinates
from core.engines.embedded.engine import EmbeddedEngine
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.checkpoints import write_weights
from core.training.embedded.config import EmbeddedTrainingConfig, Stage
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.losses import (
    EmbeddedModel,
    EmbeddingSources,
    encoder_losses,
    joint_losses,
    text_loss,
)
from core.training.embedded.text.prototypes import PrototypeInstruments
from core.training.schedules import TrainingPosition
from core.training.task import TrainingTask, Validation

_N_VALIDATED = 128


@dataclass(frozen=True)
class EmbeddedData:
    """What every stage learns from.

    Attributes:
        train, valid: prepared instruments of both splits.
        prototypes: those of the training split among which words are looked up.
    """

    train: TrainingSet
    valid: TrainingSet
    prototypes: PrototypeInstruments

    @classmethod
    def read(cls, folder: Path) -> EmbeddedData:
        """Read a folder that :mod:`core.training.embedded.prepare` wrote.

        Raises:
            UserInputError: if it has no instruments of a split.
        """
        train, valid = TrainingSet(folder, "train"), TrainingSet(folder, "valid")
        return cls(train, valid, PrototypeInstruments(train))


class EmbeddedTask:
    """What the stages share of :class:`core.training.task.TrainingTask`.

    Args:
        model: the networks.
        config: of the run.
        data: what is learned from.
        device: where the networks are.
    """

    def __init__(
        self,
        model: EmbeddedModel,
        config: EmbeddedTrainingConfig,
        data: EmbeddedData,
        device: torch.device,
    ) -> None:
        self.model, self.config, self.data, self.device = model, config, data, device

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """All networks as one: their gradient is clipped together."""
        return {"model": self.model}

    def optimiser(self) -> torch.optim.Optimizer:
        """AdamW; the sentence network has a rate of its own."""
        text = list(self.model.sentence.parameters())
        rest = [p for name, p in self.model.named_parameters() if not name.startswith("sentence.")]
        return torch.optim.AdamW(
            [
                {"params": rest, "lr_scale": 1.0},
                {"params": text, "lr_scale": self.config.text_rate},
            ],
            lr=self.config.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=self.config.weight_decay,
        )

    def export(self, averaged: Mapping[str, nn.Module], run: Path, step: int) -> None:
        """Write the weights as they would ship."""
        model, data = _model_of(averaged), self.data
        write_weights(model, self.config, data.train, data.prototypes, run, step)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: what a step draws depends on the seed and the step alone."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See :meth:`state_dict`."""

    def _seed_step(self, step: int) -> np.random.Generator:
        """A step's random numbers, torch's among them."""
        rng = np.random.default_rng([self.config.seed, step])
        torch.manual_seed(int(rng.integers(2**62)))
        return rng

    def _draw(self, rng: np.random.Generator, notes_each: int) -> TrainingBatch:
        config = self.config
        batch = self.data.train.draw(
            config.batch_size, rng, config.reference_frames, config.filtered_share, notes_each
        )
        return batch.to(self.device)

    def _validation_batch(self) -> TrainingBatch:
        """The same instruments, references and notes every time."""
        rng = np.random.default_rng(9)
        chosen = np.arange(len(self.data.valid))[:_N_VALIDATED]
        return self.data.valid.batch_of(chosen, rng, self.config.reference_frames).to(self.device)

    def _validate_encoders(self, model: EmbeddedModel) -> Validation:
        terms = encoder_losses(model, self._validation_batch(), self.config.loss)
        return Validation({f"valid/{name}": float(value) for name, value in terms.items()})

    def _render_examples(self, model: EmbeddedModel, from_audio: bool) -> dict[str, Tensor]:
        """Six notes by each of four validation instruments, cloned: [n] by its id."""
        rng = np.random.default_rng(9)
        valid = self.data.valid
        chosen = np.linspace(0, len(valid) - 1, 4).round().astype(np.int64)
        batch = valid.batch_of(chosen, rng, self.config.reference_frames).to(self.device)
        if from_audio:
            embeddings = model.recording(batch.features[0], batch.frames[0])
        else:
            embeddings = model.projection(batch.descriptor)
        engine = EmbeddedEngine(copy.deepcopy(model.decoder))
        notes = [Note(0.5 * i, key, 90, 0.45) for i, key in enumerate((48, 55, 60, 64, 67, 72))]
        clip = Clip.of("example", notes)
        requests = [RenderRequest(clip, unit(own)) for own in embeddings.cpu().numpy()]
        names = [valid.instruments[which].id for which in chosen]
        rendered = zip(names, engine.render(requests), strict=True)
        return {name: torch.from_numpy(audio[0]) for name, audio in rendered}


class DecoderTask(EmbeddedTask):
    """The decoder learns to play what descriptors say."""

    def draw(self, step: int) -> TrainingBatch:
        """See :class:`core.training.task.TrainingTask`."""
        return self._draw(self._seed_step(step), self.config.notes_each)

    def losses(self, batch: TrainingBatch, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :class:`core.training.task.TrainingTask`."""
        return joint_losses(self.model, batch, self.config.loss, None, self.config.jitter)

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """The decoder's losses, playing validation instruments' descriptors."""
        model = _model_of(averaged)
        terms = joint_losses(model, self._validation_batch(), self.config.loss, None, 0.0)
        figures = {f"descriptor/{name}": float(value) for name, value in terms.items()}
        return Validation(figures, self._render_examples(model, from_audio=False), SAMPLE_RATE)


class EncoderTask(EmbeddedTask):
    """What stages that train an encoder share."""

    def export(self, averaged: Mapping[str, nn.Module], run: Path, step: int) -> None:
        """Write the weights as they would ship, with how far recordings' embeddings err."""
        model = _model_of(averaged)
        model.recording.doubt.copy_(self._recording_error(model))
        super().export(averaged, run, step)

    def _recording_error(self, model: EmbeddedModel) -> Tensor:
        """Root mean square error of each coordinate [511], of plain and of filtered recordings."""
        rng = np.random.default_rng(23)
        model.eval()
        errors = []
        for filtered_share in (0.0, 1.0, 1.0):
            chosen = np.arange(len(self.data.valid))[:_N_VALIDATED]
            batch = self.data.valid.batch_of(
                chosen, rng, self.config.reference_frames, filtered_share, 1
            ).to(self.device)
            true = coordinates(model.projection(batch.descriptor))
            for features, frames in zip(batch.features, batch.frames, strict=True):
                errors.append(coordinates(model.recording(features, frames)) - true)
        return torch.cat(errors).square().mean(dim=0).sqrt()


class AudioEncoderTask(EncoderTask):
    """The encoders learn to place recordings and captions where descriptors are."""

    def draw(self, step: int) -> TrainingBatch:
        """See :class:`core.training.task.TrainingTask`."""
        return self._draw(self._seed_step(step), notes_each=1)

    def losses(self, batch: TrainingBatch, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :class:`core.training.task.TrainingTask`."""
        return encoder_losses(self.model, batch, self.config.loss)

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """The encoders' losses on validation instruments."""
        return self._validate_encoders(_model_of(averaged))


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
        rng, train = self._seed_step(step), self.data.train
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
        return self._validate_encoders(_model_of(averaged))

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
        rng, config = self._seed_step(step), self.config
        batch = self._draw(rng, config.notes_each)
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
        model, batch = _model_of(averaged), self._validation_batch()
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
        return Validation(figures, self._render_examples(model, from_audio=True), SAMPLE_RATE)


def make_task(
    model: EmbeddedModel, config: EmbeddedTrainingConfig, data: EmbeddedData, device: torch.device
) -> TrainingTask[Any]:
    """The task of the configuration's stage; arguments as of :class:`EmbeddedTask`."""
    kinds: dict[Stage, type[DecoderTask | AudioEncoderTask | TextEncoderTask | JointTask]] = {
        "decoder": DecoderTask,
        "audio_encoder": AudioEncoderTask,
        "text_encoder": TextEncoderTask,
        "joint": JointTask,
    }
    return kinds[config.stage](model, config, data, device)


def _model_of(averaged: Mapping[str, nn.Module]) -> EmbeddedModel:
    return cast(EmbeddedModel, averaged["model"])
