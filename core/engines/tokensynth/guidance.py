"""First-note guidance: push the first sound away from what any sound would be.

From the first step that is not silent on, and for nine such steps, the logits are moved
away from an unconditional network's (:func:`.sampling.guide`): a timbre is settled by its
first note. The delay pattern lets codebook k of that note come k steps later, hence the
growing number of codebooks. Source: tokensynth 0.0.4, ``apply_first_note_guidance``, which
this follows except where it departs from what it says:

- on a first step it skips the unconditional network when there is no audio yet; here the
  network then answers to its start embedding alone;
- later it feeds that network empty positions (the end of a buffer that is not full yet);
  here it is fed what was chosen, all of it, also over a silent step in between.

Like there, the first guided step covers two codebooks and the n-th after it n.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.engines.tokensynth.sampling import guide, predicts_silence
from core.engines.tokensynth.tokens import CODEBOOKS
from core.engines.tokensynth.transformer import KVCache, Transformer


def guided_codebooks(step: int) -> int:
    """Codebooks that the ``step``-th guided step (from 1) covers."""
    return max(2, step)


@dataclass
class FirstNoteGuidance:
    """Guidance of one item, from its first window to its last.

    It works on one item at a time: guided steps are at most nine of hundreds, and fall on
    different steps in different items.

    Attributes:
        model: the unconditional network.
        strength: > 1.
        steps: steps guided so far.
    """

    model: Transformer
    strength: float
    steps: int = 0
    _cache: KVCache | None = None

    def new_window(self) -> None:
        """Forget the audio of the last window; what has been guided stays counted."""
        self._cache = None

    def apply(self, logits: Tensor, audio: Tensor) -> Tensor:
        """The logits to sample from.

        Args:
            logits: the conditional network's, [V].
            audio: all positions of this window's audio so far, int64 [steps, 10].

        Returns:
            [V].
        """
        if self.steps == CODEBOOKS or predicts_silence(logits):
            return logits
        self.steps += 1
        unconditional = self._unconditional_logits(audio.to(logits.device))
        if self.steps == CODEBOOKS:
            self._cache = None  # guidance is over for good: free the memory
        return guide(logits, unconditional, self.strength, guided_codebooks(self.steps))

    def _unconditional_logits(self, audio: Tensor) -> Tensor:
        """The unconditional network's logits after ``audio``, int64 [steps, 10] → [V]."""
        if self._cache is None:
            self._cache = KVCache.allocate(self.model, self.model.config.positions, [0])
            x = torch.cat([self.model.embed_start(1), self.model.embed_tokens(audio[None])], dim=1)
        else:
            # Only what the cache lacks; its first slot is the start embedding.
            x = self.model.embed_tokens(audio[None, self._cache.length - 1 :])  # [1, new, D]
        return self.model(x, self._cache, last_only=True)[0, -1]
