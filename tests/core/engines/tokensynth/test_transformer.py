"""The network's cache, its padding, and strict loading."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.engines.tokensynth.checkpoint import from_state, load_transformer, to_published
from core.engines.tokensynth.transformer import PRESETS, KVCache, Transformer
from core.errors import ModelDamaged
from tests.core.engines.tokensynth import tokensynth_reference as published

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def model() -> Transformer:
    return published.random_transformer(TINY, seed=0)


def sequence(model: Transformer, length: int, seed: int) -> torch.Tensor:
    generator = torch.manual_seed(seed)
    tokens = torch.randint(0, 1025, (1, length, 10), generator=generator)
    timbre = torch.randn(1, 512, generator=generator)
    return torch.cat([model.embed_timbre(timbre), model.embed_tokens(tokens)], dim=1)


def test_the_published_size_is_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        count = sum(p.numel() for p in Transformer(PRESETS["published"]).parameters())
    assert round(count / 1e6, 1) == 175.0


@torch.inference_mode()
def test_cached_steps_give_the_logits_of_the_whole_sequence(model: Transformer) -> None:
    x = sequence(model, 30, seed=1)
    whole = model(x)
    cache = KVCache.allocate(model, 31, [0])
    parts = [model(x[:, :12], cache), model(x[:, 12:13], cache), model(x[:, 13:], cache)]
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)


@torch.inference_mode()
def test_nothing_sees_what_comes_later(model: Transformer) -> None:
    x = sequence(model, 20, seed=2)
    changed = x.clone()
    changed[:, 15:] = changed[:, 15:].flip(-1)
    before, after = model(x), model(changed)
    assert torch.equal(before[:, :15], after[:, :15])
    assert not torch.allclose(before[:, 15:], after[:, 15:], atol=1e-3)


@torch.inference_mode()
def test_left_padding_changes_nothing(model: Transformer) -> None:
    lengths = [20, 9, 14]
    alone = [sequence(model, n, seed=n) for n in lengths]
    longest = max(x.shape[1] for x in alone)
    padding = [longest - x.shape[1] for x in alone]
    batch = torch.full((3, longest, TINY.width), 7.0)  # what stands in padding is not seen
    for row, x, gap in zip(batch, alone, padding, strict=True):
        row[gap:] = x[0]
    step = model.embed_tokens(torch.randint(0, 1025, (3, 1, 10), generator=torch.manual_seed(0)))
    cache = KVCache.allocate(model, longest + 1, padding)
    first, second = model(batch, cache, last_only=True), None
    kept = [2, 0]
    second = model(step[kept], cache.select(kept))
    for row, n in enumerate(kept):
        cache_alone = KVCache.allocate(model, longest + 1, [0])
        assert torch.allclose(model(alone[n], cache_alone)[0, -1], first[n, -1], atol=1e-5)
        expected = model(step[n : n + 1], cache_alone)
        assert torch.allclose(expected[0, -1], second[row, -1], atol=1e-5)


@torch.inference_mode()
def test_a_sequence_that_outgrows_its_room_is_refused(model: Transformer) -> None:
    with pytest.raises(ValueError, match="640"):
        model(torch.zeros(1, 641, TINY.width))
    with pytest.raises(ValueError, match="cache of 4"):
        model(torch.zeros(1, 5, TINY.width), KVCache.allocate(model, 4, [0]))
    full = KVCache.allocate(model, 700, [0])
    model(torch.zeros(1, 640, TINY.width), full)
    with pytest.raises(ValueError, match="640"):
        model(torch.zeros(1, 1, TINY.width), full)


@pytest.mark.parametrize("conditional", [True, False])
def test_a_published_checkpoint_loads_to_the_same_network(
    tmp_path: Path, conditional: bool
) -> None:
    config = TINY if conditional else TINY.unconditional()
    saved = published.random_transformer(config, seed=4)
    path = tmp_path / "token_synth.pt"
    torch.save(to_published(saved), path)
    loaded = load_transformer(path, conditional=conditional)
    assert loaded.config == config
    assert not loaded.training
    for name, tensor in saved.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_both_conventions_of_a_causal_mask_are_accepted_and_no_other(model: Transformer) -> None:
    state = to_published(model)
    for n in range(TINY.layers):
        state[f"blocks.{n}.attn.mask"] = ~state[f"blocks.{n}.attn.mask"]
    from_state(state, TINY)
    state["blocks.0.attn.mask"] = torch.ones_like(state["blocks.0.attn.mask"])
    with pytest.raises(ModelDamaged, match=r"blocks\.0\.attn\.mask"):
        from_state(state, TINY)


@pytest.mark.parametrize("fault", ["missing", "unexpected", "of the wrong shape", "not finite"])
def test_a_checkpoint_that_is_not_exact_is_refused(model: Transformer, fault: str) -> None:
    state = dict(model.state_dict())
    match fault:
        case "missing":
            del state["ln.weight"]
        case "unexpected":
            state["ln2.weight"] = state["ln.weight"]
        case "of the wrong shape":
            state["ln.weight"] = state["ln.weight"][:-1]
        case "not finite":
            state["ln.weight"] = state["ln.weight"] * torch.nan
    with pytest.raises(ModelDamaged, match=rf"{fault}: ln"):
        from_state(state, TINY)


def test_a_conditional_file_is_not_taken_for_an_unconditional_one(
    model: Transformer, tmp_path: Path
) -> None:
    torch.save(to_published(model), tmp_path / "a.pt")
    with pytest.raises(ModelDamaged, match="sos_tok_embed"):
        load_transformer(tmp_path / "a.pt", conditional=False)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token_synth.pt"
    path.write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"token_synth\.pt"):
        load_transformer(path, conditional=True)


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    torch.save({"pos_embed": torch.zeros(1, 77, 8)}, tmp_path / "a.pt")
    with pytest.raises(ModelDamaged, match="no known"):
        load_transformer(tmp_path / "a.pt", conditional=True)
