"""How trials are drawn and answered."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.listening.statistics import WinShare
from desktop.listening.trials import BlindTest, BlindTrial, as_many_each, draw_trials


@given(st.integers(2, 6), st.integers(1, 60), st.integers(0, 2**32))
def test_pairs_and_sides_are_fair(sounds: int, count: int, seed: int) -> None:
    trials = draw_trials(sounds, count, "preference", seed)
    assert trials == draw_trials(sounds, count, "preference", seed)
    pairs = Counter(frozenset((trial.a, trial.b)) for trial in trials)
    assert max(pairs.values()) - min(pairs.values()) <= 1 or len(pairs) == 1
    for pair, times in pairs.items():
        first = sum(trial.a == min(pair) for trial in trials if {trial.a, trial.b} == pair)
        assert abs(2 * first - times) <= 1
    assert all(trial.a != trial.b and trial.x is None for trial in trials)


def test_abx_is_drawn_anew_each_time() -> None:
    trials = draw_trials(2, 4000, "abx", 1)
    assert all(trial.x in (trial.a, trial.b) for trial in trials)
    is_a = [trial.x == trial.a for trial in trials]
    turned = [trial.a == 1 for trial in trials]
    assert 0.46 < sum(is_a) / 4000 < 0.54
    assert 0.46 < sum(turned) / 4000 < 0.54
    same = sum(one == two for one, two in itertools.pairwise(is_a))
    assert 0.46 < same / 3999 < 0.54  # the one before says nothing about the next
    assert draw_trials(2, 50, "abx", 1) != draw_trials(2, 50, "abx", 2)


def test_nothing_to_compare_is_refused() -> None:
    for sounds, count in ((1, 5), (2, 0)):
        with pytest.raises(ValueError, match="trials of"):
            draw_trials(sounds, count, "preference", 0)


@pytest.mark.parametrize(
    ("sounds", "wanted", "count"), [(2, 10, 10), (3, 10, 9), (4, 10, 12), (6, 2, 15)]
)
def test_all_pairs_come_up_equally_often(sounds: int, wanted: int, count: int) -> None:
    assert as_many_each(sounds, wanted) == count


def test_votes_are_counted_for_sounds_and_not_for_letters() -> None:
    test = BlindTest(2, 6, "preference", 3)
    while (trial := test.trial) is not None:
        test.answer("none" if len(test.answers) == 5 else "a" if trial.a == 1 else "b")
    assert test.shares() == {(0, 1): WinShare(0, 5, 1)}
    with pytest.raises(ValueError, match="over"):
        test.answer("a")


def test_abx_counts_what_was_recognised() -> None:
    test = BlindTest(2, 5, "abx", 3)
    with pytest.raises(ValueError, match="guess"):
        test.answer("none")
    for number in range(5):
        trial = test.trial
        assert trial is not None
        truth = trial.x == trial.a
        test.answer("a" if truth == (number != 2) else "b")
    assert test.right == 4


def test_there_is_no_x_in_a_preference_test() -> None:
    assert not BlindTrial(0, 1).is_right("a")
    with pytest.raises(ValueError, match="no X"):
        BlindTrial(0, 1).sound("x")
