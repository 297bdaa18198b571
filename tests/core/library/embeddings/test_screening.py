"""A search in many vectors finds what comparing all of them finds."""

from __future__ import annotations

import numpy as np
import pytest

from core.library.embeddings.screening import ScreenedVectors
from core.library.embeddings.vectors import Vectors
from core.types import EMBEDDING_DIM, FloatArray


def unit_rows(rows: FloatArray) -> FloatArray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def random_rows(count: int, spread: float) -> FloatArray:
    """Unit vectors all around, or (with a small spread) all near one."""
    rng = np.random.default_rng(round(1000 * spread))
    rows = rng.standard_normal((count, EMBEDDING_DIM)).astype(np.float32)
    middle = rng.standard_normal(EMBEDDING_DIM).astype(np.float32)
    return unit_rows(rows * spread + middle * (1 - spread))


@pytest.mark.parametrize("spread", [1.0, 0.6, 0.1, 0.001])
@pytest.mark.parametrize("count", [1, 20, 400])
def test_the_nearest_are_among_the_candidates(spread: float, count: int) -> None:
    rows = random_rows(5_000, spread)
    screened = ScreenedVectors(rows)
    for query in (rows[17], random_rows(1, spread)[0], unit_rows(rows[3:4] + 0.01)[0], -rows[5]):
        candidates = screened.candidates(query, count)
        nearest = np.argsort(-(rows.astype(np.float64) @ query))[:count]
        assert set(nearest) <= set(candidates)


def test_few_are_candidates_where_vectors_lie_all_around() -> None:
    rows = random_rows(20_000, 1.0)
    assert len(ScreenedVectors(rows).candidates(rows[0], 20)) < 1_000


def test_spoilt_vectors_are_compared_in_full() -> None:
    rows = random_rows(300, 1.0)
    rows[7], rows[8], rows[9] = np.nan, 1e30, 0.0
    candidates = ScreenedVectors(rows).candidates(rows[0], 2)
    assert {0, 7, 8, 9} <= set(candidates)


def test_searches_in_a_large_store_answer_as_those_in_small_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = random_rows(12_000, 0.8)
    rows[5] = np.nan
    digests = np.random.default_rng(0).integers(0, 256, (len(rows), 32), np.uint8)
    large = Vectors("id", digests, rows)
    queries = [rows[n] for n in range(10, 14)]
    quick = [dict(large.nearest(query, 30)) for query in queries]
    assert "_screened" in large.__dict__
    monkeypatch.setattr("core.library.embeddings.vectors._MANY", 10**9)
    for query, found in zip(queries, quick, strict=True):
        plain = dict(large.nearest(query, 30))
        assert found == pytest.approx(plain, abs=1e-6)
    assert large.nearest(rows[10], 20_000)[5][0] in {row.tobytes() for row in digests}
