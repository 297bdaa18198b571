"""The network: tokens in, logits out. It samples nothing and keeps no state.

A pre-norm decoder with learned positions. A sequence opens with one start embedding
(a projected timbre embedding, or one learned vector in the unconditional network that
first-note guidance needs), then the sums of ten token embeddings. State of a decode is a
:class:`KVCache` the caller owns. Parameter names are those of the PyPI package
tokensynth 0.0.4, so that its checkpoints load as they are (:mod:`.checkpoint`).

Shapes: B batch, S new positions, L cached positions, D width, H heads, V all logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from core.engines.tokensynth.tokens import AUDIO_VOCAB, CODEBOOKS, MIDI_VOCAB
from core.types import EMBEDDING_DIM

PROJECTION_WIDTH = 1024
"""Hidden width of the timbre projection, whatever the network's."""


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """Sizes of one network.

    Attributes:
        width: D, a multiple of ``heads``.
        layers: number of blocks.
        heads: attention heads in a block.
        positions: longest sequence, the start embedding included.
        conditional: opens with a timbre embedding; else with one learned vector.
        dropout: in training only.
    """

    width: int
    layers: int
    heads: int
    positions: int
    conditional: bool = True
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of {self.heads} heads")

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def logits(self) -> int:
        """V: MIDI logits, then those of each codebook."""
        return MIDI_VOCAB + CODEBOOKS * AUDIO_VOCAB

    def unconditional(self) -> TransformerConfig:
        """The same sizes with a learned start."""
        return replace(self, conditional=False)


PRESETS = {
    "published": TransformerConfig(1024, 12, 16, 1024),  # 175.0 M parameters
    "mini": TransformerConfig(320, 6, 5, 1024),  # 15.2 M, 6.6 M of them in tables and head
    "tiny": TransformerConfig(32, 2, 2, 640),  # for tests; long enough for one window
}


@dataclass
class KVCache:
    """Keys and values of the positions seen so far, for one batch.

    Sequences of different lengths are aligned at their ends: item b begins after
    ``padding[b]`` unused slots, which nothing attends to and which take no position.

    Attributes:
        keys, values: per layer [B, H, capacity, D/H].
        padding: int64 [B].
        least_padding, most_padding: its extremes, kept to spare the device a question.
        length: slots filled, the same for every item.
    """

    keys: list[Tensor]
    values: list[Tensor]
    padding: Tensor
    least_padding: int
    most_padding: int
    length: int = 0

    @classmethod
    def allocate(cls, model: Transformer, capacity: int, padding: Sequence[int]) -> KVCache:
        """An empty cache.

        Args:
            model: whose layers, heads, device and type of number it has.
            capacity: slots of an item, its padding included.
            padding: unused slots at the start of each of B items.
        """
        config, like = model.config, model.pos_embed
        shape = (len(padding), config.heads, capacity, config.head_width)  # [B, H, ·, D/H]
        return cls(
            [like.new_zeros(shape) for _ in range(config.layers)],
            [like.new_zeros(shape) for _ in range(config.layers)],
            torch.tensor(padding, device=like.device),
            min(padding),
            max(padding),
        )

    @property
    def capacity(self) -> int:
        return int(self.keys[0].shape[2])

    def select(self, rows: Sequence[int]) -> KVCache:
        """The cache of these items alone, in this order."""
        if not rows:
            return KVCache([], [], self.padding[:0], 0, 0, self.length)
        index = torch.tensor(rows, device=self.padding.device)
        padding = self.padding[index]
        return KVCache(
            [keys[index] for keys in self.keys],
            [values[index] for values in self.values],
            padding,
            int(padding.min()),
            int(padding.max()),
            self.length,
        )

    def positions(self, count: int) -> Tensor:
        """Position of the next ``count`` slots in each item's own sequence, [B, count]."""
        slots = torch.arange(self.length, self.length + count, device=self.padding.device)
        # Padding has no position of its own; any will do, as nothing attends to it.
        return (slots[None, :] - self.padding[:, None]).clamp(min=0)

    def mask(self, count: int) -> Tensor | None:
        """Which of all slots (True) the next ``count`` attend to: [B, 1, count, L + count].

        Causal, and never into padding, except that a padding slot sees itself: a row
        without any True would make NaN. None where a single slot sees everything.
        """
        if count == 1 and self.most_padding == 0:
            return None
        total = self.length + count
        key = torch.arange(total, device=self.padding.device)  # [L + count]
        query = key[self.length :, None]  # [count, 1]
        real = key[None, None, :] >= self.padding[:, None, None]  # [B, 1, L + count]
        return (((key <= query) & real) | (key == query))[:, None]

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store a layer's new keys and values after ``length``.

        ``length`` itself grows when all layers have done so: :meth:`Transformer.forward`.

        Args:
            layer: which one, from 0.
            keys, values: of the new slots, [B, H, S, D/H].

        Returns:
            Keys and values of all slots up to the new ones, [B, H, L + S, D/H], as views.

        Raises:
            ValueError: if they do not fit.
        """
        end = self.length + keys.shape[2]
        if end > self.capacity:
            raise ValueError(f"{end} slots do not fit into a cache of {self.capacity}")
        self.keys[layer][:, :, self.length : end] = keys
        self.values[layer][:, :, self.length : end] = values
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]


class Attention(nn.Module):
    """Multi-head self-attention over the cache."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.query = nn.Linear(config.width, config.width)
        self.proj = nn.Linear(config.width, config.width)
        self.proj_dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, layer: int, mask: Tensor | None, cache: KVCache | None) -> Tensor:
        """Attend from the new positions to all.

        Args:
            x: [B, S, D].
            layer: which of the cache's.
            mask: from :meth:`KVCache.mask`, [B, 1, S, L + S]; None attends to everything,
                or causally without a cache.
            cache: what came before; this layer's keys and values are added.

        Returns:
            [B, S, D].
        """
        query, key, value = (  # [B, H, S, D/H] each
            self._split(linear(x)) for linear in (self.query, self.key, self.value)
        )
        if cache is not None:
            key, value = cache.append(layer, key, value)  # [B, H, L + S, D/H]
        y = scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=cache is None)
        out: Tensor = self.proj_dropout(self.proj(y.transpose(1, 2).flatten(2)))  # [B, S, D]
        return out

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)  # [B, H, S, D/H]


