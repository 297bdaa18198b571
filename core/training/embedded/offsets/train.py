"""Train the network that hears when keys are let go, see
:mod:`core.encoders.embedded.note_offsets`::

    python -m core.training.embedded.offsets.train OUT --takes 3000 --steps 3000 --workers 2

Takes are kept in OUT, so that a second run begins with them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from core.encoders.embedded.note_offsets import (
    BEFORE,
    N_STEPS,
    SHORTEST_STEPS,
    STEP_S,
    NoteOffsets,
    offset_features,
    step_power,
)
from core.training.embedded.offsets.dataset import PerformanceMaker, Take
from core.training.sources.instruments import Split

N_VALID_TAKES = 300
_AT_ONCE = 100  # takes a job
_BATCH, _RATE, _WEIGHT_DECAY = 64, 2e-3, 0.02
_BLUR = 1.5  # steps: a key's end is known no better
_LOUDER = 0.03
_REPORT_EVERY = 250


@dataclass(frozen=True)
class Shown:
    """M notes: features [M, 310, 26] float16, inside [M, 310], true and heard ends in steps [M]."""

    features: Tensor
    inside: Tensor
    end: Tensor
    heard: Tensor


def notes_of(takes: Sequence[Take]) -> Shown:
    """All notes of some takes whose ends are known."""
    features, inside, end, heard = [], [], [], []
    for take in takes:
        power = step_power(take.mono)
        for number, end_s in take.matched():
            note = take.heard[number]
            shown, within = offset_features(power, take.heard, number)
            last = float(np.flatnonzero(within)[-1])
            features.append(shown.astype(np.float16))
            inside.append(within)
            steps = (end_s - note.start_s) / STEP_S + BEFORE
            end.append(float(np.clip(steps, BEFORE + SHORTEST_STEPS, last)))
            heard.append(min(note.duration_s / STEP_S + BEFORE, last))
    return Shown(
        torch.from_numpy(np.stack(features)),
        torch.from_numpy(np.stack(inside)),
        torch.tensor(end),
        torch.tensor(heard),
    )


def cost(network: NoteOffsets, shown: Shown, chosen: Tensor) -> Tensor:
    """Cross-entropy to the true ends, blurred by 15 ms."""
    features, inside = shown.features[chosen].float(), shown.inside[chosen]
    if network.training:
        louder = _LOUDER * torch.randn(len(chosen), 1, 1)
        features = features + louder * inside[..., None]
    steps = torch.arange(N_STEPS)
    near = torch.exp(-0.5 * ((steps - shown.end[chosen][:, None]) / _BLUR).square())
    near = near * inside * (steps >= BEFORE + SHORTEST_STEPS)
    target = near / near.sum(dim=1, keepdim=True).clamp_min(1e-9)
    return -(target * network(features, inside)).sum(dim=1).mean()


@torch.no_grad()
def report(network: NoteOffsets, shown: Shown) -> str:
    """Cost, and quantiles of the ends' errors, as heard and as corrected."""
    network.eval()
    costs, ends = [], []
    for chosen in torch.split(torch.arange(len(shown.end)), 256):
        costs.append(float(cost(network, shown, chosen)) * len(chosen))
        likely = network(shown.features[chosen].float(), shown.inside[chosen]).exp()
        ends.append((likely.cumsum(dim=1) < 0.5).sum(dim=1))
    network.train()
    parts = [f"cost {sum(costs) / len(shown.end):.3f}"]
    for name, found in (("heard", shown.heard), ("corrected", torch.cat(ends))):
        error_ms = 1000.0 * STEP_S * (found - shown.end)
        quantiles = torch.quantile(error_ms.abs(), torch.tensor([0.5, 0.75, 0.9]))
        said = " ".join(f"{value:.0f}" for value in quantiles)
        parts.append(f"{name}: median {error_ms.median():+.0f} ms, 50/75/90 % within {said} ms")
    return ", ".join(parts)


def _make(split: Split, seed: int, count: int) -> Shown:
    torch.set_num_threads(1)
    maker = PerformanceMaker(split, seed)
    try:
        return notes_of([maker.make() for _ in range(count)])
    finally:
        maker.close()


def _gather(out: Path, split: Split, count: int, workers: int) -> Shown:
    """Takes of a split, made where they are missing, a hundred a file."""
    jobs = {seed: out / f"{split}-{seed}.pt" for seed in range(count // _AT_ONCE)}
    with ProcessPoolExecutor(workers) as pool:
        made = {
            seed: pool.submit(_make, split, seed, _AT_ONCE)
            for seed, path in jobs.items()
            if not path.exists()
        }
        for seed, future in made.items():
            torch.save(vars(future.result()), jobs[seed])
            print(f"{split} {seed + 1} of {len(jobs)}", flush=True)
    parts = [torch.load(path, weights_only=True) for path in jobs.values()]
    return Shown(**{name: torch.cat([part[name] for part in parts]) for name in parts[0]})


def train(shown: Shown, valid: Shown, steps: int, out: Path) -> None:
    """Train for some steps, report on the way, and write ``note_ends.safetensors``."""
    torch.manual_seed(0)
    network = NoteOffsets()
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for step in range(1, steps + 1):
        loss = cost(network, shown, torch.randint(len(shown.end), (_BATCH,)))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % _REPORT_EVERY == 0 or step == steps:
            print(
                f"{step} training {float(loss.detach()):.3f} {report(network, valid)}", flush=True
            )
    save_file(network.half().state_dict(), out / "note_ends.safetensors")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--takes", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    valid = _gather(arguments.out, "valid", N_VALID_TAKES, arguments.workers)
    shown = _gather(arguments.out, "train", arguments.takes, arguments.workers)
    torch.set_num_threads(1)
    train(shown, valid, arguments.steps, arguments.out)


if __name__ == "__main__":
    main()
