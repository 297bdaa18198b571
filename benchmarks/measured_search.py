"""Searches by what presets sound like, among 100,000: ``python -m benchmarks.measured_search``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import insert, text

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange
from core.library import Library
from core.library.measures.yardstick import place_basis
from core.library.presets import PresetOrder
from core.library.schema import PLACE
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry

COUNT = 100_000
_ADD = """
INSERT INTO preset (id, name, name_key, version_pk, kind, rating, favourite, created_at, changed_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT printf('%032x', i), 'p' || i, 'p' || i, i, 'text', 0, i % 9 = 0, '2026-01-01', '2026-01-01'
FROM n
"""
_ADD_VERSIONS = """
INSERT INTO version (pk, preset_pk, number, summary, recipe, settings, digest, created_at)
SELECT pk, pk, 1, '', '{}', '{}', CAST(pk AS BLOB), '2026-01-01' FROM preset
"""
_RANGES: dict[str, Sequence[MeasuredRange]] = {
    "none": (),
    "one wide": (MeasuredRange("brightness", 0.2, 0.9),),
    "one narrow": (MeasuredRange("noise", 0.5, 0.55),),
    "two": (MeasuredRange("brightness", 0.2, 0.9), MeasuredRange("length", 0.5, 1.0)),
    "five": [MeasuredRange(adjective.name, 0.1, 0.9) for adjective in ADJECTIVES],
}


def fill(library: Library, count: int) -> list[list[int]]:
    """Put presets in that have places between adjectives and no recipes.

    Args:
        library: without presets.
        count: of them.

    Returns:
        Their places, thousandths [count][5].
    """
    basis = place_basis(Registry().resolve(DEFAULT_BUNDLE).sha256)
    library.list(order="dark")  # what is not there yet is made now, and not over this
    places: list[list[int]] = np.random.default_rng(1).integers(0, 1001, (count, 5)).tolist()
    columns = [adjective.name for adjective in ADJECTIVES]
    rows = [
        {"basis": basis, "preset_pk": pk, **dict(zip(columns, row, strict=True))}
        for pk, row in enumerate(places, 1)
    ]
    with library._database.write() as connection:
        connection.execute(text(_ADD), {"count": count})
        connection.execute(text(_ADD_VERSIONS))
        connection.execute(insert(PLACE), rows)
    return places


def main() -> None:
    """Print the least of five times for each search, milliseconds."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "l.sqlite", with_factory_bank=False, model=None) as library,
    ):
        fill(library, COUNT)
        orders: tuple[PresetOrder, ...] = ("name", "dark", "newest")
        for name, ranges in _RANGES.items():
            for order in orders:
                took_s = []
                for _ in range(5):
                    began = time.perf_counter()
                    library.list(limit=50, order=order, ranges=ranges)
                    took_s.append(time.perf_counter() - began)
                print(f"{name:10} by {order:6} {1000 * min(took_s):6.1f} ms", flush=True)


if __name__ == "__main__":
    main()
