"""Our Adam is torch's, without what torch's imports."""

from __future__ import annotations

import subprocess
import sys

import torch
from torch import Tensor

from core.encoders.embedded.adam import Adam

BETAS = (0.8, 0.95)


def parameters() -> list[Tensor]:
    generator = torch.Generator().manual_seed(5)
    return [torch.randn(size, generator=generator).requires_grad_() for size in (7, 1, 3)]


def cost(values: list[Tensor]) -> Tensor:
    a, b, _unused = values
    return (a.square().sum() - b.sum() + (a * b).cos().sum()).abs()


def test_steps_are_torchs_to_the_bit() -> None:
    ours, theirs = parameters(), parameters()
    mine = Adam(ours, betas=BETAS)
    reference = torch.optim.Adam(theirs, betas=BETAS)
    for step in range(30):
        rate = 0.3 * (1 - step / 30)
        reference.param_groups[0]["lr"] = rate
        for optimiser, values in ((mine, ours), (reference, theirs)):
            optimiser.zero_grad()
            cost(values).backward()
        mine.step(rate)
        reference.step()
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_it_brings_no_compiler() -> None:
    code = (
        "import sys, torch; from core.encoders.embedded.adam import Adam;"
        "value = torch.ones(1, requires_grad=True); adam = Adam([value]);"
        "value.sum().backward(); adam.step(0.1); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
