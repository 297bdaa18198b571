"""Who is talking, and where answers to them go. No sockets: peers are given.

A client is known by the name in its ``hello``, not by its port: a DAW sends from one and
listens on another, and ``oscsend`` uses a new one for every message. A message from a
port that never said hello belongs to the last client on this machine that named a port to
answer to, else to a client of its own.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from bridge.errors import RequestRefused
from bridge.protocol import ANSWER_IN_FILES, Hello

MAX_SESSIONS = 1024

_K = TypeVar("_K")
_V = TypeVar("_V")

Send = Callable[[bytes], None]
"""Sends a packet to a peer if it can; never blocks, never raises."""


@dataclass(frozen=True)
class Source:
    """Where a message came from.

    Attributes:
        key: tells it from other sources.
        host: numeric address.
        is_loopback: whether it is this machine.
        name: for a client that says none.
        send: sends to it.
    """

    key: Hashable
    host: str
    is_loopback: bool
    name: str
    send: Send


@dataclass(frozen=True)
class Session:
    """A client: its name, and where answers go."""

    client: str
    send: Send


class Sessions:
    """All clients.

    Args:
        token: what a client must say in its hello; empty asks for none.
        send_to: makes the sender of a UDP host and port.
        write_to: makes what writes answers of a client to files; raises RequestRefused.
    """

    def __init__(
        self, token: str, send_to: Callable[[str, int], Send], write_to: Callable[[str], Send]
    ) -> None:
        self._token = token
        self._send_to, self._write_to = send_to, write_to
        self._by_client: OrderedDict[str, Session] = OrderedDict()
        self._by_source: OrderedDict[Hashable, str] = OrderedDict()
        self._listening: dict[str, str] = {}  # host → client that named a port

    def hello(self, source: Source, message: Hello) -> Session:
        """Know a client, anew or again.

        Raises:
            RequestRefused: if the token is wrong, or answers cannot go where they are wanted.
        """
        if self._token and not hmac.compare_digest(self._token.encode(), message.token.encode()):
            raise RequestRefused("hello: the token is wrong; give the one `timbre serve` was given")
        send = source.send
        client = message.client or source.name
        if message.reply_port == ANSWER_IN_FILES:
            if not source.is_loopback:
                raise RequestRefused("hello: answers in files are for clients on this machine")
            send = self._write_to(client)
        elif message.reply_port:
            send = self._send_to(source.host, message.reply_port)
            if source.is_loopback:
                self._listening[source.host] = client
        session = Session(client, send)
        _keep(self._by_client, client, session)
        _keep(self._by_source, source.key, client)
        return session

    def of(self, source: Source) -> Session:
        """The session a message belongs to.

        Raises:
            RequestRefused: if a token is asked for, and the source did not say it.
        """
        client = self._by_source.get(source.key)
        if client is None and self._token:
            raise RequestRefused("say hello with the token first")
        if client is None:
            client = self._listening.get(source.host)
        session = self._by_client.get(client or source.name)
        if session is None:
            session = Session(client or source.name, source.send)
            _keep(self._by_client, session.client, session)
        return session

    def name_of(self, source: Source) -> str:
        """The client a source belongs to, as far as is known."""
        return self._by_source.get(source.key) or self._listening.get(source.host) or source.name

    def peer_of(self, source: Source) -> Send:
        """Where answers to a source go, as far as is known."""
        session = self._by_client.get(self.name_of(source))
        return source.send if session is None else session.send

    def find(self, client: str) -> Session | None:
        """The session of a client's name."""
        return self._by_client.get(client)

    def leave(self, source: Source) -> None:
        """The source is gone; its client may come back from another."""
        self._by_source.pop(source.key, None)
        session = self._by_client.get(source.name)
        if session is not None and session.send == source.send:
            del self._by_client[source.name]


def _keep(known: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > MAX_SESSIONS:
        known.popitem(last=False)
