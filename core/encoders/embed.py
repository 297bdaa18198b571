"""From a recipe to its embedding: recordings and words are encoded, blends are mixed.

What moves has two: the path that it plays in a clip, and its mean, by which it is searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import singledispatch

import numpy as np

from core.audio import read_reference_with_remarks
from core.audio.files import reference_of
from core.encoders.base import AudioEncoding, TimbreEncoder
from core.encoders.mixing import follow
from core.encoders.mixing import mix as mix
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
from core.timbre import AudioTimbre, Blend, Morph, TextTimbre, Timbre
from core.types import EMBEDDING_DIM, Embedding, EmbeddingPath, FloatArray

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
        if not timbre.inside:  # what it is made of may be kept
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
    if isinstance(timbre, AudioTimbre):
        return look_up(timbre, encoder) is None
    # Of what moves only the mean is kept, which is not what it plays.
    if not timbre.moves and timbre.inside and look_up(timbre, encoder) is not None:
        return False
    return any(takes_listening(part, encoder, look_up) for part in timbre.heard)


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
        look_up: finds what was kept of timbres inside it.
        on_progress: called with the fraction done; answering False cancels.
        on_stage: called with what is listened to, if it is a recording.

    Returns:
        float32 [512], unit norm; of a morph its mean over time.

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
    heard = _each(timbre.heard, encoder, on_remark, look_up, on_progress, on_stage)
    return mix(timbre, [heard[part] for part in timbre.heard])


@resolve.register
def _morph(
    timbre: Morph,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> FloatArray:
    return _path(timbre, 1.0, encoder, on_remark, look_up, on_progress, on_stage).mean(1.0)


def look_up_or_follow(
    timbre: Timbre,
    length_s: float,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback = ignore_remark,
    look_up: EmbeddingLookup = nothing_kept,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
) -> Embedding:
    """What a recipe plays in a clip: a path if it moves, else as :func:`look_up_or_resolve`.

    Args:
        timbre: the recipe.
        length_s: of the clip, seconds.
        encoder, on_remark, look_up, on_progress, on_stage: as there.

    Raises:
        As :func:`resolve`.
    """
    if isinstance(timbre, Morph):
        return _path(timbre, length_s, encoder, on_remark, look_up, on_progress, on_stage)
    return look_up_or_resolve(timbre, encoder, on_remark, look_up, on_progress, on_stage)


def _path(
    morph: Morph,
    length_s: float,
    encoder: TimbreEncoder,
    on_remark: RemarkCallback,
    look_up: EmbeddingLookup,
    on_progress: ProgressCallback,
    on_stage: StageCallback,
) -> EmbeddingPath:
    # A path over a pad names the same few presets at each of its points.
    named = [part for there in morph.inside for part in _named(there)]
    heard = _each(named, encoder, on_remark, look_up, on_progress, on_stage)
    return follow(
        morph,
        [
            mix(there, [heard[part] for part in there.heard])
            if isinstance(there, Blend)
            else heard[there]
            for there in morph.inside
        ],
        length_s,
    )


def _named(timbre: Timbre) -> tuple[Timbre, ...]:
    return timbre.heard if isinstance(timbre, Blend) else (timbre,)


def _each(
    timbres: Sequence[Timbre],
    encoder: TimbreEncoder,
    on_remark: RemarkCallback,
    look_up: EmbeddingLookup,
    on_progress: ProgressCallback,
    on_stage: StageCallback,
) -> dict[Timbre, FloatArray]:
    """The embeddings of timbres, each asked for once."""
    distinct = list(dict.fromkeys(timbres))
    embeddings = {}
    for number, timbre in enumerate(distinct):
        progress = part_of(on_progress, number / len(distinct), (number + 1) / len(distinct))
        embeddings[timbre] = look_up_or_resolve(
            timbre, encoder, on_remark, look_up, progress, on_stage
        )
    return embeddings


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
