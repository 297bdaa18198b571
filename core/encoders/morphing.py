"""The embeddings of any timbre, those that move included: their path in a clip, and their mean.

How a timbre that stays as it is is embedded is :mod:`core.encoders.embed`'s; what moves holds
such timbres at its points and is held by none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.encoders import embed
from core.encoders.base import TimbreEncoder
from core.encoders.embed import EmbeddingLookup, look_up_or_resolve, mix, nothing_kept
from core.progress import (
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
    part_of,
)
from core.timbre import Blend, Morph, Timbre
from core.types import Embedding, EmbeddingPath, FloatArray

_LEAST_LENGTH_S = 1e-3  # of a path, in a clip of no length


def embedding_of(
    timbre: Timbre,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    """The one embedding of any recipe, computed only if it was not kept: of a morph its mean.

    Args:
        timbre: the recipe.
        encoder: encodes recordings and words.
        on_remark: called with what is to be said about recordings, a line each.
        look_up: finds what was kept, of the recipe or of timbres inside it.
        on_progress: called with the fraction done; answering False cancels.
        on_stage: called with what is loaded or listened to.

    Returns:
        float32 [512], unit norm.

    Raises:
        Cancelled: if ``on_progress`` said so.
        AudioError: if a recording cannot be used.
        SettingsError: if the parts of a linear blend cancel out.
    """
    if not isinstance(timbre, Morph):
        return look_up_or_resolve(timbre, encoder, on_remark, look_up, on_progress, on_stage)
    kept = look_up(timbre, encoder)
    if kept is None:
        return _path(timbre, 1.0, encoder, on_remark, look_up, on_progress, on_stage).mean(1.0)
    for remark in kept.remarks:
        on_remark(remark)
    return kept.embedding


def embedding_in_clip(
    timbre: Timbre,
    length_s: float,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> Embedding:
    """What a recipe plays in a clip: a path if it moves, else as :func:`embedding_of`.

    Args:
        timbre: the recipe.
        length_s: of the clip, seconds.
        encoder, on_remark, look_up, on_progress, on_stage: as in :func:`embedding_of`.

    Raises:
        As :func:`embedding_of`.
    """
    if isinstance(timbre, Morph):
        return _path(timbre, length_s, encoder, on_remark, look_up, on_progress, on_stage)
    return look_up_or_resolve(timbre, encoder, on_remark, look_up, on_progress, on_stage)


def takes_listening(
    timbre: Timbre, encoder: TimbreEncoder, look_up: EmbeddingLookup = nothing_kept
) -> bool:
    """Whether a recording is listened to before a clip can be played: that takes seconds.

    Args:
        timbre: the recipe.
        encoder: that would listen.
        look_up: finds what was kept. Of what moves only the mean is, which is not what it plays.
    """
    if timbre.moves:
        return any(takes_listening(part, encoder, look_up) for part in timbre.heard)
    return embed.takes_listening(timbre, encoder, look_up)


def combined(timbre: Timbre, embeddings: Sequence[FloatArray]) -> FloatArray:
    """The embedding of a timbre that is made of others, whose own are known.

    Args:
        timbre: a blend, or a morph, of which this is the mean over time.
        embeddings: of what is heard in it (:attr:`core.timbre.Timbre.heard`), in that order.

    Returns:
        float32 [512], unit norm.

    Raises:
        SettingsError: if the parts of a linear blend cancel out.
    """
    if isinstance(timbre, Blend):
        return mix(timbre, embeddings)
    if isinstance(timbre, Morph):
        return follow(timbre, embeddings, 1.0).mean(1.0)
    raise TypeError(f"a {type(timbre).__name__} is made of no others")


def follow(morph: Morph, embeddings: Sequence[FloatArray], length_s: float) -> EmbeddingPath:
    """The path of a morph through a clip.

    Args:
        morph: the recipe.
        embeddings: float32 [512], unit norm, of the timbre at each of its points.
        length_s: of the clip, seconds.

    Returns:
        From its first point's time to the clip's end, whatever comes after the last point.
    """
    length_s = max(length_s, _LEAST_LENGTH_S)
    positions = [position for position, _ in morph.points]
    points = list(embeddings)
    if positions[-1] < 1.0:
        positions.append(1.0)
        points.append(points[-1])
    return EmbeddingPath(np.array(positions) * length_s, np.stack(points))


def _path(
    morph: Morph,
    length_s: float,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback,
    look_up: EmbeddingLookup,
    on_progress: ProgressCallback,
    on_stage: StageCallback,
) -> EmbeddingPath:
    # A path over a pad has the same few timbres in the blends at all of its points.
    named = [part for there in morph.inside for part in _named(there)]
    distinct = list(dict.fromkeys(named))
    heard: dict[Timbre, FloatArray] = {}
    for number, part in enumerate(distinct):
        progress = part_of(on_progress, number / len(distinct), (number + 1) / len(distinct))
        heard[part] = look_up_or_resolve(part, encoder, on_remark, look_up, progress, on_stage)
    points = [
        mix(there, [heard[part] for part in there.heard])
        if isinstance(there, Blend)
        else heard[there]
        for there in morph.inside
    ]
    return follow(morph, points, length_s)


def _named(timbre: Timbre) -> tuple[Timbre, ...]:
    return timbre.heard if isinstance(timbre, Blend) else (timbre,)
