"""Takes with known keys, and a network trained on them in little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.clip import Note
from core.encoders.embedded.note_offsets import BEFORE, N_FEATURES, N_STEPS, STEP_S, NoteOffsets
from core.training.embedded.offsets import dataset as takes
from core.training.embedded.offsets import train as ends
from core.training.embedded.offsets.dataset import PerformanceMaker, Take
from core.training.sources import derived
from core.training.sources.instruments import SAMPLE_RATE


@pytest.fixture(autouse=True)
def _one_font(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (takes, derived):
        monkeypatch.setattr(module, "FONTS", {"fluid": "FluidR3_GM.sf2"})


def made(seed: int, count: int) -> list[Take]:
    maker = PerformanceMaker("train", seed)
    try:
        return [maker.make() for _ in range(count)]
    finally:
        maker.close()


@pytest.fixture(scope="module")
def some() -> Iterator[list[Take]]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (takes, derived):
            patch.setattr(module, "FONTS", {"fluid": "FluidR3_GM.sf2"})
        yield made(3, 8)


def test_the_same_seed_gives_the_same_takes(some: list[Take]) -> None:
    again = made(3, 2)
    for first, second in zip(some, again, strict=False):
        assert first.instrument == second.instrument
        assert first.played == second.played
        np.testing.assert_allclose(first.mono, second.mono, atol=1e-6)
    assert made(4, 1)[0].played != some[0].played


def test_takes_begin_with_sound_and_know_what_is_played(some: list[Take]) -> None:
    matched = 0
    for take in some:
        assert np.abs(take.mono).max() == pytest.approx(1.0)
        assert np.abs(take.mono[:1]).max() > 1e-3
        length_s = len(take.mono) / SAMPLE_RATE
        assert all(note.start_s < length_s for note in take.played)
        for number, end_s in take.matched():
            heard = take.heard[number]
            assert (heard.pitch, end_s) in {(n.pitch, n.end_s) for n in take.played}
            matched += 1
    assert matched >= len(some)


def test_a_heard_note_is_matched_with_the_nearest_of_its_key() -> None:
    played = (Note(0.0, 60, 90, 0.2), Note(0.1, 60, 90, 0.3), Note(0.1, 64, 90, 0.9))
    heard = (Note(0.08, 60, 90, 0.5), Note(1.0, 60, 90, 0.5))
    take = Take("x", np.ones(SAMPLE_RATE, np.float32), played, heard)
    ((number, end_s),) = take.matched()
    assert number == 0
    assert end_s == pytest.approx(0.4)


def test_training_lowers_the_cost_and_writes_what_loads(some: list[Take], tmp_path: Path) -> None:
    shown = ends.notes_of(some)
    assert shown.features.shape[1:] == (N_STEPS, N_FEATURES)
    assert (shown.end >= BEFORE + 3).all()
    torch.manual_seed(0)
    network = NoteOffsets().eval()
    everything = torch.arange(len(shown.end))
    before = float(ends.cost(network, shown, everything))
    ends.train(shown, shown, 12, tmp_path)
    stored = load_file(tmp_path / "note_ends.safetensors")
    network.load_state_dict({name: value.float() for name, value in stored.items()})
    assert float(ends.cost(network, shown, everything)) < 0.8 * before
    assert "corrected" in ends.report(network, shown)


def test_the_cost_is_least_where_the_key_was_let_go(some: list[Take]) -> None:
    shown = ends.notes_of(some[:3])

    class Knows(NoteOffsets):
        late = 0.0

        def forward(self, features: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            off = (torch.arange(N_STEPS) - shown.end[:, None] - self.late) / 1.5
            return torch.log_softmax(-0.5 * off.square(), dim=1)

    knows, chosen = Knows().eval(), torch.arange(len(shown.end))
    costs = []
    for late in (-5.0, 0.0, 5.0):
        knows.late = late
        costs.append(float(ends.cost(knows, shown, chosen)))
    assert costs[1] < min(costs[0], costs[2])
    knows.late = 0.0
    # Errors of one who knows are those of whole steps.
    within = ends.report(knows, shown).rsplit("within ", 1)[1].removesuffix(" ms").split()
    assert max(map(int, within)) <= round(1000 * STEP_S)
