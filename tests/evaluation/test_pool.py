"""Worker processes and what they survive."""

from __future__ import annotations

import functools
from pathlib import Path

from evaluation import pool
from tests.evaluation.pool_work import BAD, BUG, POISON, make_nothing, make_work


def run(tasks: list[int], folder: Path, workers: int = 2) -> dict[int, pool.Outcome[int]]:
    found = pool.run(tasks, functools.partial(make_work, folder), workers)
    return {outcome.task: outcome for outcome in found}


def test_every_task_is_done_once_by_as_many_processes_as_asked(tmp_path: Path) -> None:
    outcomes = run(list(range(6)), tmp_path)
    assert {task: outcome.value[0] for task, outcome in outcomes.items()} == {
        n: n * n for n in range(6)
    }
    assert sorted((tmp_path / "calls.txt").read_text().split()) == list("012345")
    assert 1 <= len({outcome.value[1] for outcome in outcomes.values()}) <= 2


def test_a_worker_that_dies_is_started_again_and_its_task_done(tmp_path: Path) -> None:
    outcomes = run([7, 1, 2], tmp_path, workers=1)
    assert (tmp_path / "crashed").exists()
    assert [outcomes[n].value[0] for n in (7, 1, 2)] == [49, 1, 4]


def test_a_task_that_kills_every_worker_fails_alone(tmp_path: Path) -> None:
    outcomes = run([POISON, 1], tmp_path, workers=1)
    assert outcomes[POISON].error == "its worker died 2 times (last exit code 9)"
    assert outcomes[1].value[0] == 1


def test_errors_are_outcomes_with_their_exit_codes(tmp_path: Path) -> None:
    outcomes = run([BAD, BUG, 3], tmp_path, workers=1)
    assert (outcomes[BAD].error, outcomes[BAD].exit_code) == ("the recording is silent", 2)
    assert (outcomes[BUG].error, outcomes[BUG].exit_code) == ("ZeroDivisionError: oops", 1)
    assert outcomes[3].value[0] == 9


def test_a_worker_that_cannot_begin_says_why(tmp_path: Path) -> None:
    (outcome,) = pool.run([1], make_nothing, 1)
    assert outcome.error == "model x is not on this machine"
    assert outcome.exit_code == 3


def test_nothing_to_do_starts_nothing() -> None:
    assert list(pool.run([], make_nothing, 2)) == []
