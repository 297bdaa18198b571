"""Train the network that says when keys are let go (:mod:`core.encoders.embedded.note_offsets`).

Its folder holds what every run's does (:mod:`core.training.loop`), the performances it learns from
(``train-N.pt`` and ``valid-N.pt``, so that a second run begins with them), and at the end
``note_ends.safetensors``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from core.encoders.embedded.note_offsets import (
    BEFORE,
    N_STEPS,
    SHORTEST_STEPS,
    STEP_S,
    NoteOffsets,
)
from core.errors import UserInputError
from core.training.embedded.offsets.dataset import PerformanceMaker
from core.training.embedded.offsets.examples import (
    OffsetExamples,
    examples_of,
    read_examples,
    write_examples,
)
from core.training.loop import LoopSettings, TrainingLoop
from core.training.schedules import TrainingPosition, one_cycle
from core.training.sources.instruments import Split
from core.training.task import Validation

WEIGHTS_NAME = "note_ends.safetensors"
_PER_FILE = 100  # performances
_BATCH_SIZE, _RATE, _WEIGHT_DECAY = 64, 2e-3, 0.02
_BLUR_STEPS = 1.5  # more precise than that no label is
_FEATURE_NOISE = 0.03
_LOG_EVERY = 250


def offset_loss(network: NoteOffsets, examples: OffsetExamples, chosen: Tensor) -> Tensor:
    """Cross-entropy to the true offsets, blurred by 15 ms: a scalar.

    Args:
        network: in training mode, features get a little noise.
        examples: M notes.
        chosen: int64 [B], which of them.
    """
    features, inside = examples.features[chosen].float(), examples.inside[chosen]
    if network.training:
        # One draw a note and for all its features: as if it were louder or softer.
        louder = _FEATURE_NOISE * torch.randn(len(chosen), 1, 1)
        features = features + louder * inside[..., None]
    steps = torch.arange(N_STEPS)
    apart = steps - examples.offset[chosen][:, None]  # [B, 310]
    near = torch.exp(-0.5 * (apart / _BLUR_STEPS).square())
    near = near * inside * (steps >= BEFORE + SHORTEST_STEPS)
    target = near / near.sum(dim=1, keepdim=True).clamp_min(1e-9)
    return -(target * network(features, inside)).sum(dim=1).mean()


@torch.no_grad()
def evaluate(network: NoteOffsets, examples: OffsetExamples) -> dict[str, float]:
    """How far offsets are off, as transcribed and as corrected by the network.

    Args:
        network: in evaluation mode.
        examples: M notes.

    Returns:
        The loss, and for both the errors' median and quantiles of their size, milliseconds.
    """
    total, offsets = 0.0, []
    for chosen in torch.split(torch.arange(len(examples.offset)), 256):
        total += float(offset_loss(network, examples, chosen)) * len(chosen)
        likely = network(examples.features[chosen].float(), examples.inside[chosen]).exp()
        offsets.append((likely.cumsum(dim=1) < 0.5).sum(dim=1))  # the median
    figures = {"valid/total": total / len(examples.offset)}
    for name, steps in (("transcribed", examples.transcribed), ("corrected", torch.cat(offsets))):
        error_ms = 1000.0 * STEP_S * (steps - examples.offset)
        figures[f"{name}/median_ms"] = float(error_ms.median())
        for percent in (50, 75, 90):
            within_ms = torch.quantile(error_ms.abs(), percent / 100)
            figures[f"{name}/{percent}_percent_within_ms"] = float(within_ms)
    return figures


class OffsetTask:
    """See :class:`core.training.task.TrainingTask`.

    Args:
        network: what is trained.
        train, valid: what it learns from, and what it is validated on.
    """

    def __init__(self, network: NoteOffsets, train: OffsetExamples, valid: OffsetExamples) -> None:
        self.network, self.train, self.valid = network, train, valid

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """The one network."""
        return {"network": self.network}

    def optimiser(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.network.parameters(), lr=_RATE, weight_decay=_WEIGHT_DECAY)

    def draw(self, _step: int) -> Tensor:
        """Which examples, int64 [64]."""
        return torch.randint(len(self.train.offset), (_BATCH_SIZE,))

    def losses(self, batch: Tensor, _position: TrainingPosition) -> dict[str, Tensor]:
        """See :func:`offset_loss`."""
        return {"total": offset_loss(self.network, self.train, batch)}

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        """See :func:`evaluate`."""
        return Validation(evaluate(cast(NoteOffsets, averaged["network"]), self.valid))

    def export(self, averaged: Mapping[str, nn.Module], run: Path, _step: int) -> None:
        """Write ``note_ends.safetensors``, in half precision."""
        state = averaged["network"].state_dict()
        own = {name: value.half().contiguous() for name, value in state.items()}
        partial = run / f"{WEIGHTS_NAME}.partial"
        save_file(own, partial)
        partial.replace(run / WEIGHTS_NAME)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: batches are drawn from torch's global generator."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See :meth:`state_dict`."""


def open_run(
    train: OffsetExamples, valid: OffsetExamples, steps: int, run: Path
) -> TrainingLoop[Tensor]:
    """Begin a run, or go on with it; on the CPU, as the network is small.

    Args:
        train, valid: what it learns from, and what it is validated on.
        steps: of the whole run.
        run: an existing folder.
    """
    torch.manual_seed(0)
    settings = LoopSettings(
        schedule=one_cycle(_RATE, steps),
        steps=steps,
        log_every=_LOG_EVERY,
        validate_every=_LOG_EVERY,
    )
    task = OffsetTask(NoteOffsets(), train, valid)
    return TrainingLoop(task, settings, run, torch.device("cpu"))


def _make_examples(split: Split, seed: int, count: int) -> OffsetExamples:
    torch.set_num_threads(1)
    maker = PerformanceMaker(split, seed)
    try:
        return examples_of([maker.make() for _ in range(count)])
    finally:
        maker.close()


def gather_examples(
    run: Path,
    split: Split,
    count: int,
    workers: int,
    log: Callable[[str], None] = lambda _line: None,
) -> OffsetExamples:
    """Notes of a split's performances, made where they are missing, a hundred a file.

    Args:
        run: where the files are.
        split: ``train`` or ``valid``.
        count: how many performances.
        workers: processes that make them.
        log: told of each file made.

    Raises:
        UserInputError: if they do not fill a file.
    """
    if count < _PER_FILE:
        raise UserInputError(f"{count} performances are too few; make at least {_PER_FILE}")
    files = {seed: run / f"{split}-{seed}.pt" for seed in range(count // _PER_FILE)}
    with ProcessPoolExecutor(workers) as pool:
        made = {
            seed: pool.submit(_make_examples, split, seed, _PER_FILE)
            for seed, path in files.items()
            if not path.exists()
        }
        for seed, future in made.items():
            write_examples(future.result(), files[seed])
            log(f"{split} {seed + 1} of {len(files)}")
    return read_examples(list(files.values()))
