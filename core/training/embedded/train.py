"""Train the embedded engine and its encoder; resumable, one configuration file a run.

::

    python -m core.training.embedded.train CONFIG.toml --data DIR --run DIR [--start RUN …]

Four stages, a run each. ``playing`` trains the decoder by descriptors, ``hearing`` the encoders
towards them; neither needs the other, so both can run at once. ``wording`` trains the sentence
network alone, in seconds. ``together`` starts from all.

A run folder holds ``config.toml``, ``state.pt`` (everything needed to go on), TensorBoard
curves and sounds, and at the end ``embedded.safetensors`` (averaged weights in half precision).
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import shutil
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from core.clip import Clip, Note
from core.encoders.base import unit
from core.encoders.embedded.networks import EncoderConfig
from core.engines.base import RenderRequest
from core.engines.embedded.controls import SAMPLE_RATE
from core.engines.embedded.decoder import DecoderConfig, coordinates
from core.engines.embedded.engine import EmbeddedEngine
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.losses import (
    EmbeddedModel,
    LossWeights,
    Sources,
    hearing,
    losses,
    wording,
)
from core.training.embedded.text.adjective_directions import learned_directions
from core.training.embedded.text.prototypes import PrototypeInstruments

_STUDIED = 6000
"""Descriptors, half of them filtered, by which the meaning of embeddings is fixed."""


@dataclass(frozen=True)
class RunConfig:
    """One training run; read from TOML, tables named as the nested fields."""

    steps: int = 6000
    batch: int = 48
    reference_frames: int = 120
    learning_rate: float = 1.5e-3
    words_rate: float = 1.0  # of the sentence network, as a multiple
    warmup_steps: int = 200
    weight_decay: float = 0.01
    average: float = 0.998
    stage: Literal["playing", "hearing", "wording", "together"] = "together"
    taught_share: float = 0.35
    notes_each: int = 4
    words_share: float = 0.2
    filtered_share: float = 0.5
    jitter: float = 0.1
    seed: int = 0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    loss: LossWeights = field(default_factory=LossWeights)

    @classmethod
    def read(cls, path: Path) -> RunConfig:
        """Read a TOML file; unknown keys are errors."""
        values: dict[str, Any] = tomllib.loads(path.read_text())
        nested = {"encoder": EncoderConfig, "decoder": DecoderConfig, "loss": LossWeights}
        for name, kind in nested.items():
            if name in values:
                values[name] = kind(**values[name])
        return cls(**values)


def learning_rate(config: RunConfig, step: int) -> float:
    """Linear warm-up, then a cosine down to a hundredth."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


