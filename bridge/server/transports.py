"""UDP and TCP under the bridge: packets in, replies out, everything bounded.

Packets are handed on as they come; nothing here reads what they say, beyond how they are
laid on a stream. Replies are packed where they are sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable

from bridge.errors import RequestRefused
from bridge.protocol.osc import (
    MAX_PACKET_BYTES,
    RECEIVE_BUFFER_BYTES,
    Framing,
    detect_framing,
    pack,
)
from bridge.protocol.replies import Reply
from bridge.server.rate_limit import RateLimit
from bridge.server.sessions import Send, Source
from core.errors import SettingsError

MAX_CONNECTIONS = 256
MAX_WRITE_BYTES = 4 * 2**20
"""Unread answers a TCP client may pile up before its connection is closed."""

_DATAGRAMS_A_TURN = 64

_log = logging.getLogger(__name__)


class Udp:
    """One UDP socket.

    Args:
        host, port: where to listen.
        rate: how many packets are taken from each source; others are dropped.
        on_packet: called with every packet.

    Raises:
        SettingsError: if the port cannot be had.
    """

    def __init__(
        self,
        host: str,
        port: int,
        rate: RateLimit,
        on_packet: Callable[[Source, bytes], object],
    ) -> None:
        self._rate, self._on_packet = rate, on_packet
        self._loop = asyncio.get_running_loop()
        self._socket = _bound(host, port, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with contextlib.suppress(OSError):  # some systems refuse what is over their limit
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._loop.add_reader(self._socket, self._on_readable)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    def send_to(self, host: str, port: int) -> Send:
        """What sends to an address.

        Args:
            host: numeric.
            port: of UDP.
        """
        peer = (host, port)

        def send(reply: Reply) -> None:
            packet = _packed(reply)
            if packet is not None:
                with contextlib.suppress(OSError):  # full, or nobody there: it will be said again
                    self._socket.sendto(packet, peer)

        return send

    def close(self) -> None:
        """Stop listening."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _on_readable(self) -> None:
        for _ in range(_DATAGRAMS_A_TURN):  # then others get their turn
            try:
                packet, peer = self._socket.recvfrom(MAX_PACKET_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # Windows reports here that an earlier answer reached nobody
                continue
            host, port = peer[0], peer[1]
            key = ("udp", host, port)
            if not port or not self._rate.allows(key):
                continue
            source = Source(
                key,
                host,
                is_loopback(host),
                f"{host}:{port}",
                self.send_to(host, port),
            )
            self._on_packet(source, packet)


class Tcp:
    """One listening TCP socket and its connections.

    Args:
        rate: how many packets are taken from each source; whoever sends more is held up.
        on_packet: called with every packet; the next is read when it is done.
        on_bad_stream: called when a stream cannot be followed any further.
        on_close: called when a connection is over.
    """

    def __init__(
        self,
        rate: RateLimit,
        on_packet: Callable[[Source, bytes], Awaitable[None]],
        on_bad_stream: Callable[[Source, RequestRefused], None],
        on_close: Callable[[Source], None],
    ) -> None:
        self._rate = rate
        self._on_packet, self._on_bad_stream, self._on_close = on_packet, on_bad_stream, on_close
        self._connections: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Begin to listen; returns the port.

        Args:
            host, port: where; port 0 is any that is free.

        Raises:
            SettingsError: if the port cannot be had.
        """
        listening = _bound(host, port, socket.SOCK_STREAM)
        self._server = await asyncio.start_server(
            self._connected, sock=listening, limit=2 * MAX_PACKET_BYTES
        )
        return int(listening.getsockname()[1])

    async def close(self) -> None:
        """Stop listening, and end all connections."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()
        if self._server is not None:
            await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(writer)
        host, port = writer.get_extra_info("peername")[:2]
        stream = _FramedConnection(writer)
        source = Source(
            ("tcp", host, port), host, is_loopback(host), f"tcp:{host}:{port}", stream.send
        )
        try:
            while data := await reader.read(MAX_PACKET_BYTES):
                for packet in stream.feed(data):
                    while not self._rate.allows(source.key):
                        await asyncio.sleep(0.02)
                    await self._on_packet(source, packet)
        except RequestRefused as error:
            self._on_bad_stream(source, error)
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                await asyncio.wait_for(writer.drain(), 1.0)
        except OSError:
            pass  # the peer is gone
        finally:
            self._connections.discard(writer)
            self._on_close(source)
            writer.close()


class _FramedConnection:
    """One connection, whose framing its first byte shows."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._framing: Framing | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete with this data; RequestRefused if it is no OSC stream."""
        if self._framing is None:
            self._framing = detect_framing(data[0])()
        return self._framing.feed(data)

    def send(self, reply: Reply) -> None:
        """Send a reply, in the peer's framing; who reads too little of them is cut off."""
        transport = self._writer.transport
        packet = _packed(reply)
        if packet is None or self._framing is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_WRITE_BYTES:
            transport.abort()
            return
        self._writer.write(self._framing.frame(packet))


def is_loopback(host: str) -> bool:
    """Whether an address, or the name ``localhost``, is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _packed(reply: Reply) -> bytes | None:
    """A reply's packet; None if a name in it fits no OSC string."""
    try:
        return pack(reply.address, reply.arguments())
    except RequestRefused as error:
        _log.error("a reply was not sent: %s", error)
        return None


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    what = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=kind, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind)
        try:
            if kind == socket.SOCK_STREAM:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {what} port {port} of {host}: {error.strerror or error}; stop "
            "whatever uses it, or give another --port"
        ) from None
    return bound
