"""What is said of jobs, and how often; with a client that may not be there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bridge.jobs.model import Job, JobEvent, JobState, TakeFile
from bridge.protocol.replies import Accepted, ClipRemark, Done, Failed, Progress, Reply
from bridge.server.job_notifier import HEARTBEAT_S, MAX_TRIES, RETRY_AFTER_S, JobNotifier
from bridge.server.sessions import Session
from bridge.service import JobStatus


def job(state: JobState, code: str = "") -> Job:
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


class FakeClient:
    """A client that is here, or away."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.delivered: list[Job] = []
        self.is_here = True

    def find_session(self, name: str, _job_id: str) -> Session | None:
        return Session(name, self.replies.append) if self.is_here else None


class SteppedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes on only when it is told to."""

    now = 0.0

    def time(self) -> float:
        return self.now

    async def advance(self, seconds: float) -> None:
        """Let time pass, and do what is due in it."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + 0.25, end)
            for _ in range(3):  # until what is due has come to its turn
                await asyncio.sleep(0)


def run_stepped(work: Callable[[SteppedLoop], Awaitable[FakeClient]]) -> FakeClient:
    loop = SteppedLoop()

    async def run() -> FakeClient:
        return await work(loop)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(run())


def test_an_end_is_said_five_times_at_growing_distances_then_settled() -> None:
    said_at: list[float] = []

    async def run(loop: SteppedLoop) -> FakeClient:
        client = FakeClient()
        notifier = JobNotifier(client.find_session, client.delivered.append)
        notifier.report_end(job("done"))
        while loop.now < 2 * sum(RETRY_AFTER_S):
            said_at.extend([loop.now] * (len(client.replies) - len(said_at)))
            await loop.advance(0.25)
        return client

    client = run_stepped(run)
    assert client.replies == [Done("j", 0, "/a.wav", 8000, 10)] * MAX_TRIES
    assert said_at == [sum(RETRY_AFTER_S[:count]) for count in range(MAX_TRIES)]
    assert len(client.delivered) == 1


def test_an_acknowledged_end_is_said_no_more_and_an_absent_client_is_waited_for() -> None:
    async def run(loop: SteppedLoop) -> FakeClient:
        client = FakeClient()
        client.is_here = False
        notifier = JobNotifier(client.find_session, client.delivered.append)
        notifier.report_end(job("failed", "cancelled"))
        await loop.advance(sum(RETRY_AFTER_S))
        assert (client.replies, client.delivered) == ([], [])
        client.is_here = True
        notifier.report_end(job("failed", "cancelled"))
        notifier.acknowledged(job("failed", "cancelled"))
        await loop.advance(sum(RETRY_AFTER_S))
        return client

    client = run_stepped(run)
    assert client.replies == [Failed("j", "cancelled", "")]
    assert client.delivered == []


def test_a_waiting_job_is_mentioned_until_it_ends_and_never_after() -> None:
    async def run(loop: SteppedLoop) -> FakeClient:
        client = FakeClient()
        notifier = JobNotifier(client.find_session, client.delivered.append)
        notifier.accepted(job("queued"), 3)
        notifier.heartbeat()
        await loop.advance(HEARTBEAT_S)
        notifier.heartbeat()
        notifier.on_event(JobEvent(job("done"), 1.0, "done"))
        notifier.acknowledged(job("done"))
        notifier.on_event(JobEvent(job("running"), 0.5, "rendering"))  # reported late
        notifier.accepted(job("running"), 0)
        await loop.advance(HEARTBEAT_S)
        notifier.heartbeat()
        return client

    assert run_stepped(run).replies == [
        Accepted("j", 3),
        Progress("j", 0.0, "queued"),
        Done("j", 0, "/a.wav", 8000, 10),
        Accepted("j", 0),
    ]


def test_a_remark_is_a_note_and_a_stage_and_a_heartbeat_does_not_repeat_it() -> None:
    async def run(loop: SteppedLoop) -> FakeClient:
        client = FakeClient()
        notifier = JobNotifier(client.find_session, client.delivered.append)
        notifier.on_event(JobEvent(job("running"), 0.25, "rendering"))
        notifier.on_event(JobEvent(job("running"), 0.25, "rendering", "a note is too high"))
        await loop.advance(HEARTBEAT_S)
        notifier.heartbeat()
        return client

    assert run_stepped(run).replies == [
        Accepted("j", 0),
        Progress("j", 0.25, "rendering"),
        ClipRemark("j", "a note is too high"),
        Progress("j", 0.25, "note: a note is too high"),
        Progress("j", 0.25, "rendering"),
    ]


def test_what_a_host_left_out_is_said_after_the_job_is_accepted() -> None:
    async def run() -> FakeClient:
        client = FakeClient()
        notifier = JobNotifier(client.find_session, client.delivered.append)
        notifier.report(JobStatus(job("queued"), 2, None, ("muted notes are left out",)))
        return client

    assert asyncio.run(run()).replies == [
        Accepted("j", 2),
        ClipRemark("j", "muted notes are left out"),
        Progress("j", 0.0, "note: muted notes are left out"),
    ]
