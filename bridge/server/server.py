"""The OSC server: messages of many clients in, answers out. ``timbre serve`` runs it.

Parts of clips, pings and hellos are answered in the event loop; what reads the library or
the queue goes through one thread beside it, in order. No path a client names is opened:
clients name presets, and get told where files are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bridge.errors import RequestRefused, code_of
from bridge.hosts.ableton.link import READING, AbletonLink
from bridge.jobs.model import Job, JobEvent
from bridge.protocol import (
    DEFAULT_PORT,
    Ack,
    Cancel,
    ClientMessage,
    ClipBegin,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Ping,
    Render,
    RenderSelected,
    Status,
    osc,
    read_client_message,
)
from bridge.protocol.replies import NOTE, REPLY_KINDS, Failed, Pong, Progress, Reply, Welcome
from bridge.server.fair_executor import FairExecutor
from bridge.server.file_replies import FileReplies
from bridge.server.job_notifier import JobNotifier
from bridge.server.rate_limit import RateLimit
from bridge.server.sessions import Session, Sessions, Source
from bridge.server.transports import Tcp, Udp, is_loopback
from bridge.service import BridgeService, Standing
from core.errors import SettingsError, TimbreError

MESSAGES_PER_S, MESSAGE_BURST = 5_000.0, 20_000.0
"""Taken from each source."""

BAD_MESSAGE_COST = 50.0
"""So many messages a bad one counts for: who sends only such is soon not listened to."""

_REFUSALS_PER_S, _REFUSAL_BURST = 20.0, 200.0
_Found = TypeVar("_Found")
_OWN_WORDS = frozenset(kind.address for kind in REPLY_KINDS)
"""What servers say; answering it could go round for ever."""

_log = logging.getLogger(__name__)


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
        letterbox: where answers to clients go that cannot listen.
        live: for clips that are selected in Ableton Live; None if it is not asked about them.

    Attributes:
        port, tcp_port: where it listens.
    """

    def __init__(
        self,
        service: BridgeService,
        welcome: Welcome,
        address: Address,
        letterbox: FileReplies,
        live: AbletonLink | None = None,
    ) -> None:
        self._service, self._welcome, self._live = service, welcome, live
        self._loop = asyncio.get_running_loop()
        self._desk, self._live_desk = (
            FairExecutor(),
            FairExecutor(),
        )  # Live may take seconds to answer
        self._rate = RateLimit(MESSAGES_PER_S, MESSAGE_BURST)
        self._refusals = RateLimit(_REFUSALS_PER_S, _REFUSAL_BURST)
        self._announcer = JobNotifier(self._say, self._settle)
        self._udp = Udp(address.host, address.port, self._rate, self._receive)
        self._tcp = Tcp(self._rate, self._receive_held, self._refuse, self._leave)
        self._sessions = Sessions(address.token, self._udp.send_to, letterbox.send_to)
        self.port = self._udp.port
        self.tcp_port = 0

    @classmethod
    async def start(
        cls,
        service: BridgeService,
        welcome: Welcome,
        address: Address,
        letterbox: FileReplies,
        live: AbletonLink | None = None,
    ) -> BridgeServer:
        """Listen, and answer until :meth:`close`.

        Raises:
            SettingsError: if a port cannot be had.
        """
        server = cls(service, welcome, address, letterbox, live)
        try:
            server.tcp_port = await server._tcp.listen(address.host, address.tcp_port)
        except SettingsError:
            server._udp.close()
            raise
        service.jobs.listen(server._job_event)
        server._beat()
        return server

    async def close(self) -> None:
        """Stop answering. Jobs go on, and their ends are said at the next start."""
        self._heart.cancel()
        self._service.jobs.unlisten(self._job_event)
        self._announcer.close()
        self._udp.close()
        await self._tcp.close()
        self._desk.close()
        self._live_desk.close()

    # In

    def _receive(self, source: Source, packet: bytes) -> None:
        try:
            for address, arguments in osc.unpack(packet):
                self._take(source, address, arguments)
        except RequestRefused as error:
            self._refuse(source, error)

    async def _receive_held(self, source: Source, packet: bytes) -> None:
        while not self._desk.has_room(source.key):
            await asyncio.sleep(0.01)
        self._receive(source, packet)

    def _leave(self, source: Source) -> None:
        self._sessions.leave(source)

    def _take(self, source: Source, address: str, arguments: list[object]) -> None:
        if not address.startswith("/timbre/"):
            return  # not for us, so not for us to answer: two servers could talk for ever
        try:
            message = read_client_message(address, arguments)
            if isinstance(message, Hello):
                self._hello(source, self._sessions.hello(source, message))
            else:
                self._obey(source, self._sessions.of(source), message)
        except RequestRefused as error:
            if address not in _OWN_WORDS:
                self._refuse(source, error)

    def _hello(self, source: Source, session: Session) -> None:
        self._answer(session, self._welcome)
        client = session.client
        self._later(
            source, session, lambda: self._service.jobs.unacknowledged(client), self._repeat_ends
        )

    def _repeat_ends(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._announcer.ended(job)

    def _obey(self, source: Source, session: Session, message: ClientMessage) -> None:
        client, service = session.client, self._service
        match message:
            case RenderSelected(job_id) | Status(job_id) | Cancel(job_id) if (
                self._live is not None and self._live.is_reading(client, job_id)
            ):
                if isinstance(message, Cancel):
                    self._live.cancel(client, job_id)
                self._answer(session, Progress(job_id, 0.0, READING))
            case Ping():
                self._answer(session, Pong(message.n))
            case ClipBegin() | ClipNotes() | ClipEnd():
                reply = service.take_clip(client, message)
                if reply is not None:
                    self._answer(session, reply)
            case FindPresets():
                self._later(
                    source, session, lambda: service.presets(message), self._answers(session)
                )
            case RenderSelected():
                self._render_selected(source, session, message)
            case Render() | Status() | Cancel():
                self._later(
                    source,
                    session,
                    lambda: service.standing(client, message),
                    self._stands,
                    message.job_id,
                )
            case Ack(job_id):
                self._later(
                    source,
                    session,
                    lambda: service.acknowledge(client, job_id),
                    self._announcer.acknowledged,
                    job_id,
                )

    def _render_selected(self, source: Source, session: Session, asked: RenderSelected) -> None:
        live, client = self._live, session.client
        if live is None:
            raise RequestRefused(
                "this bridge does not talk with Live; start it with `timbre serve --ableton`",
                about=asked.job_id,
            )
        self._check_room(self._live_desk, source, asked.job_id)
        message = live.begin(client, asked)
        self._answer(session, Progress(message.job_id, 0.0, READING))
        self._later(
            source,
            session,
            lambda: live.render(client, message),
            self._stands,
            message.job_id,
            self._live_desk,
        )

    def _check_room(self, desk: FairExecutor, source: Source, about: str) -> None:
        if not desk.has_room(source.key):
            raise RequestRefused(
                "too many requests wait; ask again when some are answered", "too_large", about
            )

    def _later(
        self,
        source: Source,
        session: Session,
        work: Callable[[], _Found],
        then: Callable[[_Found], object],
        about: str = "",
        desk: FairExecutor | None = None,
    ) -> None:
        """Do something slow at a desk, then something quick with what it found."""
        desk = desk or self._desk
        self._check_room(desk, source, about)

        def finished(done: asyncio.Future[_Found]) -> None:
            if done.cancelled():
                return
            error = done.exception()
            if error is None:
                then(done.result())
            elif isinstance(error, TimbreError):
                self._answer(session, Failed(about, code_of(error), " ".join(str(error).split())))
            else:
                _log.error("a request failed", exc_info=error)
                self._answer(session, Failed(about, "internal", f"{type(error).__name__}: {error}"))

        desk.put(source.key, work).add_done_callback(finished)

    # Out

    def _say(self, client: str, reply: Reply) -> bool:
        session = self._sessions.find(client)
        if session is None:
            return False
        self._answer(session, reply)
        return True

    def _answer(self, session: Session, reply: Reply) -> None:
        with contextlib.suppress(RequestRefused):  # a name no OSC string can hold
            session.send(osc.pack(reply.address, reply.arguments()))

    def _answers(self, session: Session) -> Callable[[Sequence[Reply]], None]:
        def answer(replies: Sequence[Reply]) -> None:
            for reply in replies:
                self._answer(session, reply)

        return answer

    def _refuse(self, source: Source, error: RequestRefused) -> None:
        self._rate.charge(source.key, BAD_MESSAGE_COST)
        if self._refusals.allows(source.key):
            failed = Failed(error.about, error.code, str(error)[:1000])
            with contextlib.suppress(RequestRefused):
                peer = self._sessions.peer_of(source)
                peer(osc.pack(failed.address, failed.arguments()))

    def _stands(self, found: Standing) -> None:
        """Say how a job stands."""
        for remark in found.remarks:
            self._say(found.job.client, Progress(found.job.job_id, 0.0, NOTE + remark))
        if found.job.is_over:
            self._announcer.accept_first(found.job)
            self._announcer.ended(found.job)
            return
        self._announcer.accepted(found.job, found.position)
        if found.event is not None:
            self._announcer.happened(found.event)

    def _settle(self, job: Job) -> None:
        self._desk.put("settle", lambda: self._service.jobs.acknowledge(job))

    def _job_event(self, event: JobEvent) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            self._loop.call_soon_threadsafe(self._announcer.happened, event)

    def _beat(self) -> None:
        self._announcer.beat()
        self._heart = self._loop.call_later(0.5, self._beat)
