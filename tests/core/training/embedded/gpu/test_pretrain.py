"""Pretraining on augmented instruments: a run that learns, is broken off, and hands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.encoders.embedded.networks import EncoderConfig
from core.engines.embedded.decoder import DecoderConfig
from core.training.curves import read_curves
from core.training.embedded import dataset as data
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.config import EmbeddedTrainingConfig
from core.training.embedded.gpu import pretrain, stream
from core.training.embedded.gpu.pretrain import PretrainTask, open_pretraining
from core.training.embedded.train import open_run
from core.training.loop import TrainingLoop
from core.training.schedules import TrainingPosition

CPU = torch.device("cpu")
CONFIG = EmbeddedTrainingConfig(
    batch_size=3,
    notes_each=2,
    reference_frames=40,
    learning_rate=3e-3,
    ema_decay=0.8,
    encoder=EncoderConfig(width=16, blocks=1, sentence_hidden=16),
    decoder=DecoderConfig(width=16, hidden=16, trunk_blocks=1, frame_blocks=1, surfaces=16),
)


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few of everything, and sums made in the same order every time."""
    monkeypatch.setattr(data, "N_CAPTIONS", 3)
    monkeypatch.setattr(pretrain, "N_SCORES", 64)
    monkeypatch.setattr(pretrain, "N_PROJECTED", 40)
    monkeypatch.setattr(stream, "N_FILTERS", 200)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def opened(
    packed_files: dict[str, Path], run: Path, pool: int = 6, minutes: float = 1.0
) -> TrainingLoop[TrainingBatch]:
    run.mkdir(exist_ok=True)
    train, valid = packed_files["train"], packed_files["valid"]
    _, loop = open_pretraining(CONFIG, train, valid, run, CPU, minutes, pool, log_every=1)
    return loop


def task_of(loop: TrainingLoop[TrainingBatch]) -> PretrainTask:
    assert isinstance(loop.task, PretrainTask)
    return loop.task


def test_a_run_learns_and_hands_on_what_it_learned(
    packed_files: dict[str, Path], procedural_data: Path, tmp_path: Path
) -> None:
    loop = opened(packed_files, tmp_path / "run")
    before = loop.validate().figures
    for step in range(14):
        terms = loop.one_step(TrainingPosition(step, step / 20))
    assert {"decoder", "distance", "from_audio"} <= terms.keys()
    assert loop.validate().figures["descriptor/total"] < before["descriptor/total"]
    assert all(p.requires_grad for p in task_of(loop).model.decoder.parameters())
    loop.save()
    config = replace(CONFIG, stage="audio_encoder", batch_size=4)
    (tmp_path / "next").mkdir()
    following = open_run(config, procedural_data, tmp_path / "next", CPU, [tmp_path / "run"])
    own = following.task.modules["model"].state_dict()
    for part, module in loop.averaged.items():
        for name, value in module.state_dict().items():
            torch.testing.assert_close(own[f"{part}.{name}"], value, atol=2e-3, rtol=2e-3)


def test_a_run_broken_off_goes_on_as_if_it_had_not_been(
    packed_files: dict[str, Path], tmp_path: Path
) -> None:
    """Its pool of instruments, in part renewed, too."""
    states = []
    for name, stop in (("whole", None), ("broken", 4)):
        loop = opened(packed_files, tmp_path / name)
        for step in range(7):
            if step == stop:
                loop.validate()
                loop.save()
                loop = opened(packed_files, tmp_path / name)
            elif step == 4:
                loop.validate()
            loop.one_step(TrainingPosition(step, step / 10))
            if step in (1, 5):
                task_of(loop).train.renew(4)
        figures = loop.validate().figures
        states.append((figures, loop.task.modules, loop.averaged))
    (figures, modules, averaged), (others, other_modules, other_averaged) = states
    assert figures == others
    for mine, theirs in ((modules, other_modules), (averaged, other_averaged)):
        for part, module in mine.items():
            for name, value in module.state_dict().items():
                assert torch.equal(theirs[part].state_dict()[name], value), f"{part}.{name}"


@pytest.mark.parametrize("projection", ["projection", "teacher"])
def test_a_folder_of_parts_alone_is_begun_with_them(
    packed_files: dict[str, Path], tmp_path: Path, projection: str
) -> None:
    """Earlier versions called the projection's file otherwise."""
    loop = opened(packed_files, tmp_path, pool=2)
    loop.one_step(TrainingPosition(0, 0.5))
    loop.save()
    (tmp_path / "state.pt").unlink()
    (tmp_path / "projection.safetensors").rename(tmp_path / f"{projection}.safetensors")
    again = opened(packed_files, tmp_path, pool=2)
    assert again.step == 0
    for part, module in loop.averaged.items():
        for name, value in module.state_dict().items():
            own = again.task.modules[part].state_dict()[name]
            torch.testing.assert_close(own, value, atol=2e-3, rtol=2e-3)


def test_a_run_ends_when_its_time_is_up(packed_files: dict[str, Path], tmp_path: Path) -> None:
    loop = opened(packed_files, tmp_path, pool=3, minutes=0.02)
    with task_of(loop).train.renewing():
        loop.train()
    assert loop.step >= 1
    assert (tmp_path / "decoder.safetensors").exists()
    assert {"distance", "valid/distance", "descriptor/partials"} <= read_curves(tmp_path).keys()
    assert opened(packed_files, tmp_path, pool=3, minutes=0.02).position.fraction == 1.0
