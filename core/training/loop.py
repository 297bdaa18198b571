"""The training loop of every model: schedule, averaged weights, checkpoints, curves, time limit.

A model brings a :class:`core.training.task.TrainingTask`: its networks, what a batch is, what a
step minimises and what is validated. Everything else is done here, and a run that was broken off
goes on from its last checkpoint as if it had not been. A run's folder holds

    state.pt    everything needed to go on
    curves/     TensorBoard's: losses, figures of the validation, sounds
    …           what the task exports
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import torch
from torch import Tensor, nn

from core.errors import Cancelled, UserInputError
from core.files import replacing
from core.progress import ProgressCallback, always_continue
from core.training.checkpoint import STATE_NAME, first_line, has_checkpoint, read_checkpoint
from core.training.schedules import Schedule, TrainingPosition
from core.training.task import BatchT, TrainingTask, Validation

CURVES_NAME = "curves"


@dataclass(frozen=True)
class LoopSettings:
    """How long a run is, and what is done on the way.

    Attributes:
        schedule: of the optimiser's options.
        steps: after so many the run is complete; None: time ends it.
        minutes: after so much training the run is complete, sittings added up; used if there is
            no number of steps.
        ema_decay: of the exponential moving average of the weights (less at first, so that the
            random beginning is soon forgotten); None: the weights themselves are used.
        clip_norm: longest gradient of each network; None: any.
        log_every: steps between two points of the training curves, and two checkpoints.
        validate_every: steps between two validations.
    """

    schedule: Schedule
    steps: int | None = None
    minutes: float | None = None
    ema_decay: float | None = None
    clip_norm: float | None = None
    log_every: int = 100
    validate_every: int = 500


class TrainingLoop(Generic[BatchT]):
    """One run. If its folder has a checkpoint it goes on from there.

    Args:
        task: what is trained.
        settings: how.
        run: the run's folder; it exists.
        device: where the networks are.

    Raises:
        UserInputError: if the folder's checkpoint is damaged or belongs to another run.
    """

    def __init__(
        self,
        task: TrainingTask[BatchT],
        settings: LoopSettings,
        run: Path,
        device: torch.device,
    ) -> None:
        self.task, self.settings, self.run, self.device = task, settings, run, device
        self.step, self.trained_s = 0, 0.0
        self.averaged: dict[str, nn.Module] = {
            name: module
            if settings.ema_decay is None
            else copy.deepcopy(module).requires_grad_(False).eval()
            for name, module in task.modules.items()
        }
        self._optimiser = task.optimiser()
        if has_checkpoint(run):
            self._load()

    @property
    def position(self) -> TrainingPosition:
        """How far the run is."""
        if self.settings.steps is not None:
            fraction = self.step / self.settings.steps if self.settings.steps else 1.0
        elif self.settings.minutes is not None:
            fraction = self.trained_s / (60.0 * self.settings.minutes)
        else:
            fraction = 0.0  # without an end
        return TrainingPosition(self.step, min(1.0, fraction))

    def one_step(self, position: TrainingPosition | None = None) -> dict[str, Tensor]:
        """One optimiser step; its losses.

        Args:
            position: where the run is taken to be; None: where it is.
        """
        position = position or self.position
        options = self.settings.schedule(position)
        for group in self._optimiser.param_groups:
            group.update(options)
            group["lr"] = options["lr"] * group.get("lr_scale", 1.0)
        losses = self.task.losses(self.task.draw(self.step), position)
        self._optimiser.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        if self.settings.clip_norm is not None:
            for module in self.task.modules.values():
                moved = [value for value in module.parameters() if value.grad is not None]
                if moved:
                    nn.utils.clip_grad_norm_(moved, self.settings.clip_norm)
        self._optimiser.step()
        self._average()
        self.step += 1
        return {name: value.detach() for name, value in losses.items()}

    @torch.no_grad()
    def _average(self) -> None:
        if self.settings.ema_decay is None:
            return
        keep = min(self.settings.ema_decay, (1 + self.step) / (10 + self.step))
        for name, module in self.task.modules.items():
            means: list[Tensor] = list(self.averaged[name].parameters())
            values: list[Tensor] = list(module.parameters())
            if means:
                torch._foreach_lerp_(means, values, 1 - keep)

    @torch.no_grad()
    def validate(self) -> Validation:
        """See :meth:`core.training.task.TrainingTask.validate`."""
        for module in self.averaged.values():
            module.eval()
        validation = self.task.validate(self.averaged)
        for module in self.task.modules.values():
            module.train()
        return validation

    def save(self) -> None:
        """Write a checkpoint, and what the task exports.

        Raises:
            OutputError: if the checkpoint cannot be written.
        """
        cuda = torch.cuda.get_rng_state_all() if self.device.type == "cuda" else []
        state = {
            "modules": {name: module.state_dict() for name, module in self.task.modules.items()},
            "averaged": {name: module.state_dict() for name, module in self.averaged.items()},
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "trained_s": self.trained_s,
            "rng": {"cpu": torch.get_rng_state(), "cuda": cuda},
            "task": self.task.state_dict(),
        }
        with replacing(self.run / STATE_NAME) as stream:
            torch.save(state, stream)
        with torch.no_grad():
            self.task.export(self.averaged, self.run, self.step)

    def _load(self) -> None:
        path = self.run / STATE_NAME
        state = read_checkpoint(path, self.device)
        try:
            for name, module in self.task.modules.items():
                module.load_state_dict(state["modules"][name])
                self.averaged[name].load_state_dict(state["averaged"][name])
            self._optimiser.load_state_dict(state["optimiser"])
            self.task.load_state_dict(state["task"])
            self.step, self.trained_s = int(state["step"]), float(state["trained_s"])
            torch.set_rng_state(state["rng"]["cpu"].cpu())
            if self.device.type == "cuda":
                torch.cuda.set_rng_state_all([rng.cpu() for rng in state["rng"]["cuda"]])
        except (KeyError, ValueError, RuntimeError) as error:
            raise UserInputError(
                f"{path} belongs to a run with another configuration or version; choose another "
                f"folder, or remove the file to begin anew ({first_line(error)})"
            ) from error

    def train(
        self,
        minutes: float = float("inf"),
        on_progress: ProgressCallback = always_continue,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Train until the run is complete.

        Args:
            minutes: stop sooner after so many; the run goes on when it is called again.
            on_progress: asked after every step with the share of the run that is done.
            log: told one line of figures now and then.

        Raises:
            Cancelled: if ``on_progress`` answered False; a checkpoint was written.
        """
        from torch.utils.tensorboard import SummaryWriter

        # What an earlier sitting drew after its last checkpoint will be drawn again.
        writer = SummaryWriter(self.run / CURVES_NAME, purge_step=self.step + 1)
        curves = _Curves(writer, log)
        started, before_s = time.monotonic(), self.trained_s
        validated = self.step
        stopped = False
        try:
            while not stopped:
                sitting_s = time.monotonic() - started
                self.trained_s = before_s + sitting_s
                if self.position.fraction >= 1.0 or sitting_s >= 60.0 * minutes:
                    break
                curves.add(self.one_step())
                stopped = not on_progress(self.position.fraction)
                if self.step % self.settings.log_every == 0:
                    validation = None
                    if self.step % self.settings.validate_every == 0:
                        validation, validated = self.validate(), self.step
                    curves.write(self.step, self.trained_s, validation)
                    self.save()
            if not stopped and validated != self.step:
                curves.write(self.step, self.trained_s, self.validate())
            self.save()
        finally:
            writer.close()
        if stopped:
            raise Cancelled(f"stopped after step {self.step}; the same command goes on from there")


class _Curves:
    """Means of losses since they were last written, and where they are written."""

    def __init__(self, writer: Any, log: Callable[[str], None]) -> None:
        self._writer, self._log = writer, log
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, losses: Mapping[str, Tensor]) -> None:
        # Sums stay on the device: to read a loss there would wait for the step to end.
        for name, value in losses.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._count += 1

    def write(self, step: int, trained_s: float, validation: Validation | None) -> None:
        figures = {name: float(value) / self._count for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        if validation is not None:
            figures |= validation.figures
            for name, sound in validation.sounds.items():
                self._writer.add_audio(name, sound, step, validation.sample_rate)
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)
        line = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
        self._log(f"{step} {trained_s:.0f}s {line}")
