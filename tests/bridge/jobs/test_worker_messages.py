"""Orders and answers survive their line of JSON, and what is no message is refused."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from bridge.jobs import worker_messages as messages
from bridge.jobs.worker_messages import (
    Answer,
    JobOrder,
    RenderBatch,
    TakeOrder,
    WorkerOrder,
    answer_from_line,
    order_from_line,
    to_line,
)
from core.clip import Clip, Note
from tests.bridge.conftest import request

PATH = Path("/renders/Zoë ♪.wav")
JOB = JobOrder(3, request("1", takes=2), (TakeOrder(0, PATH), TakeOrder(1, PATH)))
BENT = request("2", clip=Clip.of("bent", [Note(0.0, 60, 80, 1.0, ((0.1, 1 / 3), (0.2, -2.0)))]))
ORDERS: list[WorkerOrder] = [
    messages.LoadModel("tiny"),
    RenderBatch(7, (JOB, JobOrder(4, BENT, JOB.takes))),
    messages.CancelBatch(7),
    messages.FindLimits(1, BENT),
]
ANSWERS: list[Answer] = [
    messages.ModelReady(44_100),
    messages.ModelFailed("model_missing", "pull it"),
    messages.BatchProgress(7, 0.5, "rendering"),
    messages.ClipRemarks(7, 3, ("too high", "too long")),
    messages.TakeRendered(7, 3, 1, PATH, 44_100, 12),
    messages.JobFailed(7, 3, "internal", "a\nline"),
    messages.BatchEnded(7),
    messages.LimitsFound(1, ("too high",), ""),
]


def test_every_message_comes_back_as_it_went() -> None:
    assert {type(order) for order in ORDERS} == set(get_args(WorkerOrder))
    assert {type(answer) for answer in ANSWERS} == set(get_args(Answer))
    for order in ORDERS:
        assert "\n" not in to_line(order)
        assert order_from_line(to_line(order)) == order
    for answer in ANSWERS:
        assert "\n" not in to_line(answer)
        assert answer_from_line(to_line(answer)) == answer


@pytest.mark.parametrize(
    "line",
    ["", "[]", "{}", '{"type": "LoadModel"}', '{"type": "BatchEnded"}', '{"type": "BatchPro'],
)
def test_what_is_no_answer_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"no message|Expecting|Unterminated"):
        answer_from_line(line)


def test_a_hundred_takes_of_a_large_clip_are_ordered_with_one_copy_of_it() -> None:
    notes = [Note(0.1 * i, 40 + i % 40, 90, 0.08) for i in range(3000)]
    job = request("1", clip=Clip.of("large", notes), takes=100)

    def ordered_bytes(takes: int) -> int:
        paths = tuple(TakeOrder(take, Path(f"/renders/large-{take}.wav")) for take in range(takes))
        return len(to_line(RenderBatch(1, (JobOrder(1, job, paths),))))

    one, all_of_them = ordered_bytes(1), ordered_bytes(100)
    assert one > 50_000  # the clip
    assert all_of_them - one < 100 * 60  # a number and a path each
