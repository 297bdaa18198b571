"""A client's sockets: packets to a bridge and back, over UDP or TCP."""

from __future__ import annotations

import contextlib
import socket
import time
from abc import ABC, abstractmethod
from collections import deque

from bridge.protocol import osc

_NOBODY_S = 0.25
"""Pause before asking again at a UDP port where nobody listens, seconds."""


class PacketSocket(ABC):
    """Packets to and from the bridge."""

    _socket: socket.socket

    @abstractmethod
    def send(self, packet: bytes) -> None:
        """Send a packet; OSError if it cannot be."""

    @abstractmethod
    def receive(self, timeout_s: float) -> bytes | None:
        """The next packet; None if none comes in time, OSError if none can come."""

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class UdpSocket(PacketSocket):
    """A connected UDP socket."""

    def __init__(self, host: str, port: int) -> None:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.connect(address)

    def send(self, packet: bytes) -> None:
        """As :meth:`PacketSocket.send`."""
        with contextlib.suppress(ConnectionRefusedError):  # about an earlier packet
            self._socket.send(packet)

    def receive(self, timeout_s: float) -> bytes | None:
        """As :meth:`PacketSocket.receive`."""
        self._socket.settimeout(timeout_s)
        try:
            return self._socket.recv(osc.MAX_PACKET_BYTES)
        except TimeoutError:
            return None
        except ConnectionRefusedError:  # nobody is there now; somebody may be soon
            time.sleep(min(timeout_s, _NOBODY_S))
            return None


class TcpSocket(PacketSocket):
    """A TCP connection with the size prefix of OSC 1.0."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=5.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._framing = osc.SizePrefix()
        self._packets: deque[bytes] = deque()

    def send(self, packet: bytes) -> None:
        """As :meth:`PacketSocket.send`."""
        self._socket.settimeout(30.0)
        self._socket.sendall(self._framing.frame(packet))

    def receive(self, timeout_s: float) -> bytes | None:
        """As :meth:`PacketSocket.receive`."""
        give_up = time.monotonic() + timeout_s
        while not self._packets:
            left_s = give_up - time.monotonic()
            if left_s <= 0:
                return None
            self._socket.settimeout(left_s)
            try:
                data = self._socket.recv(osc.MAX_PACKET_BYTES)
            except TimeoutError:
                return None
            if not data:
                raise ConnectionResetError("it closed the connection")
            self._packets += self._framing.feed(data)
        return self._packets.popleft()
