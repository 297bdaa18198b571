"""From a recipe to its embedding: recordings and words are heard, blends are mixed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.audio import read_reference
from core.encoders.base import TimbreEncoder
from core.encoders.sphere import linear_mean, spherical_mean
from core.errors import SettingsError
from core.timbre import AudioTimbre, Blend, TextTimbre, Timbre
from core.types import EMBEDDING_DIM, EmbeddingPath, FloatArray


def resolve(timbre: Timbre, encoder: TimbreEncoder) -> FloatArray:
    """The embedding of a recipe.

    Args:
        timbre: the recipe; a blend's parts are resolved in turn.
        encoder: what makes embeddings of recordings and words.

    Returns:
        float32 [512], unit norm.

    Raises:
        AudioError: if a recording cannot be used.
        SettingsError: if the parts of a linear blend cancel out.
    """
    match timbre:
        case AudioTimbre(path=path):
            audio, sample_rate = read_reference(path)
            return encoder.encode_audio(audio, sample_rate)
        case TextTimbre(words=words):
            return encoder.encode_text(words)
        case Blend(parts=parts, mode=mode):
            embedded = [(resolve(part, encoder), weight) for part, weight in parts if weight > 0]
            vectors = np.stack([vector for vector, _ in embedded])
            weights = np.array([weight for _, weight in embedded], np.float64)
            mean = spherical_mean if mode == "slerp" else linear_mean
            return mean(vectors, weights)


def moving(
    times_s: Sequence[float], timbres: Sequence[Timbre], encoder: TimbreEncoder
) -> EmbeddingPath:
    """A timbre that moves during a clip, through ``timbres[i]`` at ``times_s[i]``.

    Args:
        times_s: n ≥ 1, increasing, seconds from the clip's start.
        timbres: n recipes.
        encoder: what makes embeddings of them.

    Raises:
        SettingsError: if the lengths differ or the times do not increase.
        AudioError: if a recording cannot be used.
    """
    if len(times_s) != len(timbres) or not timbres:
        raise SettingsError(
            f"a moving timbre needs a time for every timbre, got {len(times_s)} and {len(timbres)}"
        )
    embeddings = np.stack([resolve(timbre, encoder) for timbre in timbres])
    return EmbeddingPath(np.asarray(times_s, np.float64), embeddings.reshape(-1, EMBEDDING_DIM))
