"""Does it sound like the recording, or like the words? Similarity in an encoder's space.

Task: cosine of two embeddings by the same timbre encoder: render and recording (audio–audio),
or render and description (text–audio).

Conventions: sounds are float32 [frames] or [channels, frames] with their sample rate in hertz,
full scale ±1, channels averaged; embeddings are float32 [512] of norm 1. A similarity is −1 to 1,
higher is better.

How it differs from other scorers: the figure belongs to one encoder, whose id and hash stand in
the same dict, and nothing here compares across encoders. Published "CLAP scores" use LAION's
networks (Wu et al., ICASSP 2023); with the embedded bundle it is that bundle's own encoder and
only comparable with itself. An encoder judging the bundle it was trained with is a lenient judge.

Text–audio cosines are far lower than audio–audio ones (the modality gap) and must not be
averaged with them. A silent sound has no timbre: its similarity is 0, so that a system that
renders nothing is not rewarded by leaving its failures out of the mean.
"""

from __future__ import annotations

import numpy as np

from core.audio.conform import is_silent, mono
from core.coercion.arrays import AudioLike, SoundLike, as_audio
from core.coercion.type_errors import check_type
from core.encoders.base import TimbreEncoder
from core.errors import AudioError
from core.types import EMBEDDING_DIM, FloatArray

MIN_SOUND_S = 0.05
"""Shorter sounds are padded with silence to this length, seconds."""


def validate(embedding: FloatArray) -> None:
    """Raises AudioError unless it is finite, [512], and of norm 1 (or all 0: silence)."""
    if embedding.shape != (EMBEDDING_DIM,) or not np.isfinite(embedding).all():
        raise AudioError(f"an embedding must be {EMBEDDING_DIM} finite values")
    norm = float(np.linalg.norm(embedding))
    if norm and abs(norm - 1) > 1e-3:
        raise AudioError(f"an embedding must have norm 1, this one has {norm:.4f}")


def embed(encoder: TimbreEncoder, audio: SoundLike, sample_rate: int) -> FloatArray:
    """Embedding of a sound: float32 [512] of norm 1; all 0 for a silent one.

    Args:
        encoder: of the figure.
        audio: float32 [frames] or [channels, frames].
        sample_rate: Hz.

    Raises:
        AudioError: if the sound is empty or holds NaN.
    """
    sound = mono(audio, sample_rate)
    if is_silent(sound):
        return np.zeros(EMBEDDING_DIM, np.float32)
    # An encoder needs some frames to look at; silence appended adds no timbre of its own.
    short = max(0, round(MIN_SOUND_S * sample_rate) - len(sound))
    # Many sounds are compared; what an encoder does beyond its network takes seconds for each.
    embedding = encoder.encode_audio_fast(np.pad(sound, (0, short))[None], sample_rate)
    validate(embedding)
    return embedding


def similarity(first: FloatArray, second: FloatArray) -> float:
    """Cosine of two embeddings, −1 to 1; 0 if one of them is of silence.

    Args:
        first, second: float32 [512], norm 1 or all 0.

    Raises:
        AudioError: if one is no embedding.
    """
    validate(first)
    validate(second)
    # Rounding may carry the cosine of equal embeddings a little over 1.
    return float(np.clip(first.astype(np.float64) @ second.astype(np.float64), -1.0, 1.0))


def evaluate(
    encoder: TimbreEncoder,
    audio: SoundLike,
    sample_rate: int,
    *,
    recording: AudioLike | None = None,
    words: str | None = None,
) -> dict[str, float | str | None]:
    """Similarity of a sound to a recording, to words, or to both.

    Args:
        encoder: embeds all of them.
        audio: the render, as :func:`core.coercion.arrays.as_samples` takes it.
        sample_rate: Hz.
        recording: what it should sound like, and its sample rate; None: not compared.
        words: a description of what it should sound like; None: not compared.

    Returns:
        ``clap_audio`` and ``clap_text`` (None where there is nothing to compare with), and
        ``encoder_id`` and ``encoder_sha256``, without which the figures mean nothing.

    Raises:
        AudioError: if a sound is empty or holds NaN.
        TypeError: if an argument is of a type that is not taken.
    """
    check_type("the encoder", encoder, TimbreEncoder, "one, such as Synthesizer.encoder")
    if words is not None:
        check_type("the description", words, str, "words")
    target = None if recording is None else as_audio(recording, "the recording")
    own = embed(encoder, audio, sample_rate)
    return {
        "clap_audio": None if target is None else similarity(own, embed(encoder, *target)),
        "clap_text": None if words is None else similarity(own, encoder.encode_text(words)),
        "encoder_id": encoder.id,
        "encoder_sha256": encoder.sha256,
    }
