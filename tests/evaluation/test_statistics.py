"""Intervals that hold what they say, at few items too."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import scipy.stats

from evaluation.metrics import distance
from evaluation.statistics.digits import decimals
from evaluation.statistics.intervals import student_interval
from evaluation.statistics.sets import EmbeddedSet, halves, jackknife


def names(n: int) -> list[str]:
    return [f"instrument {i}" for i in range(n)]


def test_the_interval_is_students() -> None:
    values = [0.2, 0.5, 0.4, 0.9]
    found = student_interval(values)
    theirs = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    # A share ends at 1, and an interval is never on one side of its mean.
    values = [0.8, 1.0, 1.0]
    bounded = student_interval(values, (0.0, 1.0))
    assert bounded.high == 1.0
    assert bounded.low == pytest.approx(student_interval(values).low)
    assert student_interval([1.0, 1.0], (0.0, 1.0)).high == 1.0


@pytest.mark.parametrize("n", [2, 4, 12])
def test_skewed_and_bounded_values_are_covered_nearly_as_often(n: int) -> None:
    rng = np.random.default_rng(n)
    draws = {
        "bounded": (lambda: np.minimum(1.0, rng.normal(0.9, 0.1, n)), 0.8917),
        "log-normal": (lambda: rng.lognormal(0.0, 0.7, n), np.exp(0.245)),
    }
    for name, (draw, truth) in draws.items():
        hits = 0
        for _ in range(400):
            found = student_interval(list(draw()))
            assert found.low is not None
            assert found.high is not None
            hits += found.low <= truth <= found.high
        assert hits / 400 > 0.85, name  # percentiles: 0.5 at two, 0.77 at four


def test_the_jackknife_covers_the_distance_of_its_size() -> None:
    rng = np.random.default_rng(5)
    measure = partial(distance.kernel, bandwidth=4.0)

    def sets() -> tuple[np.ndarray, np.ndarray]:
        truth = rng.standard_normal((12, 8))
        return truth + 0.7 * rng.standard_normal((12, 8)) + 0.5, truth

    expected = np.mean([measure(*sets()) for _ in range(600)])
    hits = 0
    for _ in range(150):
        own, truth = (EmbeddedSet(vectors, names(12)) for vectors in sets())
        found = jackknife(measure, own, truth)
        assert found is not None
        hits += bool(found[0] <= expected <= found[1])
    assert hits / 150 > 0.87


def test_the_truth_is_at_its_own_floor_and_another_set_is_not() -> None:
    rng = np.random.default_rng(6)
    truth = rng.standard_normal((16, 8))
    same = EmbeddedSet(truth + 0.01 * rng.standard_normal((16, 8)), names(16))
    far = EmbeddedSet(truth + 1.5, names(16))
    reference = EmbeddedSet(truth, names(16))
    near = halves(distance.frechet, same, reference, 0)
    away = halves(distance.frechet, far, reference, 0)
    assert near is not None
    assert away is not None
    assert near.n == 8
    # Two halves of one set have a distance, though nothing differs: that is the floor.
    assert near.floor > 1
    assert near.system == pytest.approx(near.floor, rel=0.05)
    assert near.system < near.floor_high < away.system
    assert halves(distance.frechet, same, reference, 0) == near


def test_items_of_one_instrument_stay_together() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((6, 4))
    twice = EmbeddedSet(np.repeat(vectors, 2, axis=0), np.repeat(names(6), 2).tolist())
    truth = EmbeddedSet(np.repeat(vectors + 0.5, 2, axis=0), np.repeat(names(6), 2).tolist())
    sizes: list[int] = []

    def measure(first: np.ndarray, second: np.ndarray) -> float:
        sizes.append(len(first))
        return distance.frechet(first, second)

    assert jackknife(measure, twice, truth) is not None
    assert set(sizes) == {10, 12}
    assert jackknife(measure, EmbeddedSet(vectors[:2], names(2)), truth) is None


@pytest.mark.parametrize(
    ("low", "high", "most", "shown"),
    [(0.91, 0.97, 3, 2), (0.5, 1.5, 3, 1), (10.0, 14.0, 3, 1), (0.9499, 0.9501, 3, 3),
     (None, None, 3, 2), (1.0, 1.0, 3, 3), (-80.0, 80.0, 2, 0), (0.938, 0.962, 3, 3)],
)  # fmt: skip
def test_no_more_digits_than_the_interval_carries(
    low: float | None, high: float | None, most: int, shown: int
) -> None:
    assert decimals(low, high, most) == shown
