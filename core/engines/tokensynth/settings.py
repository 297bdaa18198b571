"""Defaults of a decode: what the published readme uses, and how a request changes them."""

from __future__ import annotations

from core.engines.tokensynth.declaration import GUIDANCE, TEMPERATURE, TOP_K, TOP_P
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

    Args:
        settings: of the request.
        can_guide: whether the unconditional network is there.

    Raises:
        SettingsError: if a value is outside its range.
    """
    top_k, top_p = TOP_K.of(settings), TOP_P.of(settings)
    if top_k is None and top_p is None:
        top_k, top_p = (None, DEFAULT_TOP_P) if can_guide else (DEFAULT_TOP_K, None)
    guidance = GUIDANCE.of(settings)
    if guidance is None:
        guidance = DEFAULT_GUIDANCE if top_k is None else 1.0
    return Sampling(
        temperature=float(TEMPERATURE.of(settings) or 1.0),
        top_k=MIDI_VOCAB if top_k is None else int(top_k),
        top_p=1.0 if top_p is None else float(top_p),
        guidance=float(guidance) if can_guide else 1.0,
    )
