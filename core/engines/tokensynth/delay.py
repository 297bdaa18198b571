"""The delay pattern: codebook k speaks k steps late.

So a step predicts its nine tokens in parallel and yet codebook k of a frame knows
codebooks 0…k−1 of the same frame. Only the arrangement is here; nothing is sampled.
The pattern is the one of MusicGen (Copet et al. 2023, arXiv:2306.05284, "delay").
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.engines.tokensynth.tokens import CODEBOOKS, NONE


@dataclass(frozen=True, slots=True)
class DelayPattern:
    """Arrangement of ``codebooks`` streams, one step apart.

    Attributes:
        codebooks: how many streams, ≥ 1.
    """

    codebooks: int = CODEBOOKS

    def __post_init__(self) -> None:
        if self.codebooks < 1:
            raise ValueError(f"a delay pattern needs at least 1 codebook, not {self.codebooks}")

    @property
    def tail(self) -> int:
        """Steps by which the last codebook lags behind the first."""
        return self.codebooks - 1

    def steps(self, frames: int) -> int:
        """Steps that hold ``frames`` whole frames; 0 frames need none."""
        return frames + self.tail if frames else 0

    def frames(self, steps: int) -> int:
        """Whole frames that ``steps`` steps hold."""
        return max(0, steps - self.tail)

    def apply(self, frames: torch.Tensor) -> torch.Tensor:
        """[T, K] tokens by frame → [T + K − 1, K] tokens by step, "none" in the corners."""
        self._check(frames)
        length = len(frames)
        steps = frames.new_full((self.steps(length), self.codebooks), NONE)
        for k in range(self.codebooks if length else 0):
            steps[k : k + length, k] = frames[:, k]
        return steps

    def revert(self, steps: torch.Tensor) -> torch.Tensor:
        """[S, K] tokens by step → [S − K + 1, K] tokens by frame (none if S < K).

        Undoes :meth:`apply`. What stands in the corners, outside every whole frame, is
        not looked at: a sequence may be cut at any step.
        """
        self._check(steps)
        length = self.frames(len(steps))
        return torch.stack([steps[k : k + length, k] for k in range(self.codebooks)], dim=1)

    def forced_mask(self, steps: int, frames: int) -> torch.Tensor:
        """Where step × codebook belongs to the first ``frames`` frames or to no frame yet.

        A continuation keeps these tokens as they are and samples the others.

        Args:
            steps: S, length of the sequence.
            frames: of the context, 0 if there is none.

        Returns:
            bool [S, K].
        """
        # Codebook k of step s belongs to frame s − k; before frame 0 there is none.
        frame = torch.arange(steps)[:, None] - torch.arange(self.codebooks)[None, :]  # [S, K]
        return frame < frames

    def _check(self, tokens: torch.Tensor) -> None:
        if tokens.ndim != 2 or tokens.shape[1] != self.codebooks:
            raise ValueError(f"expected [time, {self.codebooks}] tokens, got {list(tokens.shape)}")
