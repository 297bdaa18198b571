"""Small real parts with random weights: the network, the codec, clips and requests."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch

from core.clip import Clip, Note
from core.codecs.dac import Dac
from core.engines.base import RenderRequest
from core.engines.tokensynth.engine import TokenSynthEngine
from core.engines.tokensynth.transformer import PRESETS
from core.settings import RenderSettings
from core.types import FloatArray
from tests.core.engines.tokensynth import tokensynth_reference as published

DAC_SETTINGS: dict[str, Any] = {
    "encoder_dim": 4,
    "encoder_rates": [2, 4, 8, 8],
    "latent_dim": 8,
    "decoder_dim": 16,
    "decoder_rates": [8, 8, 4, 2],
}


def dac_model(seed: int = 0) -> Any:
    """A real DAC with the published strides and few channels."""
    import dac

    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # dac's own weight_norm
        return dac.DAC(**DAC_SETTINGS)


def engine(*, guided: bool = True) -> TokenSynthEngine:
    config = PRESETS["tiny"]
    unconditional = published.random_transformer(config.unconditional(), seed=1)
    return TokenSynthEngine(
        published.random_transformer(config, seed=0),
        Dac(dac_model()),
        unconditional if guided else None,
    )


def embedding(seed: int) -> FloatArray:
    values = np.random.default_rng(seed).normal(size=512)
    return (values / np.linalg.norm(values)).astype(np.float32)


def clip(notes: int, length_s: float, seed: int = 0) -> Clip:
    chance = np.random.default_rng(seed)
    return Clip.of(
        f"{notes} notes",
        [
            Note(float(start), int(pitch), int(velocity), float(duration))
            for start, pitch, velocity, duration in zip(
                chance.uniform(0, 0.8 * length_s, notes),
                chance.integers(36, 84, notes),
                chance.integers(1, 128, notes),
                chance.uniform(0.01, 0.01 + 0.1 * length_s, notes),
                strict=True,
            )
        ],
        length_s,
    )


def request(notes: int, length_s: float, seed: int, **settings: Any) -> RenderRequest:
    return RenderRequest(
        clip(notes, length_s, seed), embedding(seed), RenderSettings(**settings), seed
    )
