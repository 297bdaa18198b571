"""Points and weights, paths, and what a blend is, without widgets."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop.pages.make.blend.bilinear import (
    CORNERS,
    MIDDLE,
    Point,
    corner_weights,
    nearest_point,
    snapped,
)
from desktop.pages.make.blend.path import MOST_POINTS, path_of, point_at

ALL = (True, True, True, True)
PART = st.floats(0.0, 1.0)
POINTS = st.tuples(PART, PART)
FILLED = st.lists(st.booleans(), min_size=4, max_size=4).filter(any)


def test_weights_are_bilinear() -> None:
    assert corner_weights((0.25, 0.5), ALL) == pytest.approx((0.375, 0.125, 0.375, 0.125))
    for number, corner in enumerate(CORNERS):
        assert corner_weights(corner, ALL)[number] == 1.0
    assert corner_weights(MIDDLE, (True, False, True, True)) == pytest.approx(
        (1 / 3, 0, 1 / 3, 1 / 3)
    )
    assert corner_weights(MIDDLE, (False,) * 4) == (0, 0, 0, 0)


def test_where_only_empty_corners_are_near_weights_are_those_of_the_way_there() -> None:
    top = (True, True, False, False)
    assert corner_weights((0.25, 1.0), top) == pytest.approx((0.75, 0.25, 0, 0), abs=1e-4)
    across = (True, False, False, True)
    assert corner_weights((1.0, 0.0), across) == pytest.approx((0.5, 0, 0, 0.5), abs=1e-4)


@given(POINTS, FILLED)
def test_weights_add_up_and_empty_corners_have_none(point: Point, filled: list[bool]) -> None:
    weights = corner_weights(point, filled)
    assert sum(weights) == pytest.approx(1.0)
    assert all(
        weight >= 0 and (weight == 0 or full) for weight, full in zip(weights, filled, strict=True)
    )


@given(POINTS, FILLED)
@example((0.96875, 0.96875), [True, True, True, False])
@example((0.999, 0.002), [True, False, True, True])
def test_a_point_is_found_again_by_its_weights(point: Point, filled: list[bool]) -> None:
    weights = corner_weights(point, filled)
    found, is_on_pad = nearest_point(weights, filled)
    assert is_on_pad
    assert (
        sum(abs(a - b) for a, b in zip(corner_weights(found, filled), weights, strict=True)) < 0.02
    )


def test_weights_beside_the_pad_have_a_point_near_them() -> None:
    point, is_on_pad = nearest_point((0.5, 0.0, 0.0, 0.5), ALL)
    assert not is_on_pad
    assert point == pytest.approx(MIDDLE, abs=0.01)
    assert nearest_point((0, 0, 0, 0), ALL, (0.1, 0.2)) == ((0.1, 0.2), False)


def test_the_point_stays_where_it_is_if_that_will_do() -> None:
    top = (True, True, False, False)
    assert nearest_point((1, 1, 0, 0), top, (0.5, 0.9)) == ((0.5, 0.9), True)


def test_points_snap_to_corners_and_middle_and_stay_inside() -> None:
    assert snapped((0.51, 0.49)) == MIDDLE
    assert snapped((1.2, -3.0)) == (1.0, 0.0)
    assert snapped((0.6, 0.2)) == (0.6, 0.2)


def test_a_path_is_simplified_and_keeps_its_times() -> None:
    turns = [
        (n / 100, 0.5 + 0.4 * math.cos(n / 75), 0.5 + 0.4 * math.sin(n / 75)) for n in range(900)
    ]
    path = path_of(turns)
    assert 10 < len(path) <= MOST_POINTS
    fractions = [point.fraction for point in path]
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert fractions == sorted(set(fractions))
    length = turns[-1][0]
    off = [math.dist(point_at(path, time / length), (x, y)) for time, x, y in turns]
    assert max(off) < 0.03


def test_where_a_hand_rests_the_path_rests() -> None:
    moves = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.1, 1.0, 1.0), (2.0, 1.0, 1.0)]
    path = path_of(moves)
    assert len(path) == 4
    assert point_at(path, 0.25) == (0.0, 0.0)
    assert point_at(path, 0.9) == (1.0, 1.0)
    assert point_at(path, 0.525) == pytest.approx((0.5, 0.5))
    assert (point_at(path, -1), point_at(path, 2)) == ((0.0, 0.0), (1.0, 1.0))


def test_a_straight_path_has_its_ends_only() -> None:
    assert len(path_of([(t, t / 9, t / 9) for t in range(10)])) == 2
    assert path_of([(1.0, 0.0, 0.0)]) == ()
    assert path_of([(1.0, 0.0, 0.0), (1.0, 1.0, 1.0)]) == ()