class Block(nn.Module):
    """Attention and a feed-forward layer, each behind its norm."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.ln1 = nn.LayerNorm(config.width)
        self.ln2 = nn.LayerNorm(config.width)
        self.attn = Attention(config)
        self.ff = nn.Sequential(
            nn.Linear(config.width, 4 * config.width),
            nn.GELU(),
            nn.Linear(4 * config.width, config.width),
            nn.Dropout(config.dropout),
        )

    def forward(self, x: Tensor, layer: int, mask: Tensor | None, cache: KVCache | None) -> Tensor:
        """[B, S, D] → [B, S, D]. See :meth:`Attention.forward`."""
        x = x + self.attn(self.ln1(x), layer, mask, cache)
        out: Tensor = x + self.ff(self.ln2(x))
        return out


def timbre_projection(config: TransformerConfig) -> nn.Sequential:
    """From a timbre embedding to the width of the network, [B, 512] → [B, D]."""
    return nn.Sequential(
        nn.Linear(EMBEDDING_DIM, PROJECTION_WIDTH),
        nn.ReLU(),
        nn.Linear(PROJECTION_WIDTH, config.width),
    )


class Transformer(nn.Module):
    """The decoder, with or without a timbre."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.midi_tok_embed = nn.Embedding(MIDI_VOCAB, config.width)
        self.audio_tok_embed = nn.ModuleList(
            nn.Embedding(AUDIO_VOCAB, config.width) for _ in range(CODEBOOKS)
        )
        self.pos_embed = nn.Parameter(torch.zeros(1, config.positions, config.width))
        if config.conditional:
            self.clap_projection = timbre_projection(config)
        else:
            self.sos_tok_embed = nn.Embedding(1, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.ln = nn.LayerNorm(config.width)
        self.fc = nn.Linear(config.width, config.logits)

    def embed_timbre(self, embedding: Tensor) -> Tensor:
        """Timbre embeddings [B, 512] → start embeddings [B, 1, D] (conditional network)."""
        start: Tensor = self.clap_projection(embedding)
        return start[:, None]

    def embed_start(self, batch: int) -> Tensor:
        """The learned start, [B, 1, D] (unconditional network)."""
        return self.sos_tok_embed.weight.expand(batch, 1, -1)

    def embed_tokens(self, tokens: Tensor) -> Tensor:
        """Tokens int64 [B, S, 10] → [B, S, D]."""
        x: Tensor = self.midi_tok_embed(tokens[..., 0])
        for k, table in enumerate(self.audio_tok_embed):
            x = x + table(tokens[..., 1 + k])
        return x

    def forward(self, x: Tensor, cache: KVCache | None = None, last_only: bool = False) -> Tensor:
        """Logits after each position.

        Args:
            x: embedded positions, [B, S, D]; without a cache a whole sequence.
            cache: what came before; grows by S.
            last_only: compute the last position's logits alone, S becomes 1.

        Returns:
            [B, S, V].

        Raises:
            ValueError: if the sequence outgrows the network's positions or the cache.
        """
        count = x.shape[1]
        mask = None
        if cache is None:
            self._check_length(count)
            x = x + self.pos_embed[:, :count]  # [1, S, D], the same for every item
        else:
            self._check_length(cache.length + count - cache.least_padding)
            x = x + self.pos_embed[0][cache.positions(count)]  # [B, S, D]
            mask = cache.mask(count)  # [B, 1, S, L + S]
        x = self.dropout(x)
        for layer, block in enumerate(self.blocks):
            x = block(x, layer, mask, cache)
        if cache is not None:
            cache.length += count
        # The head is the widest layer by far: a prompt needs it at its last position only.
        logits: Tensor = self.fc(self.ln(x[:, -1:] if last_only else x))
        return logits

    def __call__(self, x: Tensor, cache: KVCache | None = None, last_only: bool = False) -> Tensor:
        logits: Tensor = super().__call__(x, cache, last_only)
        return logits

    def _check_length(self, positions: int) -> None:
        if positions > self.config.positions:
            raise ValueError(f"{positions} positions do not fit into {self.config.positions}")
