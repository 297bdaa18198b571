"""Defaults of a decode: what the published readme uses, and how a request changes them."""

from __future__ import annotations

from core.engines.tokensynth.sampling import Sampling
from core.engines.tokensynth.tokens import MIDI_VOCAB
from core.settings import RenderSettings

DEFAULT_TOP_P = 0.6
DEFAULT_GUIDANCE = 1.6
DEFAULT_TOP_K = 10


def sampling_for(settings: RenderSettings, *, can_guide: bool) -> Sampling:
    """A request's settings with every blank filled in.

    With neither filter given: top-p 0.6 with guidance 1.6 where the unconditional network
    is there, else top-k 10. Guidance goes with top-p unless it is given.
    """
    top_k, top_p = settings.top_k, settings.top_p
    if top_k is None and top_p is None:
        top_k, top_p = (None, DEFAULT_TOP_P) if can_guide else (DEFAULT_TOP_K, None)
    guidance = settings.guidance
    if guidance is None:
        guidance = DEFAULT_GUIDANCE if top_k is None else 1.0
    return Sampling(
        temperature=1.0 if settings.temperature is None else settings.temperature,
        top_k=MIDI_VOCAB if top_k is None else top_k,
        top_p=1.0 if top_p is None else top_p,
        guidance=guidance if can_guide else 1.0,
    )
