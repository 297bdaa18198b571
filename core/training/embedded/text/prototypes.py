"""The instruments among which words are looked up: what they are called and their timbres."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.encoders.embedded.instrument_names import N_PROGRAMS
from core.encoders.embedded.minilm import SentenceEncoder
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.descriptor import DescriptorProjection
from core.training.embedded.text.adjective_directions import ranks_of
from core.training.sources.captions import phrases_of


class PrototypeInstruments:
    """Every recorded instrument of the training set, without derived ones and filtered copies.

    Procedural voices are left out, as hundreds of them share a handful of names, and so is the
    sound chip of OPL3: who asks for a violin does not want a chip's.

    Args:
        training: where the instruments are.
    """

    def __init__(self, training: TrainingSet) -> None:
        chosen = [
            index
            for index, instrument in enumerate(training.instruments)
            if not instrument.id.startswith(("procedural:", "derived:", "opl3:"))
            and "+" not in instrument.id
        ] or list(range(len(training)))
        captions = torch.from_numpy(training.sentences[chosen]).mean(dim=1)
        self.sentences = functional.normalize(captions, dim=-1)
        said = [phrases_of(training.instruments[index]) for index in chosen]
        every = sorted({phrase for phrases in said for phrase in phrases})
        self.phrases = torch.from_numpy(SentenceEncoder().encode_all(every))
        place = {phrase: column for column, phrase in enumerate(every)}
        self.has = torch.zeros(len(chosen), len(every))
        for row, phrases in enumerate(said):
            self.has[row, [place[phrase] for phrase in phrases]] = 1.0
        self.programs = torch.zeros(len(chosen), N_PROGRAMS)
        for row, index in enumerate(chosen):
            program = training.instruments[index].program
            if program is not None and program < N_PROGRAMS:
                self.programs[row, program] = 1.0
        self.traits = ranks_of([training.traits[index] for index in chosen])
        self._descriptors = training.descriptors(chosen)

    def __len__(self) -> int:
        return len(self.sentences)

    def tensors(self, projection: DescriptorProjection) -> dict[str, Tensor]:
        """What :class:`core.encoders.embedded.networks.SentenceNet` keeps of them, by name."""
        return {
            "phrases": self.phrases,
            "has": self.has,
            "sentences": self.sentences,
            "timbres": self.timbres(projection),
            "programs": self.programs,
            "traits": self.traits,
        }

    @torch.no_grad()
    def timbres(self, projection: DescriptorProjection) -> Tensor:
        """Embeddings of their descriptors [I, 512]."""
        placed: Tensor = projection(self._descriptors.to(projection.mean.device))
        return placed.cpu()
