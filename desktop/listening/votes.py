"""Votes of blind tests: what is kept of each, what they say together, and who keeps them.

Sounds are told apart by preset and version: a preset that was changed begins anew. No Qt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from desktop.listening.sounds import VotedSound
from desktop.listening.statistics import WinShare
from desktop.listening.trials import TestMode, VoteAnswer

PresetKey = tuple[str, int]
"""A preset's name and version."""


@dataclass(frozen=True)
class Vote:
    """An answer in a blind test.

    Attributes:
        test: id of the test; several votes have one.
        given_at: when, UTC.
        listener: who: this machine's name.
        mode: of the test.
        a, b: what was called A and B.
        x: which of the two X was, ``a`` or ``b``; empty in a preference test.
        answer: what was said.
        program_version: of Timbre Bridge.
    """

    test: str
    given_at: datetime
    listener: str
    mode: TestMode
    a: VotedSound
    b: VotedSound
    x: str
    answer: VoteAnswer
    program_version: str = ""


class VoteService(Protocol):
    """Who keeps votes. All methods are slow."""

    def add(self, vote: Vote) -> None: ...
    def votes(self) -> Sequence[Vote]:
        """All of them, the oldest first."""
        ...

    def export(self, file: Path) -> int:
        """Write all of them as CSV; how many they were.

        Raises:
            OutputError: if it cannot be written.
        """
        ...


@dataclass(frozen=True)
class PresetStanding:
    """How a preset did against all others that it was compared with.

    Attributes:
        key: the preset and its version.
        share: its wins and losses.
        opponents: how many others.
    """

    key: PresetKey
    share: WinShare
    opponents: int


@dataclass(frozen=True)
class PairRecord:
    """How two presets did against each other.

    Attributes:
        first, second: the presets and their versions, the better one first.
        share: wins of the first.
        abx_right, abx_trials: how often X was recognised when they were told apart.
    """

    first: PresetKey
    second: PresetKey
    share: WinShare
    abx_right: int = 0
    abx_trials: int = 0


def key_title(key: PresetKey) -> str:
    """For people."""
    return f"{key[0]} v{key[1]}" if key[1] else key[0]


def standings(votes: Iterable[Vote]) -> list[PresetStanding]:
    """Presets that were voted on, the surest of those preferred first.

    Votes between takes of one preset version say nothing about it, and are left out.
    """
    counts: dict[PresetKey, list[int]] = {}
    others: dict[PresetKey, set[PresetKey]] = {}
    for vote in votes:
        a, b = _key(vote.a), _key(vote.b)
        if vote.mode != "preference" or a == b:
            continue
        for one, other, letter in ((a, b, "a"), (b, a, "b")):
            count = counts.setdefault(one, [0, 0, 0])
            count[2 if vote.answer == "none" else int(vote.answer != letter)] += 1
            others.setdefault(one, set()).add(other)
    found = [PresetStanding(key, WinShare(*n), len(others[key])) for key, n in counts.items()]
    return sorted(found, key=lambda one: (-one.share.interval[0], -one.share.share, one.key))


def pair_records(votes: Iterable[Vote]) -> list[PairRecord]:
    """Pairs of presets that were compared, those with the most votes first."""
    counts: dict[tuple[PresetKey, PresetKey], list[int]] = {}
    for vote in votes:
        a, b = _key(vote.a), _key(vote.b)
        if a == b:
            continue
        first, second = sorted((a, b))
        count = counts.setdefault((first, second), [0] * 5)
        if vote.mode == "abx":
            count[3] += vote.answer == vote.x
            count[4] += 1
        elif vote.answer == "none":
            count[2] += 1
        else:
            winner = a if vote.answer == "a" else b
            count[int(winner != first)] += 1
    found = []
    for (first, second), (wins, losses, ties, right, trials) in counts.items():
        share = WinShare(wins, losses, ties)
        if losses > wins:
            first, second, share = second, first, share.reversed
        found.append(PairRecord(first, second, share, right, trials))
    return sorted(found, key=lambda one: (-_size(one), one.first, one.second))


def _size(pair: PairRecord) -> int:
    return pair.share.decided + pair.share.ties + pair.abx_trials


def _key(sound: VotedSound) -> PresetKey:
    return sound.preset, sound.version
