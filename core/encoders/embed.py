"""From a recipe to its embedding: recordings and words are encoded, blends are mixed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import singledispatch

import numpy as np

from core.audio import read_reference_with_remarks
from core.audio.files import reference_of
from core.encoders.base import AudioEncoding, TimbreEncoder
from core.encoders.sphere import linear_mean, spherical_mean
from core.errors import SettingsError
from core.progress import (
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
    part_of,
)
from core.timbre import AudioTimbre, Blend, TextTimbre, Timbre
from core.types import EMBEDDING_DIM, EmbeddingPath, FloatArray

_HASH = re.compile("[0-9a-f]{64}")

EmbeddingLookup = Callable[[Timbre, TimbreEncoder], AudioEncoding | None]
"""What an encoder said of a recipe when it was asked before; None if that was not kept."""


def nothing_kept(_timbre: Timbre, _encoder: TimbreEncoder) -> AudioEncoding | None:
    """The :data:`EmbeddingLookup` that never finds one."""
    return None


def look_up_or_resolve(
    timbre: Timbre,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    """The embedding of a recipe, which is computed only if it was not kept.

    Args:
        timbre: the recipe.
        encoder: encodes recordings and words.
        on_remark: called with what is to be said about recordings, a line each.
        look_up: finds what was kept, of the recipe or of the parts of a blend.
        on_progress: called with the fraction done; answering False cancels.
        on_stage: called with what is loaded or listened to.

    Returns, Raises:
        As :func:`resolve`.
    """
    kept = look_up(timbre, encoder)
    if kept is None:
        if not isinstance(timbre, Blend):  # its parts may be kept
            encoder = encoder.loaded(on_stage)
        return resolve(timbre, encoder, on_remark, look_up, on_progress, on_stage)
    for remark in kept.remarks:
        on_remark(remark)
    return kept.embedding


def takes_listening(
    timbre: Timbre, encoder: TimbreEncoder, look_up: EmbeddingLookup = nothing_kept
) -> bool:
    """Whether there is a recording to be listened to: that takes seconds, words do not.

    Args:
        timbre: the recipe.
        encoder: that would listen.
        look_up: finds what was kept.
    """
    if isinstance(timbre, Blend):
        heard = [part for part, weight in timbre.parts if weight > 0]
        return look_up(timbre, encoder) is None and any(
            takes_listening(part, encoder, look_up) for part in heard
        )
    return isinstance(timbre, AudioTimbre) and look_up(timbre, encoder) is None


@singledispatch
def resolve(
    timbre: Timbre,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    """The embedding of a recipe; each kind of timbre registers how it is embedded.

    Args:
        timbre: the recipe.
        encoder: encodes recordings and words.
        on_remark: called with what is to be said about recordings, a line each.
        look_up: finds what was kept of the parts of a blend.
        on_progress: called with the fraction done; answering False cancels.
        on_stage: called with what is listened to, if it is a recording.

    Returns:
        float32 [512], unit norm.

    Raises:
        Cancelled: if ``on_progress`` said so.
        AudioError: if a recording cannot be used.
        SettingsError: if the parts of a linear blend cancel out.
    """
    raise TypeError(f"nothing says how a {type(timbre).__name__} is embedded")


@resolve.register
def _audio(
    timbre: AudioTimbre,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    _look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    name = _called(timbre)
    on_stage(f"listening to {name}")
    if timbre.samples is None or timbre.sample_rate is None:
        reading = read_reference_with_remarks(timbre.path)
    else:
        reading = reference_of(timbre.samples, timbre.sample_rate)
    encoding = encoder.encode_audio_with_remarks(reading.audio, reading.sample_rate, on_progress)
    for remark in (*reading.remarks, *encoding.remarks):
        on_remark(f"{name}: {remark}")
    return encoding.embedding


def _called(timbre: AudioTimbre) -> str:
    """A recording's name for people; a library's own and a program's have hashes for one."""
    return "the recording" if _HASH.fullmatch(timbre.path.stem) else timbre.path.name


@resolve.register
def _text(
    timbre: TextTimbre,
    encoder: TimbreEncoder,
    _on_remark: RemarkCallback = ignore_remark,
    _look_up: EmbeddingLookup = nothing_kept,
    _on_progress: ProgressCallback = always_continue,
    _on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    return encoder.encode_text(timbre.words)


@resolve.register
def _blend(
    timbre: Blend,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    heard = [part for part, weight in timbre.parts if weight > 0]
    embeddings = []
    for number, part in enumerate(heard):
        progress = part_of(on_progress, number / len(heard), (number + 1) / len(heard))
        embeddings.append(look_up_or_resolve(part, encoder, on_remark, look_up, progress, on_stage))
    return mix(timbre, embeddings)


def mix(blend: Blend, embeddings: Sequence[FloatArray]) -> FloatArray:
    """The embedding of a blend whose parts are known.

    Args:
        blend: the recipe.
        embeddings: of its parts that weigh anything, in their order.

    Returns:
        float32 [512], unit norm.

    Raises:
        SettingsError: if the parts of a linear blend cancel out.
    """
    weights = np.array([weight for _, weight in blend.parts if weight > 0], np.float64)
    mean = spherical_mean if blend.mode == "slerp" else linear_mean
    return mean(np.stack(embeddings), weights)  # [n, 512]


def embedding_path(
    times_s: Sequence[float], timbres: Sequence[Timbre], encoder: TimbreEncoder
) -> EmbeddingPath:
    """A timbre that moves during a clip.

    Args:
        times_s: increasing, seconds from the clip's start.
        timbres: the recipe that is reached at each of the times.
        encoder: encodes recordings and words.

    Raises:
        SettingsError: if the lengths differ or the times do not increase.
        AudioError: if a recording cannot be used.
    """
    if len(times_s) != len(timbres) or not timbres:
        raise SettingsError(
            f"a moving timbre needs a time for every timbre, got {len(times_s)} and {len(timbres)}"
        )
    embeddings = np.stack([resolve(timbre, encoder) for timbre in timbres])  # [n, 512]
    return EmbeddingPath(np.asarray(times_s, np.float64), embeddings.reshape(-1, EMBEDDING_DIM))
