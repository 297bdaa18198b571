"""Sampling: exact filters, honest chance, guidance and its defaults."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.engines.tokensynth.sampling import (
    Sampling,
    draw_exponentials,
    exponential_race,
    filter_logits,
    guide,
    sample,
    split_heads,
)
from core.engines.tokensynth.settings import sampling_for
from core.engines.tokensynth.tokens import AUDIO_VOCAB, MIDI_VOCAB
from core.engines.tokensynth.transformer import PRESETS
from core.settings import RenderSettings

V = PRESETS["tiny"].logits


def kept(heads: torch.Tensor, **settings: float) -> torch.Tensor:
    return filter_logits(heads, [Sampling(**settings)] * len(heads)).isfinite()  # type: ignore[arg-type]


@given(st.integers(1, 40), st.integers(0, 99), st.booleans())
def test_top_k_keeps_exactly_k(k: int, seed: int, ties: bool) -> None:
    heads = torch.randn(2, 3, 30, generator=torch.manual_seed(seed))
    if ties:
        heads = heads.round()
    mask = kept(heads, top_k=k)
    assert bool((mask.sum(-1) == min(k, 30)).all())
    lowest = torch.where(mask, heads, torch.inf).amin(-1)
    highest_dropped = torch.where(mask, -torch.inf, heads).amax(-1)
    assert bool((lowest >= highest_dropped).all())


@given(st.floats(0.01, 1.0), st.integers(0, 99))
def test_top_p_keeps_the_smallest_sufficient_set(p: float, seed: int) -> None:
    heads = 3 * torch.randn(1, 4, 30, generator=torch.manual_seed(seed))
    mask = kept(heads, top_p=p)
    probabilities = heads.softmax(-1)
    inside = (probabilities * mask).sum(-1)
    least = torch.where(mask, probabilities, 2.0).amin(-1)
    assert bool((inside >= p - 1e-5).all())
    if p < 1:
        assert bool((inside - least < p + 1e-5).all())


def test_a_top_p_of_one_keeps_everything() -> None:
    heads = torch.tensor([[[0.0, -60.0, -80.0]]])
    assert bool(kept(heads, top_p=1.0).all())


def test_temperature_acts_before_the_filters() -> None:
    heads = torch.tensor([[[2.0, 1.0, 0.0]]])
    assert kept(heads, top_p=0.6, temperature=0.1).sum() == 1
    assert kept(heads, top_p=0.6, temperature=100.0).sum() == 2
    scaled = filter_logits(heads, [Sampling(temperature=0.5)])
    assert torch.allclose(scaled, heads * 2)


def test_the_race_draws_from_the_distribution() -> None:
    weights = torch.tensor([0.5, 0.3, 0.15, 0.05])
    times = torch.empty(20000, 1, 4).exponential_(generator=torch.manual_seed(0))
    drawn = exponential_race(weights.log().expand(20000, 1, 4), times)
    share = torch.bincount(drawn[:, 0], minlength=4) / 20000
    assert torch.allclose(share, weights, atol=0.015)


def test_every_head_draws_from_its_own_vocabulary() -> None:
    logits = torch.zeros(1, V)
    logits[0, 7] = 50.0
    for k in range(9):
        logits[0, MIDI_VOCAB + k * AUDIO_VOCAB + 100 * k + 3] = 50.0
    chosen = sample(logits, [Sampling()], draw_exponentials([torch.manual_seed(0)]))
    assert chosen[0].tolist() == [7] + [100 * k + 3 for k in range(9)]
    assert bool((split_heads(logits)[:, 1:, AUDIO_VOCAB:] == -torch.inf).all())


def test_a_batch_gives_each_item_what_it_gets_alone() -> None:
    logits = torch.randn(3, V, generator=torch.manual_seed(1))
    settings = [Sampling(top_k=10), Sampling(top_p=0.6), Sampling(temperature=2.0)]

    def generators() -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in (4, 5, 6)]

    together = sample(logits, settings, draw_exponentials(generators()))
    for n, generator in enumerate(generators()):
        alone = sample(logits[n : n + 1], settings[n : n + 1], draw_exponentials([generator]))
        assert torch.equal(alone[0], together[n])


def test_guidance_moves_the_first_codebooks_alone() -> None:
    conditional, unconditional = torch.full((V,), 2.0), torch.full((V,), 1.0)
    guided = guide(conditional, unconditional, 1.6, 3)
    part = slice(MIDI_VOCAB, MIDI_VOCAB + 3 * AUDIO_VOCAB)
    assert torch.allclose(guided[part], torch.tensor(2.6))
    assert bool((guided[: part.start] == 2).all())
    assert bool((guided[part.stop :] == 2).all())


def test_defaults_are_those_of_the_published_readme() -> None:
    guided = sampling_for(RenderSettings(), can_guide=True)
    assert (guided.top_p, guided.guidance, guided.top_k) == (0.6, 1.6, MIDI_VOCAB)
    plain = sampling_for(RenderSettings(), can_guide=False)
    assert (plain.top_p, plain.guidance, plain.top_k) == (1.0, 1.0, 10)
    by_k = sampling_for(RenderSettings(top_k=5), can_guide=True)
    assert (by_k.top_k, by_k.guidance, by_k.top_p) == (5, 1.0, 1.0)
    asked = sampling_for(RenderSettings(top_k=5, guidance=2.0, temperature=0.7), can_guide=True)
    assert (asked.guidance, asked.temperature) == (2.0, 0.7)
