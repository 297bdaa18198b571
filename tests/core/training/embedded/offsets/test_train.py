"""Performances whose keys are known, and a network trained on them in little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.clip import Note
from core.encoders.embedded.note_offsets import BEFORE, N_FEATURES, N_STEPS, STEP_S, NoteOffsets
from core.training.curves import read_curves
from core.training.embedded.offsets import dataset
from core.training.embedded.offsets.dataset import LabelledPerformance, PerformanceMaker
from core.training.embedded.offsets.examples import examples_of, read_examples, write_examples
from core.training.embedded.offsets.train import evaluate, offset_loss, open_run
from core.training.sources import derived
from core.training.sources.instruments import SAMPLE_RATE


@pytest.fixture(autouse=True)
def _one_font(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (dataset, derived):
        monkeypatch.setattr(module, "FONTS", {"fluid": "FluidR3_GM.sf2"})


def made(seed: int, count: int) -> list[LabelledPerformance]:
    maker = PerformanceMaker("train", seed)
    try:
        return [maker.make() for _ in range(count)]
    finally:
        maker.close()


@pytest.fixture(scope="module")
def some() -> Iterator[list[LabelledPerformance]]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (dataset, derived):
            patch.setattr(module, "FONTS", {"fluid": "FluidR3_GM.sf2"})
        yield made(3, 8)


def test_the_same_seed_gives_the_same_performances(some: list[LabelledPerformance]) -> None:
    again = made(3, 2)
    for first, second in zip(some, again, strict=False):
        assert first.instrument == second.instrument
        assert first.played == second.played
        np.testing.assert_allclose(first.mono, second.mono, atol=1e-6)
    assert made(4, 1)[0].played != some[0].played


def test_performances_begin_with_sound_and_know_what_is_played(
    some: list[LabelledPerformance],
) -> None:
    matched = 0
    for performance in some:
        assert np.abs(performance.mono).max() == pytest.approx(1.0)
        assert np.abs(performance.mono[:1]).max() > 1e-3
        length_s = len(performance.mono) / SAMPLE_RATE
        assert all(note.start_s < length_s for note in performance.played)
        for number, end_s in performance.match_offsets():
            note = performance.transcribed[number]
            assert (note.pitch, end_s) in {(n.pitch, n.end_s) for n in performance.played}
            matched += 1
    assert matched >= len(some)


def test_a_transcribed_note_is_matched_with_the_nearest_of_its_key() -> None:
    played = (Note(0.0, 60, 90, 0.2), Note(0.1, 60, 90, 0.3), Note(0.1, 64, 90, 0.9))
    transcribed = (Note(0.08, 60, 90, 0.5), Note(1.0, 60, 90, 0.5))
    performance = LabelledPerformance("x", np.ones(SAMPLE_RATE, np.float32), played, transcribed)
    ((index, end_s),) = performance.match_offsets()
    assert index == 0
    assert end_s == pytest.approx(0.4)


def test_training_lowers_the_loss_and_writes_what_loads(
    some: list[LabelledPerformance], tmp_path: Path
) -> None:
    examples = examples_of(some)
    assert examples.features.shape[1:] == (N_STEPS, N_FEATURES)
    assert (examples.offset >= BEFORE + 3).all()
    torch.manual_seed(0)
    network = NoteOffsets().eval()
    everything = torch.arange(len(examples.offset))
    before = float(offset_loss(network, examples, everything))
    open_run(examples, examples, 12, tmp_path).train()
    stored = load_file(tmp_path / "note_ends.safetensors")
    assert all(value.dtype == torch.float16 for value in stored.values())
    network.load_state_dict({name: value.float() for name, value in stored.items()})
    assert float(offset_loss(network, examples, everything)) < 0.8 * before
    assert {"valid/total", "corrected/median_ms"} <= read_curves(tmp_path).keys()


def test_a_run_broken_off_goes_on_as_if_it_had_not_been(
    some: list[LabelledPerformance], tmp_path: Path
) -> None:
    examples = examples_of(some)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    weights = []
    for name, stops in (("whole", (6,)), ("broken", (2, 6))):
        (tmp_path / name).mkdir()
        for stop in stops:
            torch.manual_seed(99)  # what else used random numbers meanwhile is no matter
            loop = open_run(examples, examples, 6, tmp_path / name)
            while loop.step < stop:
                loop.one_step()
            loop.save()
        weights.append(loop.task.modules["network"].state_dict())
    torch.set_num_threads(threads)
    for name, value in weights[0].items():
        assert torch.equal(weights[1][name], value), name


def test_examples_are_read_back_in_order(some: list[LabelledPerformance], tmp_path: Path) -> None:
    parts = [examples_of(some[:2]), examples_of(some[2:])]
    files = [tmp_path / f"train-{number}.pt" for number in range(2)]
    for part, path in zip(parts, files, strict=True):
        write_examples(part, path)
    found, whole = read_examples(files), examples_of(some)
    assert vars(found).keys() == vars(whole).keys()
    for name, value in vars(whole).items():
        assert torch.equal(getattr(found, name), value), name


def test_the_loss_is_least_where_the_key_was_let_go(some: list[LabelledPerformance]) -> None:
    examples = examples_of(some[:3])

    class Oracle(NoteOffsets):
        late = 0.0

        def forward(self, features: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            off = (torch.arange(N_STEPS) - examples.offset[:, None] - self.late) / 1.5
            return torch.log_softmax(-0.5 * off.square(), dim=1)

    oracle, chosen = Oracle().eval(), torch.arange(len(examples.offset))
    losses = []
    for late in (-5.0, 0.0, 5.0):
        oracle.late = late
        losses.append(float(offset_loss(oracle, examples, chosen)))
    assert losses[1] < min(losses[0], losses[2])
    oracle.late = 0.0
    # Its errors are those of whole steps.
    figures = evaluate(oracle, examples)
    assert max(figures[f"corrected/{p}_percent_within_ms"] for p in (50, 75, 90)) <= 1000 * STEP_S
