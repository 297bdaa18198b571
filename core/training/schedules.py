"""Learning rates (and, for one of them, momentum) as functions of how far a run is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingPosition:
    """How far a run is before a step.

    Attributes:
        step: optimiser steps done.
        fraction: of the whole run that is done, 0 to 1: of its steps, or of its time.
    """

    step: int
    fraction: float


Schedule = Callable[[TrainingPosition], dict[str, Any]]
"""Options of the optimiser's groups for a step, such as ``{"lr": 1e-3}``. The learning rate is
multiplied by the ``lr_scale`` of a group that has one."""


def warmup_cosine(rate: float, warmup_steps: int, steps: int) -> Schedule:
    """Linear warm-up over some steps, then a cosine down to a hundredth at the last step.

    Args:
        rate: the highest.
        warmup_steps: until it is reached.
        steps: of the whole run.
    """

    def schedule(position: TrainingPosition) -> dict[str, Any]:
        if position.step < warmup_steps:
            return {"lr": rate * (position.step + 1) / warmup_steps}
        fraction = (position.step - warmup_steps) / max(1, steps - warmup_steps)
        return {"lr": rate * _cosine(min(1.0, fraction))}

    return schedule


def timed_cosine(rate: float, warmup_fraction: float, warmup_steps: int) -> Schedule:
    """The same for runs that end with their time: it falls with the share of it that is used up.

    Args:
        rate: the highest.
        warmup_fraction: share of the time until it is reached.
        warmup_steps: the fewest steps until it is reached, on a slow machine.
    """

    def schedule(position: TrainingPosition) -> dict[str, Any]:
        warm = min(1.0, position.fraction / warmup_fraction, (position.step + 1) / warmup_steps)
        return {"lr": rate * warm * _cosine(position.fraction)}

    return schedule


def one_cycle(rate: float, steps: int) -> Schedule:
    """:class:`torch.optim.lr_scheduler.OneCycleLR` with its defaults, for Adam, without its state.

    Up by a cosine from a 25th of the rate within 30 % of the steps, then down to nearly nothing;
    the first beta moves against it, between 0.85 and 0.95 (Smith and Topin, *Super-Convergence*,
    2017).

    Args:
        rate: the highest.
        steps: of the whole run.
    """
    lowest, last = rate / 25.0, rate / 25.0 / 1e4
    turn, end = 0.3 * steps - 1.0, steps - 1.0

    def schedule(position: TrainingPosition) -> dict[str, Any]:
        step = float(position.step)
        if step <= turn:
            part = step / turn
            lr, beta = _anneal(lowest, rate, part), _anneal(0.95, 0.85, part)
        else:
            part = (step - turn) / (end - turn)
            lr, beta = _anneal(rate, last, part), _anneal(0.85, 0.95, part)
        return {"lr": lr, "betas": (beta, 0.999)}

    return schedule


def _cosine(fraction: float) -> float:
    """From 1 to 0.01."""
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction))


def _anneal(start: float, end: float, fraction: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * fraction) + 1)
