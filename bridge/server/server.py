"""The OSC server: messages of many clients in, answers out. ``timbre serve`` runs it.

Here packets become messages of sessions, within limits; who answers them is
:mod:`bridge.server.dispatcher`'s. A path is opened for clients on this machine only, who may name a
recording; all others name presets and words, and get told where files are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import RequestRefused
from bridge.host import Host
from bridge.jobs.model import Job, JobEvent
from bridge.protocol import DEFAULT_PORT, Hello, osc
from bridge.protocol.replies import REPLIES, Failed, Welcome
from bridge.server.dispatcher import Dispatcher
from bridge.server.fair_executor import FairExecutor
from bridge.server.file_replies import FileReplies
from bridge.server.job_notifier import JobNotifier
from bridge.server.rate_limit import RateLimit
from bridge.server.request import Bridge
from bridge.server.sessions import Sessions, Source
from bridge.server.transports import Tcp, Udp, is_loopback
from bridge.service import BridgeService
from core.errors import SettingsError

MESSAGES_PER_S, MESSAGE_BURST = 5_000.0, 20_000.0
"""Taken from each source."""

BAD_MESSAGE_COST = 50.0
"""So many messages a bad one counts for: who sends only such is soon not listened to."""

_REFUSALS_PER_S, _REFUSAL_BURST = 20.0, 200.0
_HEARTBEAT_CHECK_S = 0.5

_log = logging.getLogger(__name__)

_OURS = "/timbre/"
"""What is not for us is not for us to answer: two servers could talk for ever."""


@dataclass(frozen=True)
class Address:
    """Where to listen.

    Attributes:
        host: this machine's own address, or another if there is a token.
        port, tcp_port: 0 takes any that is free.
        token: what clients must say in their hello; empty asks for none.

    Raises:
        SettingsError: if other machines could reach it without a token.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    tcp_port: int = DEFAULT_PORT
    token: str = ""

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and not self.token:
            raise SettingsError(
                f"--host {self.host} lets other machines in; give a --token they must say as well"
            )


class BridgeServer:
    """A running server; make one with :meth:`start` inside an event loop.

    Args:
        service: who answers.
        welcome: what a client is told first.
        address: where to listen.
        file_replies: where answers to clients go that cannot listen.
        hosts: DAWs whose messages are known; those that are started are spoken to.

    Attributes:
        port, tcp_port: where it listens.
    """

    def __init__(
        self,
        service: BridgeService,
        welcome: Welcome,
        address: Address,
        file_replies: FileReplies,
        hosts: Sequence[Host] = (),
    ) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._rate = RateLimit(MESSAGES_PER_S, MESSAGE_BURST)
        self._refusals = RateLimit(_REFUSALS_PER_S, _REFUSAL_BURST)
        self._udp = Udp(address.host, address.port, self._rate, self._receive)
        self._tcp = Tcp(self._rate, self._receive_held, self._refuse, self._leave)
        self._sessions = Sessions(address.token, self._udp.send_to, file_replies.send_to)
        self._notifier = JobNotifier(self._sessions.find, self._acknowledge)
        self._executor = FairExecutor()
        bridge = Bridge(service, welcome, self._notifier, hosts)
        self._dispatcher = Dispatcher(bridge, self._executor)
        self.port = self._udp.port
        self.tcp_port = 0

    @classmethod
    async def start(
        cls,
        service: BridgeService,
        welcome: Welcome,
        address: Address,
        file_replies: FileReplies,
        hosts: Sequence[Host] = (),
    ) -> BridgeServer:
        """Listen, and answer until :meth:`close`.

        Args:
            service, welcome, address, file_replies, hosts: as the class has them.

        Raises:
            SettingsError: if a port cannot be had.
        """
        server = cls(service, welcome, address, file_replies, hosts)
        try:
            server.tcp_port = await server._tcp.listen(address.host, address.tcp_port)
        except SettingsError:
            server._udp.close()
            raise
        service.jobs.listen(server._on_job_event)
        server._check_heartbeats()
        return server

    @property
    def clients(self) -> tuple[str, ...]:
        """Names of the clients that spoke, the newest last; any thread may ask."""
        return self._sessions.clients

    @property
    def is_serving(self) -> bool:
        """Whether its event loop runs; any thread may ask."""
        return self._loop.is_running()

    @property
    def heard_at(self) -> dict[str, float]:
        """When clients last said something, seconds since 1970; any thread may ask."""
        return self._sessions.heard_at

    async def close(self) -> None:
        """Stop answering. Jobs go on, and their ends are said at the next start."""
        self._heartbeats.cancel()
        self._service.jobs.unlisten(self._on_job_event)
        self._notifier.close()
        self._udp.close()
        await self._tcp.close()
        self._executor.close()
        self._dispatcher.close()

    # Packets

    def _receive(self, source: Source, packet: bytes) -> None:
        try:
            for address, arguments in osc.unpack(packet, within=_OURS):
                self._receive_message(source, address, arguments)
        except RequestRefused as error:
            self._refuse(source, error)

    async def _receive_held(self, source: Source, packet: bytes) -> None:
        while not self._executor.has_room(source.key):
            await asyncio.sleep(0.01)
        self._receive(source, packet)

    def _receive_message(self, source: Source, address: str, arguments: list[object]) -> None:
        try:
            message = self._dispatcher.read(address, arguments)
            if isinstance(message, Hello):
                session = self._sessions.hello(source, message)
                _log.info("%s says hello from %s", session.client, source.name)
            else:
                session = self._sessions.of(source, message.about)
            self._sessions.note_heard(session)
            if message.named_file and not source.is_loopback:
                raise RequestRefused(
                    "a recording is named by its path, which only clients on the bridge's own "
                    "machine can; save it there as a preset",
                    about=message.about,
                )
            self._dispatcher.dispatch(message, session, source.key)
        except RequestRefused as error:
            if address not in REPLIES:  # servers say those: answering could go round for ever
                self._refuse(source, error)

    def _refuse(self, source: Source, error: RequestRefused) -> None:
        self._rate.charge(source.key, BAD_MESSAGE_COST)
        if self._refusals.allows(source.key):
            _log.info("refused what %s said: %s", source.name, error)
            send = self._sessions.peer_of(source)
            send(Failed(error.about, error.code, str(error)[:1000]))

    def _leave(self, source: Source) -> None:
        self._sessions.leave(source)

    # Jobs

    def _on_job_event(self, event: JobEvent) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            self._loop.call_soon_threadsafe(self._notifier.on_event, event)

    def _acknowledge(self, job: Job) -> None:
        self._executor.submit("acknowledge", lambda: self._service.jobs.acknowledge(job))

    def _check_heartbeats(self) -> None:
        self._notifier.heartbeat()
        self._heartbeats = self._loop.call_later(_HEARTBEAT_CHECK_S, self._check_heartbeats)
