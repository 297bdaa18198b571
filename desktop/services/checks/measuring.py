"""Measures one take, in a process of its own: networks and matching would hold up the window.

The file says itself what it plays and what it should sound like (:mod:`core.provenance`). Its
level is brought to the common one first, as a transcriber hears soft sounds badly. Notes are
matched as :mod:`evaluation.metrics.transcription` does, by onset within 50 ms and pitch; likeness
is :mod:`evaluation.metrics.clap`'s cosine. An encoder that was trained with the engine is a
lenient judge, so a figure ranks takes and says little by itself.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.encoders.base import TimbreEncoder
    from core.provenance import Provenance
    from core.types import FloatArray

VERSION = 1
"""Of what :func:`measure_take` gives; what an older one gave is measured again."""

_NICENESS = 10


def begin_process() -> None:
    """Make way for whoever plays and renders; called once in the process."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)


def measure_take(file: str) -> dict[str, Any]:
    """Listen to a take.

    Args:
        file: a render of ours.

    Returns:
        As JSON can hold it: ``asked`` notes; ``missed``, ``added``: [start_s, pitch, velocity,
        duration_s] each; ``note_f``; ``likeness`` or None, ``reference`` and ``judge``.

    Raises:
        AudioError: if the file is gone, or no render of ours.
        ModelMissing: if the transcriber is not installed.
    """
    from core.audio import read_audio
    from core.audio.loudness import amplified
    from core.leveling.gains import gain_of
    from core.provenance import read_provenance
    from evaluation.metrics import transcription

    made = read_provenance(file)
    audio, rate = read_audio(file)
    audio = amplified(audio, gain_of(audio, rate).db)
    asked = made.clip.notes
    heard = transcription.transcribe(audio, rate)
    pairs = transcription.match(asked, heard)
    found, used = {first for first, _ in pairs}, {second for _, second in pairs}
    missed = [note for index, note in enumerate(asked) if index not in found]
    added = [note for index, note in enumerate(heard) if index not in used]
    likeness, reference, judge = _likeness(made, audio, rate)
    return {
        "asked": len(asked),
        "missed": [[n.start_s, n.pitch, n.velocity, n.duration_s] for n in missed],
        "added": [[n.start_s, n.pitch, n.velocity, n.duration_s] for n in added],
        "note_f": 2 * len(pairs) / max(len(asked) + len(heard), 1),
        "likeness": likeness,
        "reference": reference,
        "judge": judge,
    }


def _likeness(made: Provenance, audio: FloatArray, rate: int) -> tuple[float | None, str, str]:
    """The cosine, what with (or why with nothing), and who judged."""
    from core.errors import TimbreError
    from core.models.registry import Registry
    from core.types import EmbeddingPath
    from evaluation.metrics import clap

    if isinstance(made.embedding, EmbeddingPath):
        return None, "a timbre that moves has no one reference", ""
    try:
        bundle = Registry().resolve(made.model_id)
        if bundle.sha256 != made.model_sha256:
            return None, f"it was made by other weights of {made.model_id} than are here", ""
        encoder = _encoder(made.model_id, made.model_sha256)
        reference, words = _reference(made, encoder)
        cosine = clap.similarity(clap.embed(encoder, audio, rate), reference)
    except TimbreError as error:
        return None, " ".join(str(error).split()), ""
    return cosine, words, encoder.id


@functools.lru_cache(maxsize=1)
def _encoder(model_id: str, _sha256: str) -> TimbreEncoder:
    from core.engines.registry import engine_named
    from core.loading import choose_device, load_encoder
    from core.models.registry import Registry

    bundle = Registry().resolve(model_id)
    return load_encoder(bundle, choose_device(engine_named(bundle.manifest.engine), "cpu"))


def _reference(made: Provenance, encoder: TimbreEncoder) -> tuple[FloatArray, str]:
    """An embedding to compare with, and what it is of.

    A recording is embedded as the take is; of anything else the embedding is what was asked for.
    """
    from core.audio import read_reference
    from core.timbre import AudioTimbre
    from core.types import EmbeddingPath
    from evaluation.metrics import clap

    timbre = made.timbre
    if isinstance(timbre, AudioTimbre) and Path(timbre.path).is_file():
        return clap.embed(
            encoder, *read_reference(timbre.path)
        ), f"the recording {timbre.path.name}"
    assert not isinstance(made.embedding, EmbeddingPath)
    words = "the embedding it was rendered from" if timbre is None else timbre.describe()
    return made.embedding, words
