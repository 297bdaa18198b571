"""Train decoder and recording encoder side by side on a dataset's endless variations, on a GPU::

    python -m core.training.embedded.gpu.pretrain CONFIG.toml --dataset TRAIN.xz --valid VALID.xz \\
        --run DIR --minutes 8
    python -m core.training.embedded.gpu.pretrain CONFIG.toml --run DIR --join

The learning rate falls with the time that is used up, so that a run always ends where it should.
Weights are written in parts of a few megabytes; ``--join`` makes of them the state from which
:mod:`core.training.embedded.train` goes on with recordings as they are (``--start``).
"""

from __future__ import annotations

import argparse
import copy
import math
import shutil
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.training.embedded.batch import TrainingBatch
from core.training.embedded.gpu.packed_dataset import read_packed
from core.training.embedded.gpu.random_scores import write_random_scores
from core.training.embedded.gpu.stream import AugmentedStream
from core.training.embedded.losses import EmbeddedModel, losses, placing, playing_of, with_total
from core.training.embedded.train import RunConfig

_SCORES = 8192
_STUDIED = 6000
_PARTS = ("decoder", "recording", "teacher")
_WARM_UP = 0.02  # share of the time
_HEARD_FROM, _HEARD_WEIGHT = 0.3, 0.5
"""From this share of the time on, what the decoder makes of a first look counts this much."""


