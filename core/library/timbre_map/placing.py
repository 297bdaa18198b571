"""Presets' keys to points of the map, by the embeddings that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from core.library.embeddings.vectors import DIGEST_BYTES, Vectors
from core.library.schema import PRESET, TAG, VERSION
from core.library.timbre_map.families import FAMILIES, FAMILY_OF_TAG
from core.library.timbre_map.points import NO_POINTS, MapPoints
from core.library.timbre_map.projection import MapProjection
from core.types import FloatArray

_POINTS = select(PRESET.c.pk, PRESET.c.id, PRESET.c.name, VERSION.c.digest).join(
    VERSION, VERSION.c.pk == PRESET.c.version_pk
)
_TAGS = select(TAG.c.preset_pk, TAG.c.tag).where(TAG.c.tag.in_(FAMILY_OF_TAG))
_FEW = 5000
"""Presets that are asked for by their keys; with more, everything is read."""

_CHUNK = 500


class PlacedVectors:
    """Where stored embeddings stand; computed once for each store.

    Args:
        projection: to be used.
    """

    def __init__(self, projection: MapProjection) -> None:
        self.projection = projection
        self._kept: dict[tuple[str, int], tuple[FloatArray, npt.NDArray[np.int8]]] = {}

    def of(self, vectors: Vectors) -> tuple[FloatArray, npt.NDArray[np.int8]]:
        """Places float32 [n, 2] and families int8 [n] of a store."""
        key = vectors.store_id, len(vectors)
        if key not in self._kept:
            found = (
                self.projection.places(vectors.embeddings),
                self.projection.families(vectors.embeddings),
            )
            # Of a store that grew, what was known before is of no more use.
            self._kept = {kept: v for kept, v in self._kept.items() if kept[0] != key[0]}
            self._kept[key] = found
        return self._kept[key]


def map_points(
    connection: Connection, keys: Sequence[int], stores: Sequence[Vectors], placed: PlacedVectors
) -> MapPoints:
    """The points of presets.

    Args:
        connection: to the library.
        keys: of the presets, in the order wanted.
        stores: of embeddings; of one that is in several, the first counts.
        placed: where these stand.
    """
    if not keys:
        return NO_POINTS
    rows, tags = _read(connection, keys)
    by_key = {row[0]: row for row in rows}
    chosen = [by_key[key] for key in keys if key in by_key]
    digests = np.frombuffer(b"".join(row[3] for row in chosen), np.uint8)
    places, families = _found(digests.reshape(-1, DIGEST_BYTES), stores, placed)
    rank = {tag: number for number, tag in enumerate(FAMILY_OF_TAG)}
    best: dict[int, int] = {}
    for key, tag in tags:
        best[key] = min(best.get(key, len(rank)), rank[tag])
    named = [FAMILIES.index(family) for family in FAMILY_OF_TAG.values()]
    by_tag = np.array([named[best[row[0]]] if row[0] in best else -1 for row in chosen], np.int8)
    families = np.where(by_tag >= 0, by_tag, families).astype(np.int8)
    x, y = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
    families[np.isnan(x)] = -1
    return MapPoints([row[1] for row in chosen], [row[2] for row in chosen], x, y, families)


def _read(
    connection: Connection, keys: Sequence[int]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    if len(keys) > _FEW:
        return _tuples(connection, _POINTS), _tuples(connection, _TAGS)
    rows: list[tuple[Any, ...]] = []
    tags: list[tuple[Any, ...]] = []
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        rows += _tuples(connection, _POINTS.where(PRESET.c.pk.in_(chunk)))
        tags += _tuples(connection, _TAGS.where(TAG.c.preset_pk.in_(chunk)))
    return rows, tags


def _tuples(connection: Connection, query: Any) -> list[tuple[Any, ...]]:
    # The driver's own tuples: SQLAlchemy's rows take three times as long for 100,000.
    cursor = connection.execute(query).cursor
    return [] if cursor is None else list(cursor.fetchall())


def _found(
    digests: npt.NDArray[np.uint8], stores: Sequence[Vectors], placed: PlacedVectors
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    places = np.full((len(digests), 2), np.nan, np.float32)
    families = np.full(len(digests), -1, np.int8)
    for vectors in stores:
        index = vectors.indices_of(digests)
        there = (index >= 0) & np.isnan(places[:, 0])
        if there.any():
            of_store, their_families = placed.of(vectors)
            places[there] = of_store[index[there]]
            families[there] = their_families[index[there]]
    return places, families
