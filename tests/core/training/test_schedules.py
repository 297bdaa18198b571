"""Schedules: where they begin, turn and end, and that ours without state is torch's."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from core.training.schedules import TrainingPosition, one_cycle, timed_cosine, warmup_cosine


def test_a_warm_up_ends_at_the_highest_rate_and_a_cosine_at_a_hundredth() -> None:
    schedule = warmup_cosine(2.0, warmup_steps=4, steps=104)
    rates = [schedule(TrainingPosition(step, step / 104))["lr"] for step in range(105)]
    assert rates[:5] == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert rates[54] == pytest.approx(2.0 * 0.505)
    assert rates[104] == pytest.approx(0.02)
    assert all(later <= rate for rate, later in pairwise(rates[4:]))


def test_without_a_warm_up_the_first_rate_is_the_highest() -> None:
    assert warmup_cosine(2.0, 0, 10)(TrainingPosition(0, 0.0))["lr"] == 2.0


@pytest.mark.parametrize(
    ("step", "fraction", "rate"),
    [
        (0, 0.0, 0.0),
        (0, 0.5, 0.02 * 0.505),  # a slow machine: half of the time for one step
        (49, 0.01, 0.5),
        (5000, 0.02, 1.0),
        (5000, 1.0, 0.01),
    ],
)
def test_a_timed_rate_follows_the_time(step: int, fraction: float, rate: float) -> None:
    found = timed_cosine(1.0, 0.02, 50)(TrainingPosition(step, fraction))["lr"]
    assert found == pytest.approx(rate, rel=2e-3)
    assert math.isfinite(found)


@pytest.mark.parametrize("steps", [12, 100, 3000])
def test_one_cycle_is_torchs_to_the_last_bit(steps: int) -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.AdamW([weight], lr=2e-3)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    ours = one_cycle(2e-3, steps)
    for step in range(steps):
        group = optimiser.param_groups[0]
        found = ours(TrainingPosition(step, step / steps))
        assert found["lr"] == group["lr"], step
        assert found["betas"] == group["betas"], step
        optimiser.step()
        theirs.step()
