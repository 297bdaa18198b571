"""Batches of augmented instruments, and the pool they are drawn from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from core.training.embedded import dataset as data
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.gpu import stream as streaming
from core.training.embedded.gpu.packed_dataset import PackedDataset
from core.training.embedded.gpu.random_scores import write_random_scores
from core.training.embedded.gpu.stream import AugmentedStream


@pytest.fixture(autouse=True, scope="module")
def _few_filters() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streaming, "N_FILTERS", 200)
        yield


@pytest.fixture(scope="module")
def stream(packed: PackedDataset) -> AugmentedStream:
    return AugmentedStream(packed, write_random_scores(64, 0), seed=2, size=6)


def test_batches_have_the_form_of_those_of_prepared_data(
    stream: AugmentedStream, procedural_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "N_CAPTIONS", 3)
    rng = np.random.default_rng(0)
    prepared = data.TrainingSet(procedural_data, "train").batch_of(np.arange(3), rng, 40, 0.5, 2)
    own = stream.draw(3, 40, 0.5, 2)
    for field in fields(TrainingBatch):
        mine, theirs = getattr(own, field.name), getattr(prepared, field.name)
        assert mine.shape == theirs.shape, field.name
        assert mine.is_floating_point() == theirs.is_floating_point(), field.name
        if field.name not in ("modulation", "sentence"):
            assert torch.isfinite(mine.float()).all(), field.name


def test_padding_of_short_references_is_silence(stream: AugmentedStream) -> None:
    batch = stream.draw(6, 190, 1.0, 1)
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


def test_the_pool_is_renewed_meanwhile(stream: AugmentedStream) -> None:
    before = stream.made
    with stream.renewing():
        for _ in range(600):
            if stream.made > before:
                break
            time.sleep(0.1)
    assert stream.made > before
    assert stream.draw(2, 40, 0.0, 1).frames.shape == (2, 2)


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


def assert_equal_batches(one: TrainingBatch, other: TrainingBatch) -> None:
    for field in fields(TrainingBatch):
        mine, theirs = (
            torch.nan_to_num(getattr(each, field.name).float()) for each in (one, other)
        )
        assert torch.equal(mine, theirs), field.name


@pytest.mark.parametrize("augmented", [True, False])
def test_a_stream_goes_on_from_its_state_with_the_same_pool(
    packed: PackedDataset, augmented: bool
) -> None:
    """However often the pool was renewed, in groups that overwrite each other in part."""
    scores = write_random_scores(64, 0)
    first, second = (
        AugmentedStream(packed, scores, seed=2, size=5, augmented=augmented) for _ in range(2)
    )
    for count in (2, 4, 2):
        first.renew(count)
        first.draw(2, 40, 0.5, 1)
    second.load_state_dict(first.state_dict())
    assert second.made == first.made == 5 + 8
    assert_equal_batches(first.draw(5, 40, 0.5, 2), second.draw(5, 40, 0.5, 2))
    for stream in (first, second):
        stream.renew(2)
    assert_equal_batches(first.draw(5, 40, 0.5, 2), second.draw(5, 40, 0.5, 2))


def test_a_state_holds_no_more_groups_than_are_left(packed: PackedDataset) -> None:
    stream = AugmentedStream(packed, write_random_scores(64, 0), seed=2, size=3)
    for _ in range(5):
        stream.renew(2)
    assert len(stream.state_dict()["renewals"]) == 2
