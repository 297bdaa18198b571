"""What a DAW that the bridge itself speaks to must offer: reading what is selected, placing takes.

Scripts inside a DAW that speak to the bridge need none of this; they are its clients. A host is
for a DAW with a control surface: a client says one of the host's own messages, the host asks the
DAW for its clip, has it rendered, and puts the finished takes back. Each is one folder of
:mod:`bridge.hosts`. The server knows hosts by this interface alone.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar, Protocol, Self

from bridge.protocol import ClientMessage
from bridge.protocol.codec import MessageTable
from bridge.protocol.replies import Reply
from bridge.service import BridgeService, JobStatus


class HostRequest(Protocol):
    """One message of a client to a host, and the ways to answer it. For the server's event loop."""

    @property
    def client(self) -> str:
        """Who says it."""

    def answer(self, reply: Reply) -> None:
        """Say something to the client at once."""

    def check_room(self) -> None:
        """Refuse the message if too many of its source wait already.

        Raises:
            RequestRefused: ``too_large``.
        """

    def report_later(self, job_id: str, work: Callable[[], JobStatus]) -> None:
        """Do something slow in the host's own thread, in order, and say how the job stands then.

        Args:
            job_id: of the job; what ``work`` raises is answered as its failure.
            work: called in that thread.

        Raises:
            RequestRefused: as :meth:`check_room`.
        """


class Host(ABC):
    """A DAW that the bridge speaks to.

    Attributes:
        name: of the DAW, for people.
        option: of ``timbre serve`` that starts it, without dashes.
        messages: what clients may say to it.
        reading_stage: stage of a job whose clip is not here yet.
    """

    name: ClassVar[str]
    option: ClassVar[str]
    messages: ClassVar[MessageTable[ClientMessage]]
    reading_stage: ClassVar[str]

    @property
    @abstractmethod
    def is_started(self) -> bool:
        """Whether it is between :meth:`start` and :meth:`close`."""

    @abstractmethod
    def start(self, service: BridgeService, report: Callable[[str], object]) -> None:
        """Begin to speak with the DAW, and to place what is rendered for it.

        Args:
            service: who renders.
            report: called with one line a take, where it went; from any thread.

        Raises:
            UserInputError: if it cannot be spoken with, and what to do about it.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop reading and placing; waits for what is under way."""

    @abstractmethod
    def handle(self, request: HostRequest, message: ClientMessage) -> None:
        """Answer one of :attr:`messages`; quick, in the server's event loop.

        Args:
            request: the ways to answer it.
            message: what a client says.

        Raises:
            RequestRefused: if it cannot be answered.
        """

    @abstractmethod
    def is_reading(self, client: str, job_id: str) -> bool:
        """Whether the clip of this job is being read, or waits for it; from any thread.

        Args:
            client, job_id: whose job it is.
        """

    @abstractmethod
    def cancel(self, client: str, job_id: str) -> None:
        """Stop reading the clip of this job, soon; from any thread.

        Args:
            client, job_id: whose job it is.
        """

    @contextlib.contextmanager
    def started(self, service: BridgeService, report: Callable[[str], object]) -> Iterator[Self]:
        """Speak with the DAW until the block ends.

        Args:
            service, report: as :meth:`start` has them.

        Raises:
            UserInputError: as :meth:`start`.
        """
        self.start(service, report)
        try:
            yield self
        finally:
            self.close()
