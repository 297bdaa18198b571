"""Ableton Live as a host of the bridge: ``/timbre/1/ableton/render``, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from bridge.host import Host, HostRequest
from bridge.hosts.ableton.link import AbletonLink, Ports
from bridge.hosts.ableton.messages import ABLETON_MESSAGES, RenderSelected
from bridge.protocol import ClientMessage
from bridge.protocol.codec import MessageTable
from bridge.protocol.replies import Progress
from bridge.service import BridgeService


class AbletonHost(Host):
    """Live, through AbletonOSC and our own control surface.

    Args:
        ports: for tests; AbletonOSC's are fixed.
    """

    name: ClassVar[str] = "Live"
    option: ClassVar[str] = "ableton"
    messages: ClassVar[MessageTable[ClientMessage]] = ABLETON_MESSAGES
    reading_stage: ClassVar[str] = "reading the clip in Live"

    def __init__(self, ports: Ports | None = None) -> None:
        self._ports = ports or Ports()
        self._link: AbletonLink | None = None

    @property
    def is_started(self) -> bool:
        """As :attr:`bridge.host.Host.is_started`."""
        return self._link is not None

    def start(self, service: BridgeService, report: Callable[[str], object]) -> None:
        """As :meth:`bridge.host.Host.start`; Live need not run yet.

        Args:
            service: who renders.
            report: called with one line a take, where it went; from a thread of the link's.
        """
        self._link = AbletonLink(service, report, self._ports)
        self._link.start()

    def close(self) -> None:
        """As :meth:`bridge.host.Host.close`."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def handle(self, request: HostRequest, message: ClientMessage) -> None:
        """Have the selected clip rendered; as :meth:`bridge.host.Host.handle`.

        Args:
            request: the ways to answer it.
            message: a :class:`~bridge.hosts.ableton.messages.RenderSelected`.
        """
        link = self._link
        if link is None or not isinstance(message, RenderSelected):
            raise RuntimeError(f"{message.address} is nothing for {self.name} now")
        client = request.client
        if not link.is_reading(client, message.job_id):
            request.check_room()
            begun = message = link.begin(client, message)
            request.report_later(begun.job_id, lambda: link.render(client, begun))
        request.answer(Progress(message.job_id, 0.0, self.reading_stage))

    def is_reading(self, client: str, job_id: str) -> bool:
        """As :meth:`bridge.host.Host.is_reading`.

        Args:
            client, job_id: whose job it is.
        """
        return self._link is not None and self._link.is_reading(client, job_id)

    def cancel(self, client: str, job_id: str) -> None:
        """As :meth:`bridge.host.Host.cancel`.

        Args:
            client, job_id: whose job it is.
        """
        if self._link is not None:
            self._link.cancel(client, job_id)
