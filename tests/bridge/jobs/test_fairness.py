"""Fairness, as a claim about lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.jobs.fairness import MAX_BATCH_JOBS, RoundRobin, choose_batch
from bridge.jobs.model import Job


def job(seq: int, client: str, priority: int = 0, attempts: int = 0, length_s: float = 1.0) -> Job:
    return Job(seq, client, str(seq), priority, "", length_s, "tiny", "queued", attempts)


def order(jobs: list[Job]) -> list[int]:
    return [job.seq for job in jobs]


def test_clients_take_turns_and_each_keeps_its_order() -> None:
    waiting = [job(1, "a"), job(2, "a"), job(3, "a"), job(4, "b"), job(5, "c"), job(6, "b")]
    assert order(RoundRobin().arrange(waiting)) == [1, 4, 5, 2, 6, 3]


def test_who_was_served_last_waits_for_the_others() -> None:
    turns = RoundRobin()
    turns.serve([job(1, "a")])
    assert order(turns.arrange([job(2, "a"), job(3, "b")])) == [3, 2]


def test_priority_goes_before_turns() -> None:
    assert order(RoundRobin().arrange([job(1, "a"), job(2, "b"), job(3, "a", priority=5)])) == [
        3,
        2,
        1,
    ]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 1)), max_size=60))
def test_nobody_starves(drawn: list[tuple[str, int]]) -> None:
    waiting = [job(seq, client, priority) for seq, (client, priority) in enumerate(drawn)]
    arranged = RoundRobin().arrange(waiting)
    assert sorted(order(arranged)) == order(waiting)
    for client in "abcde":
        for priority in (0, 1):
            own = [j.seq for j in arranged if (j.client, j.priority) == (client, priority)]
            assert own == sorted(own)
    urgent = [j.priority for j in arranged]
    assert urgent == sorted(urgent, reverse=True)
    for priority in (0, 1):
        # While a client waits, no other gets two turns more than it.
        turns = [j.client for j in arranged if j.priority == priority]
        for at, client in enumerate(turns):
            if client in turns[at + 1 :]:
                between = turns[at + 1 : turns.index(client, at + 1)]
                assert len(between) == len(set(between))


def test_batches_are_bounded_and_of_one_model() -> None:
    many = [job(seq, "a") for seq in range(20)]
    assert len(choose_batch(many)) == MAX_BATCH_JOBS
    assert order(choose_batch([job(1, "a", length_s=50), job(2, "a", length_s=20)])) == [1]
    assert order(choose_batch([job(1, "a", length_s=5000)])) == [1]
    assert choose_batch([]) == []


def test_a_job_that_killed_a_worker_goes_alone() -> None:
    assert order(choose_batch([job(1, "a", attempts=1), job(2, "b")])) == [1]
    assert order(choose_batch([job(1, "a"), job(2, "b", attempts=1), job(3, "c")])) == [1]
