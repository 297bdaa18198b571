"""What votes say: shares with their interval, ABX against guessing, and how many more it takes.

Everything here is about one question asked often: "which of the two?". Votes of "no difference"
are counted and shown, and decide nothing. Intervals are Wilson's score intervals (E. B. Wilson,
"Probable inference, the law of succession, and statistical inference", JASA 22, 1927), ABX is
held against guessing by the exact binomial test, one-sided. No Qt, no files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from desktop.translations.words import translate

CONFIDENCE_PERCENT = 95
_Z = 1.959963984540054
"""The standard normal quantile of 0.975: two sides of 95 %."""

LIKELY_CHANCE = 0.05
"""An ABX result that guessing reaches more often than this does not count as heard."""

MOST_VOTES = 1000
"""Beyond so many more votes it is said that they are as good as the same."""


@dataclass(frozen=True)
class WinShare:
    """How often one of two was preferred.

    Attributes:
        wins: votes for it.
        losses: votes for the other.
        ties: votes for no difference.
    """

    wins: int
    losses: int
    ties: int = 0

    @property
    def decided(self) -> int:
        """Votes for either."""
        return self.wins + self.losses

    @property
    def share(self) -> float:
        """Wins among the decided votes, 0…1; one half of none."""
        return self.wins / self.decided if self.decided else 0.5

    @property
    def interval(self) -> tuple[float, float]:
        """Between which the share lies by :data:`CONFIDENCE_PERCENT`, 0…1."""
        return wilson_interval(self.wins, self.decided)

    @property
    def is_decided(self) -> bool:
        """Whether the interval is all on one side of one half."""
        low, high = self.interval
        return low > 0.5 or high < 0.5

    @property
    def more_needed(self) -> int | None:
        """Votes that would decide if the share stayed as it is; None if no number does."""
        return votes_to_decide(self.wins, self.decided)

    @property
    def reversed(self) -> WinShare:
        """The same from the other side."""
        return WinShare(self.losses, self.wins, self.ties)


def wilson_interval(wins: int, decided: int) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Args:
        wins: 0…``decided``.
        decided: votes; none leave everything open.

    Returns:
        Its ends, 0…1.
    """
    if not decided:
        return 0.0, 1.0
    share, spread = wins / decided, _Z**2 / decided
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / decided + spread / (4 * decided)) / (1 + spread)
    # Of no wins and of wins alone the ends are exact, whatever rounding makes of them.
    low = 0.0 if wins == 0 else max(0.0, middle - half)
    return low, 1.0 if wins == decided else min(1.0, middle + half)


def votes_to_decide(wins: int, decided: int) -> int | None:
    """How many more votes put the interval on one side of one half, the share staying as it is.

    The interval of a share p of n votes leaves one half out when n·(2p − 1)² > z²·(1 − 0),
    which is the score test of one half: |p − ½| > z / (2·√n).

    Args:
        wins: so far.
        decided: votes so far.

    Returns:
        0 if it is decided; None if the share is one half, or :data:`MOST_VOTES` do not do.
    """
    if not decided or 2 * wins == decided:
        return None
    lean = abs(2 * wins - decided) / decided
    needed = math.floor((_Z / lean) ** 2) + 1
    more = max(0, needed - decided)
    return more if more <= MOST_VOTES else None


def guessing_chance(right: int, trials: int) -> float:
    """How often who guesses is right at least so often: the one-sided binomial p of ABX.

    Args:
        right: answers that were right.
        trials: all of them.
    """
    return sum(math.comb(trials, k) for k in range(right, trials + 1)) / 2**trials


def preference_words(better: str, share: WinShare, than: str = "") -> str:
    """A result in words, such as ``B was better in 7 of 9 (95 %: 45–94 %): not decided yet``.

    Args:
        better: the name of the one whose wins are counted.
        share: its votes.
        than: the name of the other, where there are more than two.
    """
    than = translate("Listening", " than {than}").format(than=than) if than else ""
    if not share.decided:
        none = (
            translate("Listening", "no votes yet")
            if not share.ties
            else translate("Listening", "no difference in all {ties}").format(ties=share.ties)
        )
        return f"{better}: {none}"
    words = translate(
        "Listening", "{better} was better{than} in {wins} of {decided} ({interval}): "
    ).format(
        better=better,
        than=than,
        wins=share.wins,
        decided=share.decided,
        interval=interval_words(share),
    )
    words += _verdict(share)
    return words + (
        translate("Listening", "; no difference in {ties} more").format(ties=share.ties)
        if share.ties
        else ""
    )


def _verdict(share: WinShare) -> str:
    if share.is_decided:
        return (
            translate("Listening", "better")
            if share.share > 0.5
            else translate("Listening", "worse")
        )
    more = share.more_needed
    if more is None:
        return translate("Listening", "not decided, and no sign that more votes would")
    return translate("Listening", "not decided yet; about {votes} more like these would").format(
        votes=votes_words(more)
    )


def votes_words(count: int) -> str:
    """Such as ``1 vote`` or ``12 votes``."""
    return (
        translate("Listening", "1 vote")
        if count == 1
        else translate("Listening", "{count} votes").format(count=count)
    )


def interval_words(share: WinShare) -> str:
    """Such as ``95 %: 45–94 %``."""
    low, high = share.interval
    return f"{CONFIDENCE_PERCENT} %: {100 * low:.0f}–{100 * high:.0f} %"


def abx_words(right: int, trials: int) -> str:
    """The result of an ABX test in words.

    Args:
        right: answers that were right.
        trials: all of them.
    """
    if not trials:
        return translate("Listening", "no answers yet")
    chance = guessing_chance(right, trials)
    often = f"{100 * chance:.0f} %" if chance >= 0.01 else translate("Listening", "less than 1 %")
    words = translate(
        "Listening",
        "X was recognised in {right} of {trials}; who guesses does so well in {often} of tests",
    ).format(right=right, trials=trials, often=often)
    p = f"p = {chance:.3f}" if chance >= 0.001 else "p < 0.001"
    if chance <= LIKELY_CHANCE:
        return translate("Listening", "{words} ({p}): you hear the difference").format(
            words=words, p=p
        )
    more = _abx_more(right, trials)
    hope = (
        translate("Listening", "; about {more} more answers like these would show it").format(
            more=more
        )
        if more
        else ""
    )
    return translate("Listening", "{words} ({p}): no difference heard for certain{hope}").format(
        words=words, p=p, hope=hope
    )


def _abx_more(right: int, trials: int) -> int | None:
    """Answers that would be enough if as many of them were right as until now."""
    share = right / trials
    if share <= 0.5:
        return None
    for count in range(trials + 1, trials + 201):
        if guessing_chance(math.floor(share * count), count) <= LIKELY_CHANCE:
            return count - trials
    return None
