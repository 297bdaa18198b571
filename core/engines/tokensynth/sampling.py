"""From logits to tokens: pure functions, no state and no generator of their own.

Chance comes in as numbers the caller drew, from a generator that belongs to one item. So an
item gets the tokens it would get alone, whatever else is in its batch, and the same seed
means the same on every device. A token is chosen by an exponential race (the Gumbel-max
trick) and not by walking a cumulative sum: logits of a batch differ from those of one item in
the last bits, and only a race is indifferent to that, whatever the number of candidates.

Shapes: B batch, V all logits, N a head's candidates.

The published code keeps k + 1 audio candidates for top-k and ignores the temperature;
here top-k keeps exactly k and the temperature acts before both filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.engines.tokensynth.tokens import AUDIO_VOCAB, CHANNELS, CODEBOOKS, MIDI_VOCAB

SILENCE_TOKEN = 569
"""Codebook 0's token for silence with the published codec."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one item is decoded; every value set.

    Attributes:
        temperature: > 0.
        top_k: candidates kept in each head; :data:`MIDI_VOCAB` keeps all.
        top_p: probability kept, (0, 1]; 1 keeps all.
        guidance: strength of first-note guidance; 1 is off.
    """

    temperature: float = 1.0
    top_k: int = MIDI_VOCAB
    top_p: float = 1.0
    guidance: float = 1.0


def split_heads(logits: Tensor) -> Tensor:
    """Logits [B, V] → [B, 10, 1133], MIDI first; the codebooks' spare places are −∞."""
    audio = logits[:, MIDI_VOCAB:].reshape(-1, CODEBOOKS, AUDIO_VOCAB)  # [B, 9, 1025]
    # Filled up to the MIDI head's width, so that all ten heads are one tensor.
    spare = audio.new_full((*audio.shape[:2], MIDI_VOCAB - AUDIO_VOCAB), -torch.inf)
    return torch.cat([logits[:, None, :MIDI_VOCAB], torch.cat([audio, spare], dim=-1)], dim=1)


def filter_logits(heads: Tensor, settings: Sequence[Sampling]) -> Tensor:
    """Apply temperature, then top-k, then top-p; what is not kept becomes −∞.

    Top-k keeps exactly k: of equals at the edge, those with the lower index. Top-p keeps
    the smallest set with at least that probability, and always the likeliest.

    Args:
        heads: [B, heads, N].
        settings: one for each of B.

    Returns:
        [B, heads, N], in the order given.
    """

    def column(values: list[float]) -> Tensor:
        return torch.tensor(values, dtype=heads.dtype, device=heads.device)[:, None, None]

    scaled = heads / column([s.temperature for s in settings])
    ordered, order = scaled.sort(dim=-1, descending=True, stable=True)  # [B, heads, N], both
    rank = torch.arange(heads.shape[-1], device=heads.device)  # [N]
    ordered = ordered.masked_fill(rank >= column([s.top_k for s in settings]), -torch.inf)
    probabilities = ordered.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities  # of all likelier candidates
    # A top-p of 1 must not lose the last candidates to rounding in the sum.
    top_p = column([s.top_p if s.top_p < 1 else 2.0 for s in settings])
    ordered = ordered.masked_fill((before >= top_p) & (rank > 0), -torch.inf)
    return torch.empty_like(ordered).scatter_(-1, order, ordered)


def exponential_race(logits: Tensor, times: Tensor) -> Tensor:
    """Draw from softmax(logits): each candidate's time is divided by its weight, least wins.

    Args:
        logits: [B, heads, N]; −∞ never wins.
        times: independent Exp(1) numbers, [B, heads, N].

    Returns:
        int64 [B, heads].
    """
    # −log of an Exp(1) number is Gumbel noise: argmin(t / exp(l)) = argmax(l − log t).
    return (logits - times.log()).argmax(dim=-1)


def sample(logits: Tensor, settings: Sequence[Sampling], times: Tensor) -> Tensor:
    """One position's tokens.

    Args:
        logits: [B, V].
        settings: one for each of B.
        times: from :func:`draw_exponentials`, [B, 10, 1133].

    Returns:
        int64 [B, 10].
    """
    return exponential_race(filter_logits(split_heads(logits), settings), times)


def draw_exponentials(generators: Sequence[torch.Generator]) -> Tensor:
    """One position's chance: Exp(1) numbers [B, 10, 1133], a row from each CPU generator."""
    times = torch.empty(len(generators), CHANNELS, MIDI_VOCAB)
    for row, generator in zip(times, generators, strict=True):
        row.exponential_(generator=generator)
    return times


def predicts_silence(logits: Tensor) -> bool:
    """Whether codebook 0's likeliest token is silence. ``logits`` is one item's [V]."""
    # The published code leaves out the last token, and so do we.
    return int(logits[MIDI_VOCAB : MIDI_VOCAB + AUDIO_VOCAB - 1].argmax()) == SILENCE_TOKEN


def guide(conditional: Tensor, unconditional: Tensor, strength: float, codebooks: int) -> Tensor:
    """g · conditional + (1 − g) · unconditional on the first ``codebooks`` codebooks.

    The MIDI head and the later codebooks stay conditional.

    Args:
        conditional: logits of the network that knows notes and timbre, [V].
        unconditional: logits of the one that knows neither, [V].
        strength: g, ≥ 1; 1 gives the conditional logits.
        codebooks: how many to guide, 1–9.

    Returns:
        [V].
    """
    part = slice(MIDI_VOCAB, MIDI_VOCAB + codebooks * AUDIO_VOCAB)
    guided = conditional.clone()
    guided[part] = strength * conditional[part] + (1 - strength) * unconditional[part]
    return guided
