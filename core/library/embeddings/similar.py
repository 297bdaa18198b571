"""Presets that sound like something: embeddings kept up to date, and nearest neighbours.

Embeddings are :mod:`core.library.embeddings.kept`'. What may be missing is kept as one number
for each encoder, the version up to which everything is there, so that a search in a library of
100,000 presets looks at the new ones only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from core.encoders.base import AudioEncoding, TimbreEncoder
from core.encoders.morphing import embedding_of
from core.errors import AudioError, OutputError, SettingsError
from core.library import rows
from core.library.embeddings.kept import KeptEmbeddings
from core.library.embeddings.vectors import Vectors
from core.library.errors import UnknownPreset
from core.library.presets import Neighbour, Preset
from core.library.recipes import PinnedPreset
from core.library.schema import EMBEDDED, PRESET, VERSION
from core.progress import (
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
    part_of,
    report,
)
from core.sqlite import Database
from core.timbre import Timbre
from core.types import FloatArray

_BATCH = 64
"""Embeddings written at a time: what a crash or a cancel may cost."""

_CHUNK = 500

_CURRENT = select(
    VERSION.c.pk, VERSION.c.digest, VERSION.c.number, PRESET.c.id, PRESET.c.name
).join(PRESET, PRESET.c.version_pk == VERSION.c.pk)
_BY_DIGEST = (
    select(PRESET.c.pk, PRESET.c.id, VERSION.c.digest)
    .join(VERSION, VERSION.c.pk == PRESET.c.version_pk)
    .where(VERSION.c.digest.in_(bindparam("digests", expanding=True)))
)


@dataclass(frozen=True)
class EmbeddingUpdate:
    """What an update of the embeddings did.

    Attributes:
        computed: embeddings that were missing and are there now.
        failed: names of presets that could not be embedded, with the reason.
    """

    computed: int
    failed: tuple[tuple[str, str], ...] = ()


def update_embeddings(
    database: Database,
    kept: KeptEmbeddings,
    encoder: TimbreEncoder,
    timbre_of: Callable[[PinnedPreset], Timbre],
    on_progress: ProgressCallback,
    on_stage: StageCallback = ignore_stage,
) -> EmbeddingUpdate:
    """Compute what is missing for an encoder.

    A preset that cannot be embedded (its recording is gone, say) is passed over, named in
    the answer, and tried again next time.

    Args:
        database: the library.
        kept: where embeddings are found and go.
        encoder: turns recipes into embeddings.
        timbre_of: the timbre of a preset's version.
        on_progress: called with the fraction done; answering False cancels.
        on_stage: called with what is being done, if anything is missing.

    Raises:
        Cancelled: if ``on_progress`` said so; what was computed is kept.
    """
    stores = kept.of_encoder(encoder)
    with database.read() as connection:
        newest = connection.execute(select(func.coalesce(func.max(VERSION.c.pk), 0))).scalar_one()
        complete_to = _complete_to(connection, encoder, stores)
        if complete_to >= newest:
            return EmbeddingUpdate(0)
        candidates = connection.execute(
            _CURRENT.where(VERSION.c.pk > complete_to).order_by(VERSION.c.pk)
        ).all()
    there = {digest.tobytes() for vectors in stores for digest in vectors.digests}
    missing = [row for row in candidates if row.digest not in there]
    if missing:
        on_stage("listening to new presets")
    is_held = database.is_read_only

    def keep(heard: Mapping[bytes, AudioEncoding], encoder: TimbreEncoder) -> None:
        nonlocal is_held
        if not is_held:
            try:
                kept.keep(heard, encoder)
                return
            except OutputError:  # the cache cannot be written, or is full: that costs time only
                is_held = True
        kept.hold(heard, encoder)

    with encoder.computing() if missing else contextlib.nullcontext():
        computed, failed = _compute(kept, keep, encoder, missing, timbre_of, on_progress)
    update = EmbeddingUpdate(computed, tuple((row.name, reason) for row, reason in failed))
    if failed:
        newest = min(row.pk for row, _ in failed) - 1
    if is_held:  # then all are looked at again next time
        return update
    with database.write() as connection:
        values = {"store_id": _store_id(kept.of_encoder(encoder)), "complete_to": newest}
        connection.execute(
            insert(EMBEDDED)
            .values(encoder_sha256=encoder.fingerprint, **values)
            .on_conflict_do_update(index_elements=["encoder_sha256"], set_=values)
        )
    return update


def _store_id(stores: Sequence[Vectors]) -> str:
    return "+".join(vectors.store_id for vectors in stores)


def _complete_to(connection: Connection, encoder: TimbreEncoder, stores: Sequence[Vectors]) -> int:
    """The version up to which every embedding is in the stores; 0 if nothing says so."""
    row = connection.execute(
        select(EMBEDDED).where(EMBEDDED.c.encoder_sha256 == encoder.fingerprint)
    ).first()
    return row.complete_to if row is not None and row.store_id == _store_id(stores) else 0


def _compute(
    kept: KeptEmbeddings,
    keep: Callable[[Mapping[bytes, AudioEncoding], TimbreEncoder], None],
    encoder: TimbreEncoder,
    missing: Sequence[Any],
    timbre_of: Callable[[PinnedPreset], Timbre],
    on_progress: ProgressCallback,
) -> tuple[int, list[tuple[Any, str]]]:
    failed: list[tuple[Any, str]] = []
    batch: dict[bytes, AudioEncoding] = {}
    done: set[bytes] = set()

    def write() -> None:
        keep(batch, encoder)
        done.update(batch)
        batch.clear()

    try:
        for index, row in enumerate(missing):
            part = part_of(on_progress, index / len(missing), (index + 1) / len(missing))
            report(part, 0.0)
            if row.digest in done or row.digest in batch:
                continue
            remarks: list[str] = []
            try:
                timbre = timbre_of(PinnedPreset(row.id, row.number, row.name))
                embedding = embedding_of(timbre, encoder, remarks.append, kept.look_up, part)
            except (AudioError, SettingsError, UnknownPreset) as error:
                failed.append((row, str(error)))
                continue
            batch[row.digest] = AudioEncoding(embedding, tuple(remarks))
            if len(batch) >= _BATCH:
                write()
    finally:
        write()
    report(on_progress, 1.0)
    return len(done), failed


def similar(
    database: Database,
    kept: KeptEmbeddings,
    near: Preset | Timbre | FloatArray,
    encoder: TimbreEncoder,
    limit: int,
    timbre_of: Callable[[PinnedPreset], Timbre],
    on_remark: RemarkCallback = ignore_remark,
    on_progress: ProgressCallback = always_continue,
    on_stage: StageCallback = ignore_stage,
    allowed: Callable[[Connection], frozenset[int]] | None = None,
) -> tuple[Neighbour, ...]:
    """The presets nearest to something. See :meth:`.library.Library.similar`.

    Args:
        database: the library, its embeddings up to date.
        kept: where they are.
        near: a preset, a timbre, or an embedding, float32 [512], unit norm.
        encoder: which embeddings to compare.
        limit: at most so many.
        timbre_of: the timbre of a preset's version.
        on_remark: called with what is to be said about a recording to compare with.
        on_progress: called with the fraction done; answering False cancels.
        on_stage: called with what is loaded or listened to.
        allowed: gives the keys of presets that are not left out; None leaves none out.

    Raises:
        Cancelled: if ``on_progress`` said so.
        UnknownPreset: if the preset is not there.
        AudioError: if a recording to compare with cannot be used.
    """
    heard = None
    if isinstance(near, Preset):
        with database.read() as connection:
            heard = kept.find(rows.find_row(connection, near.id).digest, encoder)
    if isinstance(near, np.ndarray):
        vector = near
    elif heard is not None:
        vector = heard.embedding
    else:
        timbre = (
            timbre_of(PinnedPreset(near.id, near.version, near.name))
            if isinstance(near, Preset)
            else near
        )
        with encoder.computing():
            vector = embedding_of(timbre, encoder, on_remark, kept.look_up, on_progress, on_stage)
    with database.read() as connection:
        except_id = near.id if isinstance(near, Preset) else None
        stores = kept.of_encoder(encoder)
        kept_pks = None if allowed is None else allowed(connection)
        return nearest(connection, stores, vector, limit, except_id, kept_pks)


def nearest(
    connection: Connection,
    stores: Sequence[Vectors],
    vector: FloatArray,
    limit: int,
    except_id: str | None,
    allowed: frozenset[int] | None = None,
) -> tuple[Neighbour, ...]:
    """The presets nearest to a vector, the nearest first.

    Args:
        connection: the library.
        stores: of the encoder the vector came from.
        vector: float32 [512], unit norm.
        limit: at most so many.
        except_id: a preset that is left out: the one they are compared with.
        allowed: keys of the presets that are not left out; None leaves none out.
    """
    wanted = limit + 16
    while True:
        # The stores also hold recipes of old versions and of presets that are gone, so the
        # best records may give fewer presets than wanted; then look further.
        by_digest: dict[bytes, float] = {}
        unseen = -2.0  # nothing that was not looked at is nearer
        for vectors in stores:
            best = vectors.nearest(vector, wanted)
            if len(vectors) > wanted:
                unseen = max(unseen, min(similarity for _, similarity in best))
            for digest, similarity in best:
                # Two processes may have written the same recipe; a crash may have spoilt one.
                by_digest[digest] = max(by_digest.get(digest, -2.0), similarity)
        nearest_first = _ranked(connection, by_digest, except_id)
        if allowed is not None:
            nearest_first = [one for one in nearest_first if one[0] in allowed]
        is_sure = len(nearest_first) >= limit and nearest_first[limit - 1][1] >= unseen
        if is_sure or wanted >= max(map(len, stores)):
            presets = rows.fetch(connection, [pk for pk, _ in nearest_first[:limit]])
            return tuple(
                Neighbour(preset, min(1.0, max(-1.0, similarity)))
                for preset, (_, similarity) in zip(presets, nearest_first[:limit], strict=True)
            )
        wanted *= 8


def _ranked(
    connection: Connection, by_digest: dict[bytes, float], except_id: str | None
) -> list[tuple[int, float]]:
    """Keys of the presets whose current recipes have these digests, best similarity first."""
    digests, matches = list(by_digest), []
    for start in range(0, len(digests), _CHUNK):
        chunk = digests[start : start + _CHUNK]
        for pk, preset_id, digest in connection.execute(_BY_DIGEST, {"digests": chunk}):
            if by_digest[digest] >= -1.001 and preset_id != except_id:
                matches.append((pk, by_digest[digest]))
    return sorted(matches, key=lambda item: (-item[1], item[0]))
