"""What votes say, held to scipy and to figures worked out by hand."""

from __future__ import annotations

import pytest
from scipy import stats

from desktop.listening.statistics import (
    MOST_VOTES,
    WinShare,
    abx_words,
    guessing_chance,
    preference_words,
    votes_to_decide,
    wilson_interval,
)

COUNTS = [(wins, n) for n in (1, 2, 5, 9, 20, 137) for wins in range(0, n + 1, max(1, n // 7))]


@pytest.mark.parametrize(("wins", "decided"), COUNTS)
def test_intervals_are_wilsons(wins: int, decided: int) -> None:
    expected = stats.binomtest(wins, decided).proportion_ci(0.95, method="wilson")
    assert wilson_interval(wins, decided) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("right", "trials"), COUNTS)
def test_guessing_is_the_exact_binomial_test(right: int, trials: int) -> None:
    expected = stats.binomtest(right, trials, 0.5, alternative="greater").pvalue
    assert guessing_chance(right, trials) == pytest.approx(expected)


def test_no_votes_leave_all_open() -> None:
    share = WinShare(0, 0)
    assert (share.interval, share.share, share.is_decided) == ((0.0, 1.0), 0.5, False)
    assert share.more_needed is None
    assert preference_words("B", share) == "B: no votes yet"
    assert preference_words("B", WinShare(0, 0, 4)) == "B: no difference in all 4"
    assert abx_words(0, 0) == "no answers yet"


@pytest.mark.parametrize(("wins", "decided"), COUNTS)
def test_as_many_more_votes_as_are_said_decide(wins: int, decided: int) -> None:
    more = votes_to_decide(wins, decided)
    if more is None:
        assert abs(2 * wins - decided) / decided < 2 / (decided + MOST_VOTES) ** 0.5
        return
    share = wins / decided

    def is_decided(n: int) -> bool:
        low, high = _wilson_of_share(share, n)
        return low > 0.5 or high < 0.5

    assert is_decided(decided + more)
    assert more == 0 or not is_decided(decided + more - 1)


def _wilson_of_share(share: float, n: int) -> tuple[float, float]:
    """The interval's textbook form, for shares that whole votes do not make."""
    z = float(stats.norm.ppf(0.975))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return middle - half, middle + half


def test_results_are_said_in_words() -> None:
    assert preference_words("B", WinShare(7, 2)) == (
        "B was better in 7 of 9 (95 %: 45–94 %): not decided yet; about 4 votes more like these "
        "would"
    )
    assert preference_words("B", WinShare(9, 0, 2)) == (
        "B was better in 9 of 9 (95 %: 70–100 %): better; no difference in 2 more"
    )
    assert preference_words("B", WinShare(0, 9)).endswith("(95 %: 0–30 %): worse")
    assert preference_words("B", WinShare(3, 3)).endswith("no sign that more votes would")
    assert WinShare(7, 2, 1).reversed == WinShare(2, 7, 1)


def test_abx_is_said_in_words() -> None:
    assert abx_words(9, 10).endswith("in 1 % of tests (p = 0.011): you hear the difference")
    assert abx_words(7, 10) == (
        "X was recognised in 7 of 10; who guesses does so well in 17 % of tests (p = 0.172): no "
        "difference heard for certain; about 13 more answers like these would show it"
    )
    assert abx_words(5, 10).endswith("no difference heard for certain")
    assert "less than 1 % of tests (p < 0.001)" in abx_words(16, 16)
