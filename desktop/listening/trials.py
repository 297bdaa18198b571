"""The trials of a blind test: what is A and B in each, drawn by a seed, and what was answered.

A preference test asks which is better; an ABX test whether X is A or B. Nothing here plays, and
no Qt.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from desktop.listening.statistics import WinShare

TestMode = Literal["preference", "abx"]
VoteAnswer = Literal["a", "b", "none"]
Letter = Literal["a", "b", "x"]

MOST_TRIALS = 200


@dataclass(frozen=True)
class BlindTrial:
    """One question.

    Attributes:
        a, b: numbers of the sounds that are called A and B.
        x: number of the sound that is called X: one of the two; None in a preference test.
    """

    a: int
    b: int
    x: int | None = None

    def sound(self, letter: Letter) -> int:
        """The number of the sound of a letter.

        Raises:
            ValueError: if there is no X.
        """
        number = {"a": self.a, "b": self.b, "x": self.x}[letter]
        if number is None:
            raise ValueError("there is no X in a preference test")
        return number

    def is_right(self, answer: VoteAnswer) -> bool:
        """Whether an answer names what X is; a preference is never wrong or right."""
        return self.x is not None and answer != "none" and self.sound(answer) == self.x


def draw_trials(sounds: int, count: int, mode: TestMode, seed: int) -> list[BlindTrial]:
    """The trials of a test.

    Every pair comes up equally often, as nearly as the count allows. In a preference test each of
    a pair is A in half of its trials; in ABX all is drawn anew each time, so that who
    remembers the others can do no better than to guess.

    Args:
        sounds: to be compared, ≥ 2.
        count: of trials, ≥ 1.
        mode: of the test.
        seed: the same draws the same.

    Raises:
        ValueError: if there is nothing to compare or no trial.
    """
    if sounds < 2 or count < 1:
        raise ValueError(f"{count} trials of {sounds} sounds")
    draw = random.Random(seed)
    pairs = list(itertools.combinations(range(sounds), 2))
    wanted: list[tuple[int, int]] = []
    while len(wanted) < count:
        draw.shuffle(pairs)
        wanted += pairs[: count - len(wanted)]
    turned = _turns(wanted, draw) if mode == "preference" else _coins(count, draw)
    sides = [pair[::-1] if turn else pair for pair, turn in zip(wanted, turned, strict=True)]
    if mode == "preference":
        return [BlindTrial(a, b) for a, b in sides]
    return [BlindTrial(a, b, draw.choice((a, b))) for a, b in sides]


def _coins(count: int, draw: random.Random) -> list[bool]:
    return [draw.random() < 0.5 for _ in range(count)]


def _turns(wanted: Sequence[tuple[int, int]], draw: random.Random) -> list[bool]:
    """For each trial whether its pair is turned round: in half of the pair's trials."""
    waiting: dict[tuple[int, int], list[bool]] = {}
    for pair in sorted(set(wanted)):
        times = wanted.count(pair)
        turns = [number % 2 == 1 for number in range(times - times % 2)]
        turns += _coins(times % 2, draw)
        draw.shuffle(turns)
        waiting[pair] = turns
    return [waiting[pair].pop() for pair in wanted]


def as_many_each(sounds: int, wanted: int) -> int:
    """The number of trials, near a wanted one, in which all pairs come up equally often.

    Args:
        sounds: to be compared, ≥ 2.
        wanted: trials.
    """
    pairs = sounds * (sounds - 1) // 2
    return min(MOST_TRIALS, pairs * max(1, round(wanted / pairs)))


class BlindTest:
    """A test under way.

    Args:
        sounds: to be compared, ≥ 2.
        count: of trials.
        mode: of the test.
        seed: of the draw.

    Attributes:
        mode: as given.
        trials: all of them, in order.
        answers: given so far, in the same order.
    """

    def __init__(self, sounds: int, count: int, mode: TestMode, seed: int) -> None:
        self.mode = mode
        self.trials = draw_trials(sounds, count, mode, seed)
        self.answers: list[VoteAnswer] = []

    @property
    def trial(self) -> BlindTrial | None:
        """The one that waits for its answer; None at the end."""
        number = len(self.answers)
        return self.trials[number] if number < len(self.trials) else None

    def answer(self, answer: VoteAnswer) -> BlindTrial:
        """Answer the trial at hand; it is given back.

        Raises:
            ValueError: if there is none, or ABX is told that there is no difference: who hears
                none guesses.
        """
        trial = self.trial
        if trial is None:
            raise ValueError("the test is over")
        if self.mode == "abx" and answer == "none":
            raise ValueError("X is one of the two; guess")
        self.answers.append(answer)
        return trial

    @property
    def right(self) -> int:
        """Answers that named X."""
        return sum(t.is_right(a) for t, a in zip(self.trials, self.answers, strict=False))

    def shares(self) -> dict[tuple[int, int], WinShare]:
        """The votes of a preference test for the first of each pair of sounds."""
        counts: dict[tuple[int, int], list[int]] = {}
        for trial, answer in zip(self.trials, self.answers, strict=False):
            pair = (min(trial.a, trial.b), max(trial.a, trial.b))
            count = counts.setdefault(pair, [0, 0, 0])
            if answer == "none":
                count[2] += 1
            else:
                count[int(trial.sound(answer) != pair[0])] += 1
        return {pair: WinShare(*count) for pair, count in sorted(counts.items())}
