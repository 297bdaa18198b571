"""What a model brings to :mod:`core.training.loop`: networks, batches, losses, validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from core.training.schedules import TrainingPosition

BatchT = TypeVar("BatchT")


@dataclass(frozen=True)
class Validation:
    """What a validation found.

    Attributes:
        figures: by curve's name.
        sounds: by name, float32 [frames], to listen to.
        sample_rate: of the sounds, Hz.
    """

    figures: Mapping[str, float]
    sounds: Mapping[str, Tensor] = field(default_factory=dict)
    sample_rate: int = 44_100


class TrainingTask(Protocol[BatchT]):
    """What a model's training consists of.

    Random numbers come from torch's global generators, which the loop keeps with its checkpoints,
    from the step's number, or from generators that :meth:`state_dict` holds.
    """

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """The networks, by name. The gradient of each is clipped by itself."""
        ...

    def optimiser(self) -> torch.optim.Optimizer:
        """A new optimiser of the networks; its groups may have an ``lr_scale``."""
        ...

    def draw(self, step: int) -> BatchT:
        """The batch of a step."""
        ...

    def losses(self, batch: BatchT, position: TrainingPosition) -> dict[str, Tensor]:
        """Losses by name, scalars; ``total`` is minimised, the others are shown."""
        ...

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """How good the averaged networks are, which are in evaluation mode, without gradients."""
        ...

    def export(self, averaged: Mapping[str, nn.Module], run: Path, step: int) -> None:
        """Write the averaged networks in the form in which they are used.

        Args:
            averaged: by name, as :attr:`modules`.
            run: the run's folder.
            step: how many were done.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """What else is needed to go on, such as the position in the data: tensors and numbers."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` held."""
        ...
