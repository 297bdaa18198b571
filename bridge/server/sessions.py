"""Who is talking, and where answers to them go. No sockets: peers are given.

A client is known by the name in its ``hello``, not by its port: a DAW sends from one and
listens on another, and ``oscsend`` uses a new one for every message. A message from a
port that never said hello belongs to the last client on this machine that named a port to
answer to, else to a client of its own. Whether it is that client's, nobody can tell: its
answers go to the port the client named, and to where the message came from as well.
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from bridge.errors import RequestRefused
from bridge.protocol import ANSWER_IN_FILES, Hello
from bridge.protocol.replies import ClipRemark, Progress, Reply

MAX_SESSIONS = 1024

_K = TypeVar("_K")
_V = TypeVar("_V")

Send = Callable[[Reply], None]
"""Sends a reply to a peer if it can; never blocks, never raises."""


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
    """A client: its name, and where answers go.

    Attributes:
        client: its name.
        send: sends to it.
        reads_files: its answers are written to files.
    """

    client: str
    send: Send
    reads_files: bool = False

    def send_remark(self, job_id: str, fraction: float, text: str) -> None:
        """Say what the model cannot say about a clip, so that any client shows it.

        Args:
            job_id: of the job the clip is rendered for.
            fraction: how far the job is, 0–1.
            text: one line, for people.
        """
        remark = ClipRemark(job_id, text)
        self.send(remark)
        if not self.reads_files:
            # A hello does not say how old the client is; the first ones know stages alone.
            self.send(Progress(job_id, fraction, remark.stage))


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
        self._listening: dict[str, _ListeningClient] = {}  # by host
        self._askers: OrderedDict[tuple[str, str], Send] = OrderedDict()  # by client and id
        self._heard_at: OrderedDict[str, float] = OrderedDict()  # by client

    @property
    def clients(self) -> tuple[str, ...]:
        """Names of the clients that are known, the newest last; any thread may ask."""
        return tuple(self._by_client.copy())

    @property
    def heard_at(self) -> dict[str, float]:
        """When clients last said something, seconds since 1970; any thread may ask."""
        return dict(self._heard_at.copy())

    def note_heard(self, session: Session) -> None:
        """A client said something."""
        _keep(self._heard_at, session.client, time.time())

    def hello(self, source: Source, message: Hello) -> Session:
        """Know a client, anew or again.

        Args:
            source: where it spoke from.
            message: what it said.

        Raises:
            RequestRefused: if the token is wrong, or answers cannot go where they are wanted.
        """
        if self._token and not hmac.compare_digest(self._token.encode(), message.token.encode()):
            raise RequestRefused("hello: the token is wrong; give the one `timbre serve` was given")
        client = message.client or source.name
        session = Session(client, source.send)
        if message.reply_port == ANSWER_IN_FILES:
            if not source.is_loopback:
                raise RequestRefused("hello: answers in files are for clients on this machine")
            session = Session(client, self._write_to(client), reads_files=True)
        elif message.reply_port:
            session = Session(client, self._send_to(source.host, message.reply_port))
            if source.is_loopback:
                self._listening[source.host] = _ListeningClient(
                    client, f"{source.host}:{message.reply_port}"
                )
        _keep(self._by_client, client, session)
        _keep(self._by_source, source.key, client)
        return session

    def of(self, source: Source, about: str = "") -> Session:
        """The session a message belongs to.

        Args:
            source: where it came from.
            about: the id it is about; later answers about that go where this one's do.

        Raises:
            RequestRefused: if a token is asked for, and the source did not say it.
        """
        client = self._by_source.get(source.key)
        if client is None and self._token:
            raise RequestRefused("say hello with the token first")
        if client is None and (guest := self._guest(source)) is not None:
            if about:
                _keep(self._askers, (guest.client, about), source.send)
            return guest
        if client is None and (listener := self._listening.get(source.host)) is not None:
            client = listener.client
        if about:
            self._askers.pop((client or source.name, about), None)
        session = self._by_client.get(client or source.name)
        if session is None:
            session = Session(client or source.name, source.send)
            _keep(self._by_client, session.client, session)
        return session

    def _guest(self, source: Source) -> Session | None:
        """The session of the client that listens on a machine, answering a source there too.

        Returns:
            None if none listens, or the source is the port that it listens on.
        """
        listener = self._listening.get(source.host)
        session = self._by_client.get(listener.client) if listener else None
        if listener is None or session is None or listener.port_name == source.name:
            return None
        return replace(session, send=_both(session.send, source.send))

    def peer_of(self, source: Source) -> Send:
        """Where answers to a source go, as far as is known."""
        client = self._by_source.get(source.key)
        if client is None and (guest := self._guest(source)) is not None:
            return guest.send
        listener = self._listening.get(source.host)
        session = self._by_client.get(client or (listener.client if listener else source.name))
        return source.send if session is None else session.send

    def find(self, client: str, about: str = "") -> Session | None:
        """The session of a client's name.

        Args:
            client: the name.
            about: the id of what is to be said; whoever asked for it without a hello is told too.
        """
        session = self._by_client.get(client)
        asker = self._askers.get((client, about))
        if session is None or asker is None:
            return session
        return replace(session, send=_both(session.send, asker))

    def leave(self, source: Source) -> None:
        """The source is gone; its client may come back from another."""
        self._by_source.pop(source.key, None)
        session = self._by_client.get(source.name)
        if session is not None and session.send == source.send:
            del self._by_client[source.name]


@dataclass(frozen=True)
class _ListeningClient:
    """A client that named a port, and how a source at that port is called."""

    client: str
    port_name: str


def _both(first: Send, second: Send) -> Send:
    def send(reply: Reply) -> None:
        first(reply)
        second(reply)

    return send


def _keep(entries: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > MAX_SESSIONS:
        entries.popitem(last=False)
