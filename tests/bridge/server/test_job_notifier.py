"""What is said of jobs, and how often; with a client that may not be there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.jobs.model import Job, JobEvent, State, TakeFile
from bridge.protocol.replies import Accepted, Done, Failed, Progress, Reply
from bridge.server import job_notifier as announcer_module
from bridge.server.job_notifier import MAX_TRIES, JobNotifier


def job(state: State, code: str = "") -> Job:
    files = (TakeFile(0, Path("/a.wav"), 8000, 10),) if state == "done" else ()
    return Job(
        1,
        "me",
        "j",
        0,
        "",
        1.0,
        "tiny",
        state,
        code=code,  # type: ignore[arg-type]
        files=files,
    )


class Heard:
    """A client that hears, or is away."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.settled: list[Job] = []
        self.is_here = True

    def say(self, _client: str, reply: Reply) -> bool:
        if self.is_here:
            self.replies.append(reply)
        return self.is_here


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer_module, "RETRY_AFTER_S", (0.01,) * 4)
    monkeypatch.setattr(announcer_module, "HEARTBEAT_S", 0.02)


def test_an_end_is_said_five_times_then_settled() -> None:
    async def run() -> Heard:
        heard = Heard()
        announcer = JobNotifier(heard.say, heard.settled.append)
        announcer.ended(job("done"))
        await asyncio.sleep(0.2)
        return heard

    heard = asyncio.run(run())
    assert heard.replies == [Done("j", 0, "/a.wav", 8000, 10)] * MAX_TRIES
    assert len(heard.settled) == 1


def test_an_acknowledged_end_is_said_no_more_and_an_absent_client_is_waited_for() -> None:
    async def run() -> Heard:
        heard = Heard()
        heard.is_here = False
        announcer = JobNotifier(heard.say, heard.settled.append)
        announcer.ended(job("failed", "cancelled"))
        await asyncio.sleep(0.1)
        assert (heard.replies, heard.settled) == ([], [])
        heard.is_here = True
        announcer.ended(job("failed", "cancelled"))
        announcer.acknowledged(job("failed", "cancelled"))
        await asyncio.sleep(0.1)
        return heard

    heard = asyncio.run(run())
    assert heard.replies == [Failed("j", "cancelled", "")]
    assert heard.settled == []


def test_a_waiting_job_is_mentioned_until_it_ends_and_never_after() -> None:
    async def run() -> Heard:
        heard = Heard()
        announcer = JobNotifier(heard.say, heard.settled.append)
        announcer.accepted(job("queued"), 3)
        announcer.beat()
        await asyncio.sleep(0.03)
        announcer.beat()
        announcer.happened(JobEvent(job("done"), 1.0, "done"))
        announcer.acknowledged(job("done"))
        announcer.happened(JobEvent(job("running"), 0.5, "rendering"))  # told late
        announcer.accepted(job("running"), 0)
        await asyncio.sleep(0.03)
        announcer.beat()
        return heard

    assert asyncio.run(run()).replies == [
        Accepted("j", 3),
        Progress("j", 0.0, "queued"),
        Done("j", 0, "/a.wav", 8000, 10),
        Accepted("j", 0),
    ]
