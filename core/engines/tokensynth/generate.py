"""Decoding: prompts in, codec tokens out, one step at a time.

One :class:`Decode` holds everything that changes; the network keeps nothing. A batch is
several prompts aligned at their ends; an item that has all its frames leaves the batch,
so no item runs past its own end. Windows, seeds and audio are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from core.engines.tokensynth.delay import DelayPattern
from core.engines.tokensynth.guidance import FirstNoteGuidance
from core.engines.tokensynth.sampling import Sampling, draw_exponentials, sample
from core.engines.tokensynth.tokens import CHANNELS, CODEBOOKS, NONE
from core.engines.tokensynth.transformer import KVCache, Transformer

PATTERN = DelayPattern(CODEBOOKS)


def positions_needed(notes: int, frames: int) -> int:
    """Positions a sequence takes: start, four a note, one empty, and all steps fed back.

    The last step is sampled but never fed.

    Args:
        notes: in the prompt, ≥ 0.
        frames: of the whole window, its context's included, ≥ 0.
    """
    return 1 + 4 * notes + 1 + PATTERN.steps(frames) - 1


@dataclass(frozen=True)
class Prompt:
    """What one item is asked for.

    Attributes:
        midi: int64 [4 n + 1, 10], from :func:`.tokens.prompt_tokens`.
        embedding: float32 [512], unit norm.
        context: audio tokens of frames decoded before, int64 [C, 9] by frame.
        frames: frames of the whole window, the context's included; > C.
    """

    midi: Tensor
    embedding: Tensor
    context: Tensor
    frames: int

    @property
    def steps(self) -> int:
        return PATTERN.steps(self.frames)


@dataclass
class DecodeItem:
    """One prompt and what has been made of it.

    Attributes:
        prompt: what was asked for.
        sampling: how to choose.
        generator: this item's own chance, on the CPU.
        guidance: None where it is off.
        tokens: int64 [steps, 10] on the CPU; filled up to ``step``.
        forced: bool [steps, 9]: tokens that the context or the delay pattern settles.
        step: steps filled.
        ended: the network said that the sound is over.
    """

    prompt: Prompt
    sampling: Sampling
    generator: torch.Generator
    guidance: FirstNoteGuidance | None = None
    tokens: Tensor = field(init=False)
    forced: Tensor = field(init=False)
    step: int = field(init=False)
    ended: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        context = self.prompt.context
        delayed = PATTERN.apply(context)  # [C + 8, 9], or [0, 9] without context
        self.tokens = torch.full((self.prompt.steps, CHANNELS), NONE, dtype=torch.long)
        self.tokens[: len(delayed), 1:] = delayed
        self.forced = PATTERN.forced_mask(self.prompt.steps, len(context))
        # The last 8 of the delayed steps also belong to frames to come: decoding begins there.
        self.step = len(context)

    @property
    def finished(self) -> bool:
        return self.ended or self.step == self.prompt.steps

    def prefix(self) -> Tensor:
        """Positions settled before decoding, after the start embedding: int64 [·, 10]."""
        return torch.cat([self.prompt.midi, self.tokens[: self.step]])

    def append_step(self, chosen: Tensor) -> None:
        """Fill the next step with chosen tokens, int64 [10], unless they end the sound."""
        if bool((chosen == NONE).all()):
            self.ended = True
            return
        self.tokens[self.step, 0] = chosen[0]
        forced = self.forced[self.step]  # [9]
        self.tokens[self.step, 1:] = torch.where(forced, self.tokens[self.step, 1:], chosen[1:])
        self.step += 1

    def frames(self) -> Tensor:
        """The new whole frames, audio tokens int64 [≤ frames − C, 9]."""
        return PATTERN.revert(self.tokens[: self.step, 1:])[len(self.prompt.context) :]


@dataclass
class Decode:
    """The state of one batch.

    Attributes:
        model: the conditional network.
        items: still decoding, in the order of the cache's rows.
        cache: all that was fed.
        logits: after the last position fed, [B, V].
    """

    model: Transformer
    items: list[DecodeItem]
    cache: KVCache
    logits: Tensor


def prefill(model: Transformer, items: Sequence[DecodeItem]) -> Decode:
    """Feed every item's prefix, shorter ones padded on the left.

    Args:
        model: the conditional network.
        items: the batch, at least one.

    Raises:
        ValueError: if a sequence has more positions than the network.
    """
    device = model.pos_embed.device
    prefixes = [item.prefix() for item in items]
    longest = max(len(prefix) for prefix in prefixes)
    padding = [longest - len(prefix) for prefix in prefixes]  # so that the last ones line up
    capacity = 1 + longest + max(item.prompt.steps - item.step for item in items)
    tokens = torch.full((len(items), longest, CHANNELS), NONE, dtype=torch.long)  # [B, P, 10]
    for row, prefix, gap in zip(tokens, prefixes, padding, strict=True):
        row[gap:] = prefix
    x = model.pos_embed.new_zeros((len(items), 1 + longest, model.config.width))  # [B, 1 + P, D]
    x[:, 1:] = model.embed_tokens(tokens.to(device))  # [B, P, D]
    timbres = torch.stack([item.prompt.embedding for item in items]).to(device)  # [B, 512]
    # The start embedding stands right before an item's own prefix, after its padding.
    x[torch.arange(len(items)), torch.tensor(padding)] = model.embed_timbre(timbres)[:, 0]
    cache = KVCache.allocate(model, capacity, padding)
    logits = model(x, cache, last_only=True)[:, -1]  # [B, V]
    return Decode(model, list(items), cache, logits)


def decode_one(state: Decode) -> None:
    """Choose one step for every item, drop those that are finished, feed the others."""
    rows = [  # [V] each
        item.guidance.apply(row, item.tokens[: item.step]) if item.guidance else row
        for item, row in zip(state.items, state.logits, strict=True)
    ]
    # Drawn on the CPU: a GPU's generator gives other numbers for the same seed.
    times = draw_exponentials([item.generator for item in state.items]).to(state.logits.device)
    chosen = sample(torch.stack(rows), [item.sampling for item in state.items], times).cpu()
    for item, row in zip(state.items, chosen, strict=True):
        item.append_step(row)
    going = [n for n, item in enumerate(state.items) if not item.finished]
    if len(going) < len(state.items):
        state.items = [state.items[n] for n in going]
        state.cache = state.cache.select(going)
    if going:
        # The step just chosen, [B, 1, 10]: the cache holds everything before it.
        fed = torch.stack([item.tokens[item.step - 1] for item in state.items])[:, None]
        x = state.model.embed_tokens(fed.to(state.logits.device))
        state.logits = state.model(x, state.cache)[:, -1]


def decode_n(state: Decode, count: int, on_step: Callable[[], None]) -> None:
    """Decode some steps, fewer when all items finish.

    Args:
        state: of the batch; changed in place.
        count: steps at most.
        on_step: called after each; what it raises ends the decode.
    """
    for _ in range(count):
        if not state.items:
            return
        decode_one(state)
        on_step()


@torch.inference_mode()
def generate(model: Transformer, items: Sequence[DecodeItem], on_step: Callable[[], None]) -> None:
    """Decode every item to its end, in place.

    Args:
        model: the conditional network, in evaluation mode.
        items: fresh ones; each gets the tokens it would get alone.
        on_step: called after every step; what it raises ends the decode at once.
    """
    state = prefill(model, items)
    decode_n(state, max(item.prompt.steps - item.step for item in items), on_step)
