"""Arrow keys on the map: every preset can be reached from every other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from core.types import FloatArray
from desktop.pages.browse.map.walk import DIRECTIONS, nearest_to, step_from


def are_all_reachable(x: FloatArray, y: FloatArray) -> bool:
    steps = [
        (at, number)
        for at in np.flatnonzero(~np.isnan(x))
        for direction in DIRECTIONS
        if (number := step_from(x, y, int(at), direction)) is not None
    ]
    count = len(x) - int(np.isnan(x).sum())
    if count < 2:
        return not steps
    start, end = zip(*steps, strict=True)
    graph = coo_matrix((np.ones(len(steps)), (start, end)), (len(x), len(x)))
    pieces, labels = connected_components(graph, connection="strong")
    return len(set(labels[~np.isnan(x)])) == 1 and pieces == 1 + int(np.isnan(x).sum())


def clouds(kind: str, count: int = 300) -> tuple[FloatArray, FloatArray]:
    chance = np.random.default_rng(len(kind))
    evenly = np.arange(count) / count
    places = {
        "even": lambda: chance.random((2, count)),
        "clusters": lambda: chance.normal(0, 0.01, (2, count)) + chance.integers(0, 4, (2, count)),
        "grid": lambda: np.stack(np.divmod(np.arange(count), 20)).astype(float),
        "diagonal": lambda: np.stack([evenly, evenly]),
        "other diagonal": lambda: np.stack([evenly, -evenly]),
        "row": lambda: np.stack([evenly, 0 * evenly]),
        "column": lambda: np.stack([0 * evenly, evenly]),
        "circle": lambda: np.stack([np.cos(6.283 * evenly), np.sin(6.283 * evenly)]),
        "shared": lambda: chance.integers(0, 6, (2, count)).astype(float),
        "one place": lambda: np.ones((2, count)),
    }[kind]()
    x, y = places.astype(np.float32)
    return x, y


@pytest.mark.parametrize("kind", ["even", "clusters", "grid", "diagonal", "other diagonal", "row",
                                  "column", "circle", "shared", "one place"])  # fmt: skip
def test_every_point_can_be_reached_from_every_other(kind: str) -> None:
    assert are_all_reachable(*clouds(kind))


def test_points_that_are_nowhere_are_passed_over() -> None:
    x, y = clouds("even", 100)
    x[::3] = y[::3] = np.nan
    assert are_all_reachable(x, y)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_however_they_lie(places: list[tuple[int, int]]) -> None:
    x, y = np.array(places, np.float32).T
    assert are_all_reachable(x, y)


def test_a_step_goes_where_the_arrow_points() -> None:
    x, y = clouds("even")
    for at in range(0, 300, 7):
        for direction, along, across in (
            ("right", x - x[at], y - y[at]), ("left", x[at] - x, y[at] - y),
            ("up", y - y[at], x[at] - x), ("down", y[at] - y, x - x[at]),
        ):  # fmt: skip
            number = step_from(x, y, at, direction)  # type: ignore[arg-type]
            ahead = (along > 0) & (across <= along) & (across > -along)
            assert (number is None) == (not ahead.any())
            if number is not None:
                assert ahead[number]
                nearest = np.hypot(along, across)[ahead].min()
                assert np.hypot(along, across)[number] <= 1.4143 * nearest


def test_the_nearest_to_a_place() -> None:
    x, y = np.array([0, 1, np.nan], np.float32), np.array([0, 1, np.nan], np.float32)
    assert nearest_to(x, y, (0.9, 0.8)) == 1
    assert nearest_to(x[2:], y[2:], (0, 0)) is None
    assert nearest_to(x[:0], y[:0], (0, 0)) is None
