"""Another DAW with a control surface needs no change in the server: here is one, in a few lines."""

from __future__ import annotations

import ast
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import pytest

import bridge.server
from bridge.client import BridgeClient, BridgeRefused
from bridge.host import Host, HostRequest
from bridge.hosts import all_hosts
from bridge.jobs.model import JobEvent
from bridge.protocol import Cancel, ClientMessage, Render, Status
from bridge.protocol.codec import MessageTable
from bridge.protocol.fields import Id, Integer
from bridge.protocol.replies import Accepted, Done, Progress, Reply
from bridge.service import BridgeService, JobStatus
from core.clip import Clip
from core.errors import Cancelled
from tests.bridge.conftest import RIFF
from tests.bridge.servers import running
from tests.helpers.waiting import LAST_RESORT_S

TRACKER_MESSAGES: MessageTable[ClientMessage] = MessageTable("message")


@TRACKER_MESSAGES.add("tracker/render")
@dataclass(frozen=True)
class RenderPattern(ClientMessage):
    """Render a pattern of a tracker."""

    job_id: Id
    preset: str
    pattern: Annotated[int, Integer(0, 255)]


class Tracker(Host):
    """A DAW whose every pattern is the same riff, and that takes its time."""

    name: ClassVar[str] = "the tracker"
    option: ClassVar[str] = "tracker"
    messages: ClassVar[MessageTable[ClientMessage]] = TRACKER_MESSAGES
    reading_stage: ClassVar[str] = "reading the pattern"

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self._service: BridgeService | None = None
        self._report: Callable[[str], object] = print
        self._reading: dict[tuple[str, str], threading.Event] = {}

    @property
    def is_started(self) -> bool:
        return self._service is not None

    def start(self, service: BridgeService, report: Callable[[str], object]) -> None:
        self._service, self._report = service, report
        service.jobs.listen(self._on_event)

    def close(self) -> None:
        assert self._service is not None
        self._service.jobs.unlisten(self._on_event)
        self._service = None

    def handle(self, request: HostRequest, message: ClientMessage) -> None:
        assert isinstance(message, RenderPattern)
        client = request.client
        if not self.is_reading(client, message.job_id):  # a request may be repeated
            request.check_room()
            self._reading[client, message.job_id] = threading.Event()
            request.report_later(message.job_id, lambda: self._render(client, message))
        request.answer(Progress(message.job_id, 0.0, self.reading_stage))

    def is_reading(self, client: str, job_id: str) -> bool:
        return (client, job_id) in self._reading

    def cancel(self, client: str, job_id: str) -> None:
        cancelled = self._reading.get((client, job_id))
        if cancelled is not None:
            cancelled.set()
        self.may_answer.set()

    def _render(self, client: str, message: RenderPattern) -> JobStatus:
        assert self._service is not None
        self.may_answer.wait(LAST_RESORT_S)
        if self._reading.pop((client, message.job_id)).is_set():
            raise Cancelled("cancelled while the pattern was read")
        clip = Clip.of(f"pattern {message.pattern}", RIFF)
        wanted = Render(message.job_id, "pattern", message.preset)
        job = self._service.submit(client, wanted, clip)
        return self._service.status_of(job, ("effects are left out",))

    def _on_event(self, event: JobEvent) -> None:
        if event.job.state == "done":
            self._report(f"{event.job.job_id} is in the tracker")


@pytest.fixture(autouse=True)
def fake_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))


@contextlib.contextmanager
def tracked(folder: Path) -> Iterator[tuple[BridgeClient, Tracker, list[str]]]:
    reported: list[str] = []
    tracker = Tracker()
    with (
        running(folder, host=tracker, report=reported.append) as own,
        BridgeClient(port=own.port, name="me", timeout_s=LAST_RESORT_S) as client,
    ):
        yield client, tracker, reported


def about(job_id: str, kind: type[Reply]) -> Callable[[Reply], Reply | None]:
    return lambda reply: reply if isinstance(reply, kind) and reply.about == job_id else None


def test_its_own_message_is_read_rendered_and_placed(tmp_path: Path) -> None:
    with tracked(tmp_path) as (client, tracker, reported):
        asked = RenderPattern("p1", "Warm bass", 7)
        reading = client.conversation.ask(asked, about("p1", Progress), about="p1")
        assert reading == Progress("p1", 0.0, "reading the pattern")
        again = client.conversation.ask(Status("p1"), about("p1", Progress), about="p1")
        assert again == reading
        tracker.may_answer.set()
        assert client.conversation.next(about("p1", Accepted), Status("p1"), about="p1")
        (file,) = [client.conversation.next(about("p1", Done), Status("p1"), about="p1")]
        assert isinstance(file, Done)
        assert Path(file.path).name.startswith("pattern-7")
        assert reported == ["p1 is in the tracker"]


def test_reading_can_be_cancelled_and_mistakes_are_refused(tmp_path: Path) -> None:
    with tracked(tmp_path) as (client, _tracker, _reported):
        client.conversation.ask(
            RenderPattern("p2", "Warm bass", 7), about("p2", Progress), about="p2"
        )
        with pytest.raises(Cancelled, match="while the pattern was read"):
            client.conversation.ask(Cancel("p2"), about("p2", Done), about="p2")
        with pytest.raises(BridgeRefused, match="pattern 256 is outside 0–255"):
            client.conversation.ask(
                RenderPattern("p3", "Warm bass", 256), about("p3", Done), about="p3"
            )


def test_a_bridge_that_does_not_know_it_says_so(tmp_path: Path) -> None:
    with (
        running(tmp_path) as own,
        BridgeClient(port=own.port, timeout_s=LAST_RESORT_S) as client,
        pytest.raises(BridgeRefused, match="no message '/timbre/1/tracker/render'"),
    ):
        client.conversation.ask(RenderPattern("p", "Warm bass", 1), about("p", Done), about="p")


def test_the_server_knows_no_daw_by_name() -> None:
    for path in Path(bridge.server.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("bridge.hosts"), path.name


def test_every_host_has_its_option_at_the_command_line() -> None:
    import inspect

    from bridge.cli import serve

    options = inspect.signature(serve).parameters
    assert [host.option for host in all_hosts() if host.option not in options] == []
