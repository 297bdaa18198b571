"""The parts of the BERT network that its two models take in different ways."""

from __future__ import annotations

import pytest
import torch

from core.encoders.bert import AttentionFunction, Bert, BertConfig, eager_attention, fused_attention

SMALL = BertConfig(
    vocabulary=50, width=32, layers=2, heads=4, inner=48, positions=16, norm_epsilon=1e-5
)


def embedded(network: Bert, tokens: torch.Tensor) -> torch.Tensor:
    summed: torch.Tensor = network.embeddings["word_embeddings"](tokens)
    return summed


@pytest.fixture(params=[eager_attention, fused_attention])
def network(request: pytest.FixtureRequest) -> Bert:
    attention: AttentionFunction = request.param
    torch.manual_seed(0)
    return Bert(SMALL, attention).requires_grad_(False).eval()


def test_both_attentions_differ_by_rounding_only() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 9, 8).unbind()
    mask = torch.rand(2, 1, 1, 9) < 0.7
    for each in (None, mask):
        torch.testing.assert_close(
            eager_attention(query, key, value, each), fused_attention(query, key, value, each)
        )


def test_masked_tokens_change_nothing(network: Bert) -> None:
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6]])
    mask = torch.tensor([[True, True, True, True, False, False]])[:, None, None, :]
    first = network.encode(embedded(network, tokens), mask)
    tokens[0, 4:] = 9
    second = network.encode(embedded(network, tokens), mask)
    torch.testing.assert_close(first[:, :4], second[:, :4])
    shorter = network.encode(embedded(network, tokens[:, :4]))
    torch.testing.assert_close(first[:, :4], shorter)
    assert not torch.allclose(network.encode(embedded(network, tokens))[:, :4], shorter)
