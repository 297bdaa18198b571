"""What the stages of the embedded engine's training share: data, optimiser, validation, export."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from core.audio.loudness import fit_full_scale
from core.clip import Clip, Note
from core.encoders.base import unit
from core.engines.base import RenderRequest
from core.engines.embedded.decoder import coordinates
from core.engines.embedded.engine import EmbeddedEngine
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.checkpoints import write_weights
from core.training.embedded.config import EmbeddedTrainingConfig
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.losses import (
    EmbeddedModel,
    encoder_losses,
)
from core.training.embedded.text.prototypes import PrototypeInstruments
from core.training.task import Validation

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
        model, data = model_of(averaged), self.data
        write_weights(model, self.config, data.train, data.prototypes, run, step)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: what a step draws depends on the seed and the step alone."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See :meth:`state_dict`."""

    def seed_step(self, step: int) -> np.random.Generator:
        """A step's random numbers, torch's among them."""
        rng = np.random.default_rng([self.config.seed, step])
        torch.manual_seed(int(rng.integers(2**62)))
        return rng

    def draw_batch(self, rng: np.random.Generator, notes_each: int) -> TrainingBatch:
        """A batch of random instruments.

        Args:
            rng: where the randomness comes from.
            notes_each: notes of each instrument.
        """
        config = self.config
        batch = self.data.train.draw(
            config.batch_size, rng, config.reference_frames, config.filtered_share, notes_each
        )
        return batch.to(self.device)

    def validation_batch(self) -> TrainingBatch:
        """The same instruments, references and notes every time."""
        rng = np.random.default_rng(9)
        chosen = np.arange(len(self.data.valid))[:_N_VALIDATED]
        return self.data.valid.batch_of(chosen, rng, self.config.reference_frames).to(self.device)

    def validate_encoders(self, model: EmbeddedModel) -> Validation:
        """The encoders' losses on validation instruments."""
        terms = encoder_losses(model, self.validation_batch(), self.config.loss)
        return Validation({f"valid/{name}": float(value) for name, value in terms.items()})

    def render_examples(self, model: EmbeddedModel, from_audio: bool) -> dict[str, Tensor]:
        """Six notes by each of four validation instruments, [n] by its id.

        Args:
            model: averaged weights.
            from_audio: whether embeddings come from recordings; else from descriptors.
        """
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
        return {name: torch.from_numpy(fit_full_scale(audio)[0]) for name, audio in rendered}


class EncoderTask(EmbeddedTask):
    """What stages that train an encoder share."""

    def export(self, averaged: Mapping[str, nn.Module], run: Path, step: int) -> None:
        """Write the weights as they would ship, with how far recordings' embeddings err."""
        model = model_of(averaged)
        # "doubt" is the shipped tensor's name for it.
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


def model_of(averaged: Mapping[str, nn.Module]) -> EmbeddedModel:
    """The one network of :attr:`EmbeddedTask.modules`."""
    return cast(EmbeddedModel, averaged["model"])