class Trainer:
    """One run: model, optimiser, averaged weights, and where they are kept."""

    def __init__(
        self,
        config: RunConfig,
        data: Path,
        run: Path,
        device: torch.device,
        start: Sequence[Path] = (),
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.run, self.device = config, run, device
        self.train_set = TrainingSet(data, "train")
        self.valid_set = TrainingSet(data, "valid")
        self.prototypes = PrototypeInstruments(self.train_set)
        self.model = EmbeddedModel(config.encoder, config.decoder).to(device)
        known = run / "state.pt"
        if not start and not known.exists():
            descriptors = self.train_set.draw_descriptors(_STUDIED, config.filtered_share)
            self.model.teacher.fit(descriptors)
        for path in start:
            self._load_start(path)
        self.averaged = copy.deepcopy(self.model).requires_grad_(False)
        words = list(self.model.sentence.parameters())
        rest = [p for name, p in self.model.named_parameters() if not name.startswith("sentence.")]
        self.optimiser = torch.optim.AdamW(
            [{"params": rest, "share": 1.0}, {"params": words, "share": config.words_rate}],
            lr=config.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=config.weight_decay,
        )
        self.step = 0
        if known.exists():
            state = torch.load(known, map_location=device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.averaged.load_state_dict(state["averaged"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])

    def _load_start(self, run: Path) -> None:
        """Begin with the averaged networks of an earlier run: those that its stage trained."""
        config = RunConfig.read(run / "config.toml")
        networks = {
            "playing": ("decoder",),
            "hearing": ("recording", "sentence"),
            "wording": ("recording", "sentence"),
            "together": ("decoder", "recording", "sentence"),
        }[config.stage]
        state = torch.load(run / "state.pt", map_location=self.device, weights_only=True)
        own = {n: v for n, v in state["averaged"].items() if n.split(".")[0] in networks}
        self.model.load_state_dict(own, strict=False)
        # What an embedding means was fixed when the first of them was trained.
        teacher = {n: v for n, v in state["averaged"].items() if n.startswith("teacher.")}
        self.model.load_state_dict(teacher, strict=False)

    def save(self) -> None:
        """Keep everything needed to go on, and the weights as they would ship."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        torch.save(state, self.run / "state.partial")
        (self.run / "state.partial").replace(self.run / "state.pt")
        if self.config.stage != "playing":
            self.averaged.recording.doubt.copy_(self._doubt())
        shipped = {
            name: value.half().contiguous().cpu()
            for name, value in self.averaged.state_dict().items()
            if not name.startswith("teacher.")
        }
        for name, value in self.prototypes.tensors(self.averaged.teacher).items():
            kind = torch.uint8 if name in ("has", "programs") else torch.float16
            shipped[f"sentence.prototype_{name}"] = value.to(kind).contiguous()
        shipped["sentence.trait_directions"] = (
            learned_directions(self.train_set, self.averaged.teacher).half().contiguous()
        )
        encoder = replace(
            self.config.encoder,
            prototypes=len(self.prototypes),
            phrases=len(self.prototypes.phrases),
        )
        configs = {
            "encoder": json.dumps(asdict(encoder)),
            "decoder": json.dumps(asdict(self.config.decoder)),
            "step": str(self.step),
        }
        save_file(shipped, self.run / "embedded.safetensors", metadata=configs)

    def one_step(self) -> dict[str, float]:
        """One optimiser step; its losses."""
        config = self.config
        rng = np.random.default_rng([config.seed, self.step])
        torch.manual_seed(int(rng.integers(2**62)))  # so that a resumed run is the same run
        for group in self.optimiser.param_groups:
            group["lr"] = group["share"] * learning_rate(config, self.step)
        terms = self._terms(rng)
        self.optimiser.zero_grad(set_to_none=True)
        terms["total"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        keep = min(config.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, value in zip(
                self.averaged.parameters(), self.model.parameters(), strict=True
            ):
                mean.lerp_(value, 1 - keep)
        self.step += 1
        return {name: float(value.detach()) for name, value in terms.items()}

    def _terms(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """What is minimised in a step."""
        config = self.config
        if config.stage == "wording":
            chosen = torch.from_numpy(rng.choice(len(self.train_set), config.batch))
            captions = rng.integers(0, self.train_set.sentences.shape[1], config.batch)
            sentence = torch.from_numpy(self.train_set.sentences[chosen.numpy(), captions])
            words = self.model.sentence(sentence.to(self.device))
            return {"total": wording(words, self._places[chosen.to(self.device)], config.loss)}
        batch = self.train_set.draw(
            config.batch,
            rng,
            config.reference_frames,
            config.filtered_share,
            1 if config.stage == "hearing" else config.notes_each,
        ).to(self.device)
        draw = torch.from_numpy(rng.random(config.batch)).to(self.device)
        if config.stage == "hearing":
            return hearing(self.model, batch, config.loss)
        sources = Sources(draw < config.taught_share, draw > 1.0 - config.words_share)
        heard = sources if config.stage == "together" else None
        return losses(self.model, batch, config.loss, heard, config.jitter)

    @cached_property
    def _places(self) -> Tensor:
        """Where all training instruments are taught to be [I, 512]."""
        with torch.no_grad():
            descriptors = self.train_set.descriptors(range(len(self.train_set)))
            return self.model.teacher(descriptors.to(self.device))

    @torch.no_grad()
    def _doubt(self) -> Tensor:
        """See :class:`core.encoders.embedded.networks.RecordingNet`; over plain and filtered
        instruments."""
        rng = np.random.default_rng(23)
        self.averaged.eval()
        errors = []
        for filtered_share in (0.0, 1.0, 1.0):
            chosen = np.arange(len(self.valid_set))[:128]
            batch = self.valid_set.batch_of(
                chosen, rng, self.config.reference_frames, filtered_share, 1
            )
            batch = batch.to(self.device)
            true = coordinates(self.averaged.teacher(batch.descriptor))
            for features, frames in zip(batch.features, batch.frames, strict=True):
                errors.append(coordinates(self.averaged.recording(features, frames)) - true)
        return torch.cat(errors).square().mean(dim=0).sqrt()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Losses of the averaged weights on the validation split, by recording and by words."""
        rng = np.random.default_rng(9)
        chosen = np.arange(len(self.valid_set))[:128]
        batch = self.valid_set.batch_of(chosen, rng, self.config.reference_frames)
        batch = batch.to(self.device)
        self.averaged.eval()
        if self.config.stage in ("hearing", "wording"):
            terms = hearing(self.averaged, batch, self.config.loss)
            return {f"valid/{name}": float(value) for name, value in terms.items()}
        found = {}
        every = ("teacher", "recording", "words")
        for label in every if self.config.stage == "together" else every[:1]:
            sources = Sources(
                teacher=torch.full((len(chosen),), label == "teacher", device=self.device),
                words=torch.full((len(chosen),), label == "words", device=self.device),
            )
            heard = sources if self.config.stage == "together" else None
            terms = losses(self.averaged, batch, self.config.loss, heard, 0.0)
            found.update({f"{label}/{name}": float(value) for name, value in terms.items()})
        return found

    @torch.no_grad()
    def listen(self) -> dict[str, Tensor]:
        """What a few validation instruments sound like, cloned from a reference: name to [n]."""
        rng = np.random.default_rng(9)
        chosen = np.linspace(0, len(self.valid_set) - 1, 4).round().astype(np.int64)
        batch = self.valid_set.batch_of(chosen, rng, self.config.reference_frames)
        if self.config.stage == "playing":
            embeddings = self.averaged.teacher(batch.descriptor.to(self.device)).cpu().numpy()
        else:
            features, frames = batch.features[0].to(self.device), batch.frames[0].to(self.device)
            embeddings = self.averaged.eval().recording(features, frames).cpu().numpy()
        engine = EmbeddedEngine(copy.deepcopy(self.averaged.decoder))
        notes = [Note(0.5 * i, key, 90, 0.45) for i, key in enumerate((48, 55, 60, 64, 67, 72))]
        clip = Clip.of("listen", notes)
        played = engine.render([RenderRequest(clip, unit(embedding)) for embedding in embeddings])
        names = [self.valid_set.instruments[which].id for which in chosen]
        return {name: torch.from_numpy(audio[0]) for name, audio in zip(names, played, strict=True)}

    def fit(self, minutes: float, every: int = 100) -> None:
        """Train until the last step or until time is up."""
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(self.run / "curves")
        started = time.monotonic()
        sums: dict[str, float] = {}
        while self.step < self.config.steps and time.monotonic() - started < 60 * minutes:
            for name, value in self.one_step().items():
                sums[name] = sums.get(name, 0.0) + value
            if self.step % every == 0:
                means = {name: value / every for name, value in sums.items()}
                sums = {}
                validated = self.validate() if self.step % (5 * every) == 0 else {}
                if validated and self.config.stage in ("playing", "together"):
                    for name, audio in self.listen().items():
                        writer.add_audio(name, audio, self.step, SAMPLE_RATE)
                for name, value in {**means, **validated}.items():
                    writer.add_scalar(name, value, self.step)
                line = " ".join(f"{name} {value:.3f}" for name, value in means.items())
                rest = " ".join(f"{name} {value:.3f}" for name, value in validated.items())
                print(f"{self.step} {time.monotonic() - started:.0f}s {line} {rest}", flush=True)
                self.save()
        self.save()
        writer.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("config", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--start", type=Path, nargs="*", default=[], help="earlier stages' runs")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    arguments.run.mkdir(parents=True, exist_ok=True)
    shutil.copy(arguments.config, arguments.run / "config.toml")
    config = RunConfig.read(arguments.config)
    device = torch.device(arguments.device)
    torch.set_flush_denormal(True)  # the far tails of activations would take many times longer
    trainer = Trainer(config, arguments.data, arguments.run, device, arguments.start)
    quick = config.stage == "wording"  # steps of milliseconds
    trainer.fit(arguments.minutes, every=1000 if quick else 100)


if __name__ == "__main__":
    main()
