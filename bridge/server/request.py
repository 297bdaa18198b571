"""A message of a client on its way to its answer: what a handler is given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bridge.errors import RequestRefused, code_of
from bridge.host import Host
from bridge.protocol.replies import Failed, Reply, Welcome
from bridge.server.fair_executor import FairExecutor
from bridge.server.job_notifier import JobNotifier
from bridge.server.sessions import Session
from bridge.service import BridgeService, JobStatus
from core.errors import TimbreError

_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bridge:
    """What all requests share.

    Attributes:
        service: clips, presets and jobs.
        welcome: what a client is told first.
        notifier: tells clients of their jobs.
        hosts: the DAWs that the bridge speaks to, started or not.
    """

    service: BridgeService
    welcome: Welcome
    notifier: JobNotifier
    hosts: Sequence[Host]


@dataclass(frozen=True)
class Request:
    """One message, and the ways to answer it. For the server's event loop.

    Attributes:
        bridge: what answers it.
        session: whose it is.
        about: the id it is about, which refusals name; empty if it has none.
        source: where it came from; sources take turns.
        executor: does what is slow.
    """

    bridge: Bridge
    session: Session
    about: str
    source: Hashable
    executor: FairExecutor

    @property
    def client(self) -> str:
        """Who says it."""
        return self.session.client

    def answer(self, reply: Reply) -> None:
        """Say something to the client at once."""
        self.session.send(reply)

    def answer_all(self, replies: Iterable[Reply]) -> None:
        """Say several things in a row."""
        for reply in replies:
            self.session.send(reply)

    def reading_host(self) -> Host | None:
        """The DAW from which the clip of this job is being read, if one is."""
        reading = (host for host in self.bridge.hosts if host.is_reading(self.client, self.about))
        return next(reading, None)

    def check_room(self) -> None:
        """Refuse the message if too many of its source wait already.

        Raises:
            RequestRefused: ``too_large``.
        """
        if not self.executor.has_room(self.source):
            raise RequestRefused(
                "too many requests wait; ask again when some are answered", "too_large", self.about
            )

    def report_later(self, job_id: str, work: Callable[[], JobStatus]) -> None:
        """Do something slow with a job, and say how it stands then.

        Args:
            job_id: what ``work`` raises is answered as this job's failure.
            work: called in the executor's thread.

        Raises:
            RequestRefused: as :meth:`check_room`.
        """
        self.run_later(work, self.bridge.notifier.report, job_id)

    def run_later(
        self, work: Callable[[], _Result], then: Callable[[_Result], object], about: str = ""
    ) -> None:
        """Do something slow, then something quick with its result.

        Args:
            work: called in the executor's thread; what it raises is answered as ``failed``.
            then: called with its result, in the event loop.
            about: the id that failure names.

        Raises:
            RequestRefused: as :meth:`check_room`.
        """
        self.check_room()

        def finish(done: asyncio.Future[_Result]) -> None:
            if done.cancelled():
                return
            error = done.exception()
            if error is None:
                then(done.result())
            elif isinstance(error, TimbreError):
                words = " ".join(str(error).split())
                _log.info("refused what %s asked: %s", self.source, words)
                self.answer(Failed(about, code_of(error), words))
            else:
                _log.error("a request failed", exc_info=error)
                self.answer(Failed(about, "internal", f"{type(error).__name__}: {error}"))

        self.executor.submit(self.source, work).add_done_callback(finish)
