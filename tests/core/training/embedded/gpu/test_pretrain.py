"""Endless batches, and a run that learns from them."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.encoders.embedded.networks import EncoderConfig
from core.engines.embedded.decoder import DecoderConfig
from core.training.curves import read_curves
from core.training.embedded import dataset as data
from core.training.embedded import train
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.gpu import pretrain as endless_run
from core.training.embedded.gpu.packed_dataset import PackedDataset
from core.training.embedded.gpu.random_scores import write_random_scores
from core.training.embedded.gpu.stream import AugmentedStream

CONFIG = train.RunConfig(
    batch=3,
    notes_each=2,
    reference_frames=40,
    learning_rate=3e-3,
    average=0.8,
    encoder=EncoderConfig(width=16, blocks=1, sentence_hidden=16),
    decoder=DecoderConfig(width=16, hidden=16, trunk_blocks=1, frame_blocks=1, surfaces=16),
)


@pytest.fixture(scope="module")
def endless(packed: PackedDataset) -> AugmentedStream:
    return AugmentedStream(packed, write_random_scores(64, 0), seed=2, size=6)


def test_batches_have_the_form_of_those_of_prepared_data(
    endless: AugmentedStream, procedural_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "N_CAPTIONS", 3)
    rng = np.random.default_rng(0)
    known = data.TrainingSet(procedural_data, "train").batch_of(np.arange(3), rng, 40, 0.5, 2)
    own = endless.draw(3, 40, 0.5, 2)
    for field in fields(TrainingBatch):
        mine, theirs = getattr(own, field.name), getattr(known, field.name)
        assert mine.shape == theirs.shape, field.name
        assert mine.is_floating_point() == theirs.is_floating_point(), field.name
        if field.name not in ("modulation", "sentence"):
            assert torch.isfinite(mine.float()).all(), field.name


def test_padding_of_short_references_is_silence(endless: AugmentedStream) -> None:
    batch = endless.draw(6, 190, 1.0, 1)
    beyond = torch.arange(190) >= batch.frames[..., None]
    assert beyond.any()
    assert (batch.features[beyond][:, :288] <= -4.0).all()


def test_a_filter_reaches_references_descriptor_and_notes(packed: PackedDataset) -> None:
    """The same seed draws the same instruments, notes and crops, with filters and without."""
    plain, filtered = (
        AugmentedStream(packed, write_random_scores(64, 0), seed=2, size=4).draw(4, 40, share, 2)
        for share in (0.0, 1.0)
    )
    torch.testing.assert_close(plain.on_s, filtered.on_s)
    for name in ("features", "descriptor", "partial_db"):
        assert not torch.allclose(getattr(plain, name), getattr(filtered, name)), name


def test_the_pool_is_renewed_meanwhile(endless: AugmentedStream) -> None:
    before = endless.made
    with endless.renewing():
        for _ in range(600):
            if endless.made > before:
                break
            time.sleep(0.1)
    assert endless.made > before
    assert endless.draw(2, 40, 0.0, 1).frames.shape == (2, 2)


def test_trouble_in_the_thread_is_not_lost(
    packed: PackedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = AugmentedStream(packed, write_random_scores(64, 0), seed=3, size=2)

    def broken(count: int) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(own, "renew", broken)
    with own.renewing():
        pass
    with pytest.raises(RuntimeError, match="out of memory"):
        own.draw(1, 40, 0.0, 1)


def test_a_run_learns_and_hands_on_what_it_learned(
    packed_files: dict[str, Path],
    procedural_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(data, "N_CAPTIONS", 3)
    monkeypatch.setattr(endless_run, "_SCORES", 64)
    monkeypatch.setattr(endless_run, "_STUDIED", 40)
    cpu = torch.device("cpu")
    run = endless_run.PretrainRun(
        CONFIG, packed_files["train"], packed_files["valid"], tmp_path, cpu, pool=6
    )
    before = run.validate()
    for step in range(14):
        terms = run.one_step(step / 20)
    assert {"playing", "near", "heard"} <= terms.keys()
    after = run.validate()
    assert after["teacher/total"] < before["teacher/total"]
    assert all(p.requires_grad for p in run.model.decoder.parameters())
    run.save()
    endless_run.join(tmp_path)
    (tmp_path / "config.toml").write_text('stage = "together"\n')
    config = replace(CONFIG, stage="hearing", batch=4)
    (tmp_path / "next").mkdir()
    trainer = train.Trainer(config, procedural_data, tmp_path / "next", cpu, [tmp_path])
    for part in ("decoder", "recording", "teacher"):
        for name, value in getattr(run.averaged, part).state_dict().items():
            own = getattr(trainer.model, part).state_dict()[name]
            torch.testing.assert_close(own, value, atol=2e-3, rtol=2e-3)
    again = endless_run.PretrainRun(
        CONFIG, packed_files["train"], packed_files["valid"], tmp_path, cpu, pool=2
    )
    torch.testing.assert_close(again.model.teacher.mean, run.model.teacher.mean)


def test_a_run_ends_when_its_time_is_up(packed_files: dict[str, Path], tmp_path: Path) -> None:
    run = endless_run.PretrainRun(
        CONFIG, packed_files["train"], packed_files["valid"], tmp_path, torch.device("cpu"), pool=3
    )
    started = time.monotonic()
    run.fit(0.02, 1)
    assert time.monotonic() - started < 60
    assert run.step >= 1
    assert (tmp_path / "decoder.safetensors").exists()
    assert {"near", "valid/near", "teacher/partials"} <= read_curves(tmp_path).keys()
