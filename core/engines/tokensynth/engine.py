"""The TokenSynth engine: requests in, audio out.

It joins the parts: a plan of windows, a batched decode of each round of windows, the codec
at the end. Timbre embeddings are those of the laion encoder the weights were trained with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.clip import Clip
from core.codecs.base import Codec
from core.codecs.registry import load_codec
from core.engines.base import Engine, Limit, RenderRequest, still_embedding
from core.engines.tokensynth.checkpoint import load_transformer
from core.engines.tokensynth.declaration import DECLARATION
from core.engines.tokensynth.generate import DecodeItem, Prompt, generate
from core.engines.tokensynth.guidance import FirstNoteGuidance
from core.engines.tokensynth.limits import limits_of
from core.engines.tokensynth.sampling import Sampling
from core.engines.tokensynth.settings import sampling_for
from core.engines.tokensynth.tokens import CODEBOOKS, audio_tokens, codec_codes, prompt_tokens
from core.engines.tokensynth.transformer import Transformer
from core.engines.tokensynth.windows import (
    Window,
    WindowPlan,
    WindowRules,
    frames_for,
    plan_windows,
)
from core.errors import ModelDamaged, SettingsError
from core.models.registry import Bundle
from core.progress import ProgressCallback, always_continue, part_of, report
from core.types import EMBEDDING_DIM, FloatArray

MAX_BATCH = 8
"""Items decoded together; keys and values of one take 100 MB at the published size."""

TAIL_S = 0.5
"""Rendered past the clip's length, for the last notes' release. Seconds."""

_DECODING_SHARE = 0.85  # of a render's time, the codec takes the rest; for progress only


@dataclass
class _RenderState:
    """One request while it is decoded, window by window.

    Attributes:
        embedding: float32 [512].
        sampling: how to choose tokens.
        generator: of the request's seed, on the CPU.
        guidance: None where it is off.
        plan: the clip's windows.
        codes: codec codes of all windows so far, int64 [frames, 9].
    """

    embedding: Tensor
    sampling: Sampling
    generator: torch.Generator
    guidance: FirstNoteGuidance | None
    plan: WindowPlan
    codes: Tensor = field(default_factory=lambda: torch.zeros((0, CODEBOOKS), dtype=torch.long))


class TokenSynthEngine(Engine):
    """Renders clips with the autoregressive transformer.

    Args:
        model: the conditional network.
        codec: its codec, with nine codebooks.
        unconditional: the network for first-note guidance; without it there is none.
        context_s: audio that a window is given of the one before, seconds.

    Raises:
        ModelDamaged: if network and codec do not belong together.
    """

    declaration = DECLARATION

    def __init__(
        self,
        model: Transformer,
        codec: Codec,
        unconditional: Transformer | None = None,
        context_s: float = 1.0,
    ) -> None:
        if not model.config.conditional or (unconditional and unconditional.config.conditional):
            raise ModelDamaged("conditional and unconditional networks are exchanged")
        if codec.codebooks != CODEBOOKS:
            raise ModelDamaged(f"the codec has {codec.codebooks} codebooks, not {CODEBOOKS}")
        self.sample_rate = codec.sample_rate
        self._model = model
        self._codec = codec
        self._unconditional = unconditional
        self._rules = WindowRules(
            codec.hop / codec.sample_rate, model.config.positions, context_s=context_s
        )

    @classmethod
    def from_files(
        cls,
        transformer_path: Path,
        unconditional_path: Path | None,
        codec_path: Path,
        device: torch.device | str = "cpu",
    ) -> TokenSynthEngine:
        """Load published weights, strictly; their hashes are the registry's to check.

        Args:
            transformer_path: of the conditional network.
            unconditional_path: of the network for first-note guidance; None goes without.
            codec_path: of the DAC's weights.
            device: where all of them run.

        Raises:
            ModelDamaged: if a file is not what it should be.
        """
        return cls(
            load_transformer(transformer_path, conditional=True, device=device),
            load_codec(DECLARATION.codec, codec_path, str(device)),
            load_transformer(unconditional_path, conditional=False, device=device)
            if unconditional_path
            else None,
        )

    def limits(self, request: RenderRequest) -> list[Limit]:
        return limits_of(
            request, self._plan(request.clip).left_out, can_guide=self._unconditional is not None
        )

    def render(
        self, requests: Sequence[RenderRequest], on_progress: ProgressCallback = always_continue
    ) -> list[FloatArray]:
        """See :meth:`Engine.render`; results are mono and :data:`TAIL_S` longer than the clip."""
        results: list[FloatArray] = []
        for start in range(0, len(requests), MAX_BATCH):
            end = min(start + MAX_BATCH, len(requests))
            part = part_of(on_progress, start / len(requests), end / len(requests))
            results += self._render_batch(requests[start:end], part)
        return results

    def _plan(self, clip: Clip) -> WindowPlan:
        frames = frames_for(clip.length_s + TAIL_S, self._rules.frame_s)
        return plan_windows(clip, frames, self._rules)

    def _render_batch(
        self, requests: Sequence[RenderRequest], on_progress: ProgressCallback
    ) -> list[FloatArray]:
        report(on_progress, 0.0)
        token_progress = part_of(on_progress, 0.0, _DECODING_SHARE)
        codec_progress = part_of(on_progress, _DECODING_SHARE, 1.0)
        renders = [self._begin(request) for request in requests]
        # A window needs the one before it, so windows go in rounds: the n-th of every request.
        rounds = max(len(render.plan.windows) for render in renders)
        for n in range(rounds):
            current = [(r, r.plan.windows[n]) for r in renders if n < len(r.plan.windows)]
            self._decode_round(current, part_of(token_progress, n / rounds, (n + 1) / rounds))
        results: list[FloatArray] = []
        for n, (render, request) in enumerate(zip(renders, requests, strict=True)):
            part = part_of(codec_progress, n / len(renders), (n + 1) / len(renders))
            audio = self._codec.decode(render.codes, part)  # [frames · hop]
            length = math.ceil((request.clip.length_s + TAIL_S) * self.sample_rate)
            results.append(np.ascontiguousarray(audio[None, :length]))
        return results

    def _begin(self, request: RenderRequest) -> _RenderState:
        embedding = checked_embedding(request)
        sampling = sampling_for(request.settings, can_guide=self._unconditional is not None)
        guidance = None
        if self._unconditional is not None and sampling.guidance > 1:
            guidance = FirstNoteGuidance(self._unconditional, sampling.guidance)
        return _RenderState(
            torch.from_numpy(embedding),
            sampling,
            torch.Generator().manual_seed(request.seed),
            guidance,
            self._plan(request.clip),
        )

    def _decode_round(
        self, current: Sequence[tuple[_RenderState, Window]], on_progress: ProgressCallback
    ) -> None:
        """Decode one window of each render, and append its frames to the render's codes."""
        # A window without notes is silence; the network need not be asked.
        windows = [
            (render, window, self._item(render, window) if window.notes else None)
            for render, window in current
        ]
        if items := [item for _, _, item in windows if item]:
            steps = max(item.prompt.steps - item.step for item in items)
            done = 0

            def on_step() -> None:
                nonlocal done
                done += 1
                report(on_progress, done / steps)

            generate(self._model, items, on_step)
        for render, window, item in windows:
            codes = codec_codes(item.frames()) if item else render.codes[:0]
            rest = window.new_frames - len(codes)
            if rest:  # nothing to play, or the network ended the sound
                codes = torch.cat([codes, self._codec.silence(rest)])
            render.codes = torch.cat([render.codes, codes])
        report(on_progress, 1.0)

    def _item(self, render: _RenderState, window: Window) -> DecodeItem:
        if render.guidance:
            render.guidance.new_window()
        context = render.codes[len(render.codes) - window.context_frames :]  # [C, 9]
        return DecodeItem(
            Prompt(
                prompt_tokens(window.notes), render.embedding, audio_tokens(context), window.frames
            ),
            render.sampling,
            render.generator,
            render.guidance,
        )


def load(bundle: Bundle, device: str) -> TokenSynthEngine:
    """Entry of :mod:`core.engines.registry`; see :meth:`TokenSynthEngine.from_files`."""
    unconditional = "unconditional"
    return TokenSynthEngine.from_files(
        bundle.file("transformer"),
        bundle.file(unconditional) if bundle.has(unconditional) else None,
        bundle.file("codec"),
        device,
    )


def checked_embedding(request: RenderRequest) -> FloatArray:
    """The one embedding a decode is conditioned on: a path's mean over the clip.

    Returns:
        float32 [512].

    Raises:
        SettingsError: if it is not 512 finite values.
    """
    embedding = still_embedding(request)
    if embedding.shape != (EMBEDDING_DIM,) or not np.all(np.isfinite(embedding)):
        raise SettingsError(f"a timbre embedding is {EMBEDDING_DIM} finite values")
    return np.ascontiguousarray(embedding, dtype=np.float32)
