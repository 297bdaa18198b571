"""The BERT encoder: the network under both sentence encoders, MiniLM and RoBERTa.

Written out because importing transformers takes longer than everything else a render does.
Parameter names are that library's, so that published weights load as they are, and tests
compare the results. What the two models do not share is theirs: how positions are counted,
the order in which embeddings are added, attention's implementation and the pooling. No
tokenizer here, no training, no heads. Source: Devlin et al. 2019, arXiv:1810.04805.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

AttentionFunction = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
"""Query, key and value, each [B, H, T, D], and a mask to [B, H, T, D]; the mask is True
where a token may be attended to and broadcasts to [B, H, T, T], None allows all."""


def eager_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """:data:`AttentionFunction` as the formula has it, softmax(QKᵀ/√D)·V."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])  # [B, H, T, T]
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1) @ value


def fused_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """:data:`AttentionFunction` by torch's fused kernels; rounds unlike the eager one."""
    return scaled_dot_product_attention(query, key, value, attn_mask=mask)


@dataclass(frozen=True, slots=True)
class BertConfig:
    """Sizes of a network.

    Attributes:
        vocabulary: number of tokens.
        width: of the hidden states.
        layers: number of them.
        heads: of attention; they share the width.
        inner: width inside the feed-forward layers.
        positions: number of position embeddings.
        norm_epsilon: of the layer norms.
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    norm_epsilon: float


def _embedding(count: int, width: int) -> nn.Embedding:
    """A table with random weights; on the device "meta" with none, as others will be loaded.

    Drawing them there imports torch's compiler, which takes seconds.

    Args:
        count: of rows.
        width: of a row.
    """
    weight = torch.empty(count, width)
    return nn.Embedding(count, width, _weight=weight if weight.is_meta else None)


class Bert(nn.Module):
    """Embeddings and encoder; a model adds the embeddings up in its own way.

    Args:
        config: the sizes.
        attention: which implementation.
    """

    def __init__(self, config: BertConfig, attention: AttentionFunction) -> None:
        super().__init__()
        width = config.width
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": _embedding(config.vocabulary, width),
                "position_embeddings": _embedding(config.positions, width),
                "token_type_embeddings": _embedding(1, width),
                "LayerNorm": nn.LayerNorm(width, eps=config.norm_epsilon),
            }
        )
        layers = nn.ModuleList(_Layer(config, attention) for _ in range(config.layers))
        self.encoder = nn.ModuleDict({"layer": layers})

    def encode(self, summed: Tensor, mask: Tensor | None = None) -> Tensor:
        """Hidden states of the last layer.

        Args:
            summed: word, position and token type embeddings added up, [B, T, width].
            mask: True where a token may be attended to, [B, 1, 1, T]; None: everywhere.

        Returns:
            [B, T, width].
        """
        x: Tensor = self.embeddings["LayerNorm"](summed)
        for layer in self.encoder["layer"].children():
            x = layer(x, mask)
        return x


class _Layer(nn.Module):
    """Attention and a feed-forward layer, each followed by its norm."""

    def __init__(self, config: BertConfig, attention: AttentionFunction) -> None:
        super().__init__()
        self._heads, self._attention = config.heads, attention
        width = config.width
        self.attention = nn.ModuleDict(
            {
                "self": nn.ModuleDict(
                    {name: nn.Linear(width, width) for name in ("query", "key", "value")}
                ),
                "output": _output(width, config),
            }
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, config.inner)})
        self.output = _output(config.inner, config)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        query, key, value = (
            linear(x).view(*x.shape[:2], self._heads, -1).transpose(1, 2)  # [B, H, T, width / H]
            for linear in self.attention["self"].children()
        )
        mixed = self._attention(query, key, value, mask).transpose(1, 2).flatten(2)  # [B, T, width]
        output = self.attention["output"]
        x = output["LayerNorm"](x + output["dense"](mixed))  # type: ignore[index]
        inner = self.output["dense"](gelu(self.intermediate["dense"](x)))
        out: Tensor = self.output["LayerNorm"](x + inner)
        return out


def _output(inputs: int, config: BertConfig) -> nn.ModuleDict:
    return nn.ModuleDict(
        {
            "dense": nn.Linear(inputs, config.width),
            "LayerNorm": nn.LayerNorm(config.width, eps=config.norm_epsilon),
        }
    )
