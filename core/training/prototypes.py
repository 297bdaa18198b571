"""The instruments among which words are looked up: their captions and their taught timbres."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.training.data import TrainingSet
from core.training.portrait import Teacher


class Prototypes:
    """Every recorded instrument of the training set, without coloured copies.

    Procedural voices are left out: hundreds of them share a handful of names.

    Args:
        training: where the instruments are.
    """

    def __init__(self, training: TrainingSet) -> None:
        chosen = [
            index
            for index, instrument in enumerate(training.instruments)
            if not instrument.id.startswith("procedural:") and not instrument.id.endswith("+fx")
        ] or list(range(len(training)))
        captions = torch.from_numpy(training.sentences[chosen]).mean(dim=1)
        self.sentences = functional.normalize(captions, dim=-1)
        self._portraits = training.portraits(chosen)

    def __len__(self) -> int:
        return len(self.sentences)

    @torch.no_grad()
    def timbres(self, teacher: Teacher) -> Tensor:
        """Where the teacher places them [I, 512]."""
        device = next(teacher.parameters()).device
        placed: Tensor = teacher(self._portraits.to(device))
        return placed.cpu()