class PretrainRun:
    """One run; see the module's first lines. With parts in its folder it begins with them.

    Args:
        config: its sizes and rates; ``steps`` is not used.
        dataset, valid: data sets of both splits.
        run: where weights go.
        device: where to train.
        pool: made-up instruments kept at a time.
    """

    def __init__(
        self, config: RunConfig, dataset: Path, valid: Path, run: Path,
        device: torch.device, pool: int,
    ) -> None:  # fmt: skip
        torch.manual_seed(config.seed)
        self.config, self.run, self.device = config, run, device
        scores = write_random_scores(_SCORES, config.seed).to(device)
        self.train_set = AugmentedStream(read_packed(dataset, device), scores, config.seed, pool)
        known = read_packed(valid, device)
        self.valid_set = AugmentedStream(known, scores, 1009, len(known), augmented=False)
        self.model = EmbeddedModel(config.encoder, config.decoder).to(device)
        if all((run / f"{part}.safetensors").exists() for part in _PARTS):
            for part in _PARTS:
                own = load_file(run / f"{part}.safetensors", device=str(device))
                getattr(self.model, part).load_state_dict({n: v.float() for n, v in own.items()})
        else:
            studied = self.train_set.draw_descriptors(_STUDIED, config.filtered_share)
            self.model.teacher.fit(studied)
        self.averaged = copy.deepcopy(self.model).requires_grad_(False)
        groups = [
            {"params": list(self.model.decoder.parameters()), "weight_decay": 0.01, "share": 1.0},
            {"params": list(self.model.recording.parameters()), "weight_decay": 0.02, "share": 0.7},
        ]
        fused = device.type == "cuda"
        self.optimiser = torch.optim.AdamW(
            groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=fused
        )
        self.step = 0

    def one_step(self, progress: float) -> dict[str, Tensor]:
        """One optimiser step at a share of the time; its losses."""
        config, model = self.config, self.model
        warm = min(1.0, progress / _WARM_UP, (self.step + 1) / 50)
        rate = (
            config.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
        )
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        batch = self.train_set.draw(
            config.batch, config.reference_frames, config.filtered_share, config.notes_each
        )
        self.optimiser.zero_grad(set_to_none=True)
        instruments = losses(model, batch, config.loss, None, config.jitter)
        instruments["total"].backward()  # type: ignore[no-untyped-call]
        with torch.autocast(self.device.type, torch.bfloat16):
            first, placed = self._heard(model, batch)
        cost = placed["total"]
        found = {
            "playing": instruments["total"].detach(),
            "partials": instruments["partials"].detach(),
        }
        if progress >= _HEARD_FROM:
            model.decoder.requires_grad_(False)
            heard = playing_of(model.decoder, first.float(), batch, config.loss)
            cost = cost + _HEARD_WEIGHT * heard["total"]
            model.decoder.requires_grad_(True)
            found["heard"] = heard["total"].detach()
        cost.backward()  # type: ignore[no-untyped-call]
        for part in (model.decoder, model.recording):
            nn.utils.clip_grad_norm_(part.parameters(), 1.0)
        self.optimiser.step()
        keep = min(config.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name in ("decoder", "recording"):
                torch._foreach_lerp_(
                    list(getattr(self.averaged, name).parameters()),
                    list(getattr(model, name).parameters()),
                    1 - keep,
                )
        self.step += 1
        return found | {"near": placed["near"].detach()}

    def _heard(
        self, model: EmbeddedModel, batch: TrainingBatch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Embeddings of the first references [B, 512], and how far both are from the truth."""
        features, frames = batch.features.flatten(0, 1), batch.frames.flatten()
        first, second = model.recording(features, frames).chunk(2)
        taught = model.teacher(batch.descriptor)
        terms = placing(first, second, None, taught, batch.unfiltered, self.config.loss)
        return first, with_total(terms, self.config.loss)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Losses of the averaged weights on the validation dataset's instruments as they are."""
        count, config = len(self.valid_set), self.config
        batch = self.valid_set.draw(count, config.reference_frames, 0.0, 12)
        self.averaged.eval()
        first, placed = self._heard(self.averaged, batch)
        taught = self.averaged.teacher(batch.descriptor)
        by_portrait = playing_of(self.averaged.decoder, taught, batch, config.loss)
        by_sound = playing_of(self.averaged.decoder, first, batch, config.loss)
        return {
            "valid/near": float(placed["near"]),
            "teacher/total": float(by_portrait["total"]),
            "teacher/partials": float(by_portrait["partials"]),
            "recording/total": float(by_sound["total"]),
            "recording/partials": float(by_sound["partials"]),
        }

    def fit(self, minutes: float, every: int) -> None:
        """Train until time is up, telling how it goes."""
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(self.run / "curves")
        with self.train_set.renewing():
            self._fit(minutes, every, writer)
        writer.close()

    def _fit(self, minutes: float, every: int, writer: Any) -> None:
        started = time.monotonic()
        sums: dict[str, Tensor] = {}
        while (progress := (time.monotonic() - started) / (60 * minutes)) < 1.0:
            for name, value in self.one_step(progress).items():
                sums[name] = sums.get(name, torch.zeros((), device=self.device)) + value
            if self.step % every == 0:
                means = {name: float(value) / every for name, value in sums.items()}
                sums = {}
                found = means | self.validate()
                for name, mean in found.items():
                    writer.add_scalar(name, mean, self.step)
                said = " ".join(f"{name} {value:.3f}" for name, value in found.items())
                made = self.train_set.made
                print(f"{self.step} {time.monotonic() - started:.0f}s {made} {said}", flush=True)
                self.save()
        print(f"{self.step} end {self.validate()}", flush=True)
        self.save()

    def save(self) -> None:
        """The averaged weights, a file a part: half precision, but for the teacher."""
        for part in _PARTS:
            state = getattr(self.averaged, part).state_dict()
            kind = torch.float32 if part == "teacher" else torch.float16
            own = {name: value.to(kind).contiguous().cpu() for name, value in state.items()}
            partial = self.run / f"{part}.partial"
            save_file(own, partial)
            partial.replace(self.run / f"{part}.safetensors")


def join(run: Path) -> None:
    """Make the state from which :mod:`core.training.embedded.train` can start out of a run's
    parts."""
    averaged = {
        f"{part}.{name}": value.float()
        for part in _PARTS
        for name, value in load_file(run / f"{part}.safetensors").items()
    }
    torch.save({"averaged": averaged}, run / "state.pt")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("config", type=Path)
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--valid", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--pool", type=int, default=8192)
    parser.add_argument("--every", type=int, default=250)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--join", action="store_true", help="only put a run's parts together")
    arguments = parser.parse_args()
    arguments.run.mkdir(parents=True, exist_ok=True)
    shutil.copy(arguments.config, arguments.run / "config.toml")
    if arguments.join:
        join(arguments.run)
        return
    if arguments.dataset is None or arguments.valid is None:
        parser.error("--dataset and --valid are needed to train")
    run = PretrainRun(
        RunConfig.read(arguments.config), arguments.dataset, arguments.valid, arguments.run,
        torch.device(arguments.device), arguments.pool,
    )  # fmt: skip
    run.fit(arguments.minutes, arguments.every)


if __name__ == "__main__":
    main()
