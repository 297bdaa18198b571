"""One run of one stage of the embedded engine's training, from its configuration and prepared data.

Its folder holds what every run's does (:mod:`core.training.loop`), and ``embedded.safetensors``:
the averaged weights in half precision, as they would ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from core.training.checkpoint import has_checkpoint
from core.training.embedded.checkpoints import load_trained
from core.training.embedded.config import EmbeddedTrainingConfig
from core.training.embedded.losses import EmbeddedModel
from core.training.embedded.stages import make_task
from core.training.embedded.task import EmbeddedData
from core.training.loop import LoopSettings, TrainingLoop
from core.training.schedules import warmup_cosine

N_PROJECTED = 6000
"""Descriptors, half of them filtered, to which the projection is fitted."""


def open_run(
    config: EmbeddedTrainingConfig,
    data: Path,
    run: Path,
    device: torch.device,
    start: Sequence[Path] = (),
) -> TrainingLoop[Any]:
    """Begin a run, or go on with it.

    Args:
        config: of the run.
        data: what :mod:`core.training.embedded.prepare` wrote.
        run: an existing folder.
        device: where to train.
        start: runs to begin with, see :func:`core.training.embedded.checkpoints.load_trained`.

    Raises:
        UserInputError: if there is no data of a split, or a run cannot be begun with.
    """
    torch.manual_seed(config.seed)
    everything = EmbeddedData.read(data)
    model = EmbeddedModel(config.encoder, config.decoder).to(device)
    if not has_checkpoint(run):
        if not start:
            model.projection.fit(
                everything.train.draw_descriptors(N_PROJECTED, config.filtered_share)
            )
        load_trained(model, start, device)
    quick = config.stage == "text_encoder"  # steps of milliseconds
    log_every = 1000 if quick else 100
    settings = LoopSettings(
        schedule=warmup_cosine(config.learning_rate, config.warmup_steps, config.steps),
        steps=config.steps,
        ema_decay=config.ema_decay,
        clip_norm=1.0,
        log_every=log_every,
        validate_every=5 * log_every,
    )
    return TrainingLoop(make_task(model, config, everything, device), settings, run, device)
