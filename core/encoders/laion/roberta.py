"""RoBERTa's network, for the text branch of CLAP: token ids in, one pooled vector out.

Written out because importing transformers takes longer than everything else a render does.
Parameter names are those of ``transformers.RobertaModel``, whose weights load as they are,
and a test compares the two. No tokenizer here, no training, no masked-word head.
Source: Liu et al. 2019, arXiv:1907.11692.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention


@dataclass(frozen=True, slots=True)
class RobertaConfig:
    """Sizes; the defaults are roberta-base's."""

    vocabulary: int = 50265
    width: int = 768
    layers: int = 12
    heads: int = 12
    inner: int = 3072
    positions: int = 514
    padding_token: int = 1
    norm_epsilon: float = 1e-5


class Roberta(nn.Module):
    """The encoder and its pooler."""

    def __init__(self, config: RobertaConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(config.vocabulary, width),
                "position_embeddings": nn.Embedding(config.positions, width),
                "token_type_embeddings": nn.Embedding(1, width),
                "LayerNorm": nn.LayerNorm(width, eps=config.norm_epsilon),
            }
        )
        layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.encoder = nn.ModuleDict({"layer": layers})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(width, width)})

    def forward(self, tokens: Tensor, attended: Tensor) -> Tensor:
        """The pooled first token.

        Args:
            tokens: int64 [B, T].
            attended: 1 where a token is, 0 where padding is, [B, T].

        Returns:
            [B, width].
        """
        real = (tokens != self.config.padding_token).long()
        # Positions count on from the padding token's index, which padding itself keeps.
        positions = real.cumsum(dim=1) * real + self.config.padding_token
        x = (
            self.embeddings["word_embeddings"](tokens)
            + self.embeddings["token_type_embeddings"](torch.zeros_like(tokens))
            + self.embeddings["position_embeddings"](positions)
        )
        x = self.embeddings["LayerNorm"](x)
        mask = attended.bool()[:, None, None, :]
        for layer in self.encoder["layer"].children():
            x = layer(x, mask)
        pooled: Tensor = self.pooler["dense"](x[:, 0]).tanh()
        return pooled


class _Layer(nn.Module):
    """Attention and a feed-forward layer, each followed by its norm."""

    def __init__(self, config: RobertaConfig) -> None:
        super().__init__()
        self.heads = config.heads
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

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (
            linear(x).view(*x.shape[:2], self.heads, -1).transpose(1, 2)  # [B, H, T, width / H]
            for linear in self.attention["self"].children()
        )
        heard = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        output = self.attention["output"]
        x = output["LayerNorm"](x + output["dense"](heard.transpose(1, 2).flatten(2)))  # type: ignore[index]
        inner = self.output["dense"](gelu(self.intermediate["dense"](x)))
        out: Tensor = self.output["LayerNorm"](x + inner)
        return out


def _output(inputs: int, config: RobertaConfig) -> nn.ModuleDict:
    return nn.ModuleDict(
        {
            "dense": nn.Linear(inputs, config.width),
            "LayerNorm": nn.LayerNorm(config.width, eps=config.norm_epsilon),
        }
    )
