"""The embedded engine: any clip, note by note, in tune by construction, at 44.1 kHz.

All notes of all requests go through the decoder together; then each clip is summed from its
notes. It has no settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from core.engines.base import Engine, Limit, RenderRequest, ignored_settings
from core.engines.embedded.bending import BentPartialBank
from core.engines.embedded.controls import N_NOISE, PITCH_RANGE, SAMPLE_RATE
from core.engines.embedded.declaration import DECLARATION
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.levels import TAIL_S
from core.engines.embedded.noise import NOISE_FFT, NOISE_HOP, add_noise_power, filtered_noise
from core.engines.embedded.note_decoding import NoteDecoder
from core.engines.embedded.streaming import Stream
from core.engines.embedded.synthesis import add_partials
from core.engines.embedded.weights import load_decoder
from core.models.registry import Bundle
from core.progress import ProgressCallback, always_continue, report
from core.types import Embedding, EmbeddingPath, FloatArray

_Step = Callable[[float], None]


class EmbeddedEngine(Engine):
    """See the module's first lines.

    Args:
        decoder: trained network.
        device: where to compute.
    """

    declaration = DECLARATION
    sample_rate = SAMPLE_RATE

    def __init__(self, decoder: Decoder, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.decoder = decoder.eval().to(self.device)

    def limits(self, request: RenderRequest) -> list[Limit]:
        """See :meth:`core.engines.base.Engine.limits`."""
        low, high = PITCH_RANGE
        found = []
        outside = tuple(
            note
            for note in request.clip.notes
            if not all(low <= note.pitch + by <= high for by in {st for _, st in note.bend} or {0})
        )
        if outside:
            message = f"{len(outside)} notes lie outside keys {low}–{high}; timbre is a guess there"
            found.append(Limit("pitch_range", message, outside))
        return found + ignored_settings(DECLARATION, request.settings)

    def stream(self, embedding: Embedding, *, seed: int = 0, max_voices: int = 64) -> Stream:
        """See :meth:`core.engines.base.Engine.stream`."""
        return Stream(self.decoder, embedding, seed=seed, max_voices=max_voices)

    @torch.inference_mode()
    def render(
        self, requests: Sequence[RenderRequest], on_progress: ProgressCallback = always_continue
    ) -> list[FloatArray]:
        """See :meth:`core.engines.base.Engine.render`; one channel."""
        report(on_progress, 0.0)
        total = max(1, sum(len(request.clip.notes) for request in requests))
        done = 0
        rendered = []
        decoders: dict[int | bytes, NoteDecoder] = {}
        for request in requests:
            share = len(request.clip.notes) / total

            def step(fraction: float, before: float = done / total, share: float = share) -> None:
                report(on_progress, before + share * fraction)

            # Requests for one timbre share what is decoded of it, and only theirs is kept.
            timbre = _same(request.embedding)
            if timbre not in decoders:
                decoders = {timbre: NoteDecoder(self.decoder, request.embedding, self.device)}
            rendered.append(self._render_clip(request, decoders[timbre], step))
            done += len(request.clip.notes)
        report(on_progress, 1.0)
        return rendered

    def _render_clip(self, request: RenderRequest, decoder: NoteDecoder, step: _Step) -> FloatArray:
        notes = request.clip.notes
        end_s = max([request.clip.length_s, *(note.end_s + TAIL_S for note in notes)])
        samples = round(end_s * SAMPLE_RATE)
        out = torch.zeros(samples, device=self.device)
        power = torch.zeros(
            samples // NOISE_HOP + NOISE_FFT // NOISE_HOP, N_NOISE, device=self.device
        )
        for index, tracks in enumerate(decoder.tracks(notes, request.seed)):
            add_partials(out, tracks, BentPartialBank(tracks, out.device) if tracks.bend else None)
            add_noise_power(power, tracks)
            if index % 8 == 0:
                step(0.9 * index / len(notes))
        generator = torch.Generator().manual_seed(request.seed & 0xFFFFFFFF)
        out += filtered_noise(power, samples, generator, lambda part: step(0.9 + 0.1 * part))
        audio: FloatArray = out.cpu().numpy()[None]
        return audio


def _same(embedding: Embedding) -> int | bytes:
    """A key by which embeddings that are the same are known; paths by their identity."""
    return id(embedding) if isinstance(embedding, EmbeddingPath) else embedding.tobytes()


def load(bundle: Bundle, device: str) -> EmbeddedEngine:
    """Entry of :mod:`core.engines.registry`: the engine with a bundle's weights.

    Raises:
        ModelMissing, ModelDamaged: if the file is absent, or is not what it should be.
    """
    return EmbeddedEngine(load_decoder(bundle.file("weights")), device)
