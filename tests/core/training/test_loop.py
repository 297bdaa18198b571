"""The loop, with a task of a few numbers: going on exactly, limits, averages, curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.errors import Cancelled, UserInputError
from core.training.checkpoint import STATE_NAME
from core.training.curves import read_curves
from core.training.loop import LoopSettings, TrainingLoop
from core.training.schedules import TrainingPosition
from core.training.task import Validation

CPU = torch.device("cpu")


class LineTask:
    """Two networks learn a line from noisy points; batches are drawn in turn from a list."""

    def __init__(self, width: int = 1) -> None:
        torch.manual_seed(3)
        self._networks = {
            "line": nn.Sequential(nn.Linear(width, 4), nn.Dropout(0.2), nn.Linear(4, 1)),
            "offset": nn.Linear(1, 1),
        }
        self.next_point = 0
        self.exported: list[int] = []
        self.modes: list[bool] = []

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        return self._networks

    def optimiser(self) -> torch.optim.Optimizer:
        line, offset = self._networks.values()
        groups: list[dict[str, Any]] = [
            {"params": line.parameters()},
            {"params": offset.parameters(), "lr_scale": 0.5},
        ]
        return torch.optim.AdamW(groups)

    def draw(self, _step: int) -> Tensor:
        points = torch.arange(self.next_point, self.next_point + 8) % 31
        self.next_point += 8
        return points[:, None] / 31.0

    def losses(self, batch: Tensor, position: TrainingPosition) -> dict[str, Tensor]:
        noisy = 2.0 * batch + 0.1 * torch.randn(batch.shape)
        error = self._networks["line"](batch) + self._networks["offset"](batch) - noisy
        return {"total": error.square().mean(), "fraction": torch.tensor(position.fraction)}

    def validate(self, averaged: Mapping[str, nn.Module]) -> Validation:
        self.modes += [module.training for module in averaged.values()]
        x = torch.linspace(0, 1, 5)[:, None]
        error = averaged["line"](x) + averaged["offset"](x) - 2.0 * x
        sound = torch.sin(torch.arange(800) * 0.1)
        return Validation({"valid/total": float(error.square().mean())}, {"tone": sound}, 8000)

    def export(self, averaged: Mapping[str, nn.Module], run: Path, step: int) -> None:
        self.exported.append(step)

    def state_dict(self) -> dict[str, Any]:
        return {"next_point": self.next_point}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.next_point = int(state["next_point"])


SETTINGS = LoopSettings(
    schedule=lambda position: {"lr": 0.01 * (1.0 - position.fraction)},
    steps=20,
    ema_decay=0.9,
    clip_norm=1.0,
    log_every=4,
    validate_every=8,
)


@dataclass
class StopAfter:
    """A progress callback that says stop after some steps."""

    steps: int

    def __call__(self, _fraction: float) -> bool:
        self.steps -= 1
        return self.steps > 0


def opened(run: Path, settings: LoopSettings = SETTINGS) -> TrainingLoop[Tensor]:
    run.mkdir(exist_ok=True)
    return TrainingLoop(LineTask(), settings, run, CPU)


def weights(loop: TrainingLoop[Tensor]) -> dict[str, Tensor]:
    return {
        f"{kind}.{part}.{name}": value
        for kind, networks in (("own", loop.task.modules), ("averaged", loop.averaged))
        for part, network in networks.items()
        for name, value in network.state_dict().items()
    }


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


@pytest.mark.parametrize("stop", [1, 5, 8, 19])
def test_a_run_broken_off_goes_on_as_if_it_had_not_been(tmp_path: Path, stop: int) -> None:
    whole = opened(tmp_path / "whole")
    whole.train()
    with pytest.raises(Cancelled, match=f"after step {stop}"):
        opened(tmp_path / "broken").train(on_progress=StopAfter(stop))
    torch.manual_seed(1234)  # another process has other random numbers
    broken = opened(tmp_path / "broken")
    assert broken.step == stop
    broken.train()
    assert whole.step == broken.step == 20
    assert_equal(weights(whole), weights(broken))


def test_a_crash_costs_no_more_than_what_came_after_the_last_checkpoint(tmp_path: Path) -> None:
    whole = opened(tmp_path / "whole")
    whole.train()

    def crash(fraction: float) -> bool:
        if fraction >= 0.5:
            raise MemoryError
        return True

    with pytest.raises(MemoryError):
        opened(tmp_path / "broken").train(on_progress=crash)
    broken = opened(tmp_path / "broken")
    assert broken.step == 8
    broken.train()
    assert_equal(weights(whole), weights(broken))
    steps, values = read_curves(tmp_path / "broken")["total"]
    assert steps == [4, 8, 12, 16, 20]
    assert values == pytest.approx(read_curves(tmp_path / "whole")["total"][1])


def test_a_complete_run_stays_as_it_is(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.train()
    again = opened(tmp_path)
    again.train()
    assert again.step == 20
    assert_equal(weights(first), weights(again))


def test_losses_and_validations_are_drawn_when_they_are_due(tmp_path: Path) -> None:
    lines: list[str] = []
    loop = opened(tmp_path, replace(SETTINGS, steps=10))
    loop.train(log=lines.append)
    curves = read_curves(tmp_path)
    assert curves["total"][0] == [4, 8, 10]
    assert curves["valid/total"][0] == [8, 10]
    assert curves["fraction"][1] == pytest.approx([0.15, 0.55, 0.85])  # means of what passed
    assert [line.split()[0] for line in lines] == ["4", "8", "10"]
    assert "valid/total" in lines[-1]
    task = loop.task
    assert isinstance(task, LineTask)
    assert task.exported == [4, 8, 10]
    assert not any(task.modes)
    assert all(network.training for network in task.modules.values())


def test_a_sitting_ends_with_its_minutes_and_the_run_goes_on(tmp_path: Path) -> None:
    opened(tmp_path).train(minutes=0.0)
    loop = opened(tmp_path)
    assert loop.step == 0
    loop.train()
    assert loop.step == 20


def test_a_run_of_minutes_counts_those_of_earlier_sittings(tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=None, minutes=0.02)
    opened(tmp_path, settings).train(minutes=0.01)
    half = opened(tmp_path, settings).position.fraction
    assert 0.5 <= half < 1.0
    loop = opened(tmp_path, settings)
    loop.train()
    assert loop.position.fraction == 1.0
    assert loop.step > 1


def test_averages_follow_slowly_and_without_a_decay_are_the_weights(tmp_path: Path) -> None:
    loop = opened(tmp_path / "slow", replace(SETTINGS, ema_decay=0.999))
    before = {name: value.clone() for name, value in weights(loop).items()}
    loop.one_step()
    after = weights(loop)
    moved = after["own.line.0.weight"] - before["own.line.0.weight"]
    followed = after["averaged.line.0.weight"] - before["averaged.line.0.weight"]
    torch.testing.assert_close(followed, 0.9 * moved)  # one of the first steps keeps a tenth
    plain = opened(tmp_path / "plain", replace(SETTINGS, ema_decay=None))
    plain.one_step()
    assert plain.averaged == dict(plain.task.modules)
    assert not any(value.training for value in loop.averaged.values())


def test_groups_learn_at_their_share_of_the_rate(tmp_path: Path) -> None:
    """Adam's first step is as long as its rate, but for the weight decay."""
    loop = opened(tmp_path, replace(SETTINGS, clip_norm=None))
    before = {name: value.clone() for name, value in weights(loop).items()}
    loop.one_step()
    moved = {name: (value - before[name]).abs().max() for name, value in weights(loop).items()}
    assert moved["own.line.2.bias"] == pytest.approx(0.01, rel=0.02)
    assert moved["own.offset.bias"] == pytest.approx(0.005, rel=0.02)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    opened(tmp_path).save()
    path = tmp_path / STATE_NAME
    path.write_bytes(path.read_bytes()[:900] if content is None else content)
    with pytest.raises(UserInputError, match=r"state\.pt cannot be read") as error:
        opened(tmp_path)
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    opened(tmp_path).save()
    with pytest.raises(UserInputError, match="another configuration") as error:
        TrainingLoop(LineTask(width=2), SETTINGS, tmp_path, CPU)
    assert "\n" not in str(error.value)
