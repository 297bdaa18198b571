"""From an address and its arguments to whoever answers: the protocol's handlers, or a DAW's."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from bridge.errors import RequestRefused
from bridge.host import Host
from bridge.protocol import CLIENT_MESSAGES, ClientMessage
from bridge.server.fair_executor import FairExecutor
from bridge.server.handlers import handle
from bridge.server.request import Bridge, Request
from bridge.server.sessions import Session


class Dispatcher:
    """Reads messages, and has them answered. For the server's event loop.

    Args:
        bridge: what answers them; its hosts' messages are read beside the protocol's own.
        executor: does what is slow.
    """

    def __init__(self, bridge: Bridge, executor: FairExecutor) -> None:
        self._bridge, self._executor = bridge, executor
        self._messages = CLIENT_MESSAGES
        # A DAW may take seconds to answer: each has a thread of its own.
        self._hosts: dict[type[ClientMessage], tuple[Host, FairExecutor]] = {}
        for host in bridge.hosts:
            host_executor = FairExecutor()
            self._messages |= host.messages
            self._hosts |= dict.fromkeys(host.messages, (host, host_executor))

    def read(self, address: str, arguments: Sequence[object]) -> ClientMessage:
        """What a client says.

        Args:
            address: of OSC.
            arguments: as they were unpacked.

        Raises:
            RequestRefused: with the code to answer, and the id it was about if there was one.
        """
        return self._messages.read(address, arguments)

    def dispatch(self, message: ClientMessage, session: Session, source: Hashable) -> None:
        """Have a message answered, now or later.

        Args:
            message: as it was read.
            session: whose it is.
            source: where it came from.

        Raises:
            RequestRefused: if it cannot be answered.
        """
        about = message.about
        host, executor = self._hosts.get(type(message), (None, self._executor))
        request = Request(self._bridge, session, about, source, executor)
        if host is None:
            handle(message, request)
        elif host.is_started:
            host.handle(request, message)
        else:
            raise RequestRefused(
                f"this bridge does not talk with {host.name}; start it with "
                f"`timbre serve --{host.option}`",
                about=about,
            )

    def close(self) -> None:
        """Finish what is under way for hosts, and forget the rest."""
        for _, executor in self._hosts.values():
            executor.close()
