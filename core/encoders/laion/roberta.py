"""RoBERTa's network, for the text branch of CLAP: token ids in, one pooled vector out.

Parameter names are those of ``transformers.RobertaModel``, whose weights load as they are,
and a test compares the two. No tokenizer here, no masked-word head.
Source: Liu et al. 2019, arXiv:1907.11692.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.encoders.bert import Bert, BertConfig, fused_attention


@dataclass(frozen=True, slots=True)
class RobertaConfig(BertConfig):
    """Sizes; the defaults are roberta-base's.

    Attributes:
        padding_token: id of the token that fills up a batch; positions count on from it.
    """

    vocabulary: int = 50265
    width: int = 768
    layers: int = 12
    heads: int = 12
    inner: int = 3072
    positions: int = 514
    norm_epsilon: float = 1e-5
    padding_token: int = 1


class Roberta(Bert):
    """The encoder and its pooler.

    Args:
        config: the sizes.
    """

    def __init__(self, config: RobertaConfig) -> None:
        super().__init__(config, fused_attention)
        self.config = config
        self.pooler = nn.ModuleDict({"dense": nn.Linear(config.width, config.width)})

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
        summed = (
            self.embeddings["word_embeddings"](tokens)
            + self.embeddings["token_type_embeddings"](torch.zeros_like(tokens))
            + self.embeddings["position_embeddings"](positions)
        )
        x = self.encode(summed, attended.bool()[:, None, None, :])
        pooled: Tensor = self.pooler["dense"](x[:, 0]).tanh()
        return pooled
