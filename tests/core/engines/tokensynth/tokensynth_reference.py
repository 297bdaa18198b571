"""The PyPI package tokensynth 0.0.4, for comparison: its network and its functions, no more.

Importing the package itself imports laion_clap, which asks the Hugging Face hub for three
tokenizers. The two modules the comparison needs import alone when a bare module object with
the package's path stands in ``sys.modules`` first.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest
import torch

from core.engines.tokensynth.checkpoint import to_published
from core.engines.tokensynth.transformer import Transformer, TransformerConfig


def load(name: str) -> ModuleType:
    """The module ``tokensynth.<name>``."""
    if "tokensynth" not in sys.modules:
        spec = importlib.util.find_spec("tokensynth")
        assert spec is not None
        assert spec.submodule_search_locations is not None
        package = ModuleType("tokensynth")
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["tokensynth"] = package
    return importlib.import_module(f"tokensynth.{name}")


def random_transformer(config: TransformerConfig, seed: int) -> Transformer:
    """A network whose every parameter is random and matters.

    PyTorch's own initialisation leaves the positions at zero, the norms at one and the
    timbre faint, which would hide a mistake in any of them.
    """
    torch.manual_seed(seed)
    model = Transformer(config).requires_grad_(False).eval()
    model.pos_embed.normal_(0.0, 0.5)
    if config.conditional:
        for layer, std in ((0, 1.0), (2, 0.05)):  # timbres have norm 1, not √512
            linear = model.clap_projection[layer]
            assert isinstance(linear, torch.nn.Linear)
            linear.weight.normal_(0.0, std)
    for block in model.blocks:
        for name in ("ln1", "ln2"):
            norm = block.get_submodule(name)
            assert isinstance(norm, torch.nn.LayerNorm)
            norm.weight.normal_(1.0, 0.1)
            norm.bias.normal_(0.0, 0.1)
    return model


def twin(model: Transformer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package's network, a torch module with ``model``'s sizes and weights, loaded strictly."""
    published, config = load("model"), model.config

    class Sizes:
        batch_size = 1
        num_heads = config.heads
        num_blocks = config.layers
        embed_dim = config.width
        attn_dropout = embed_dropout = ff_dropout = config.dropout
        midi_vocab_size = 1133
        audio_vocab_size = 1025
        max_len = config.positions

    monkeypatch.setattr(published.TokenSynth, "get_hparams", lambda _self: Sizes())
    cpu = torch.device("cpu")
    with torch.device("meta"):
        kind = published.TokenSynth if config.conditional else published.TokenSynthUnconditional
        network: torch.nn.Module = kind.__new__(kind)
    network.__init__(device=cpu)  # type: ignore[misc]
    network.load_state_dict(to_published(model), strict=True, assign=True)
    return network.requires_grad_(False).eval()
