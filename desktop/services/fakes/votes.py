"""Votes that are kept as long as the program runs, for the gallery and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop.listening.sounds import VotedSound
from desktop.listening.votes import Vote

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class FakeVotes:
    """A :class:`desktop.listening.votes.VoteService` in memory.

    Attributes:
        kept: all votes.
        failure: raised by whatever is called, unless None.
    """

    def __init__(self, kept: Sequence[Vote] = ()) -> None:
        self.kept = list(kept)
        self.failure: Exception | None = None

    def add(self, vote: Vote) -> None:
        """As the interface says."""
        self._check()
        self.kept.append(vote)

    def votes(self) -> Sequence[Vote]:
        """As the interface says."""
        self._check()
        return tuple(self.kept)

    def export(self, file: Path) -> int:
        """As the interface says."""
        from desktop.listening.vote_store import write_csv

        self._check()
        return write_csv(self.kept, file)

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


def fake_vote(a: str, b: str, answer: str, x: str = "", number: int = 0) -> Vote:
    """A vote.

    Args:
        a, b: presets.
        answer: ``a``, ``b`` or ``none``.
        x: what X was, in an ABX test.
        number: of the vote, for its date.
    """
    sounds = [VotedSound(name, 1, 0, "embedded", "0" * 64, "riff", "1" * 64) for name in (a, b)]
    return Vote(
        "test",
        _BEGAN + timedelta(minutes=number),
        "studio",
        "abx" if x else "preference",
        sounds[0],
        sounds[1],
        x,
        answer,  # type: ignore[arg-type]
        "0.1.0",
    )


def votes_of_three() -> FakeVotes:
    """Some on three presets, for pictures and the gallery."""
    votes = [("Warm Drawbars", "Small Bell", "aabaaabaa"), ("My cello", "Small Bell", "aaaaaaan")]
    votes += [("Warm Drawbars", "My cello", "abnba")]
    letters = {"a": "a", "b": "b", "n": "none"}
    kept = [
        fake_vote(a, b, letters[answer], number=number)
        for a, b, answers in votes
        for number, answer in enumerate(answers)
    ]
    kept += [fake_vote("Warm Drawbars", "My cello", "a", x) for x in "aaaaabaaab"]
    return FakeVotes(kept)
