"""A UDP proxy that does what networks do: loses, repeats and reorders datagrams."""

from __future__ import annotations

import random
import select
import socket
import threading
from typing import Self


class LossyProxy:
    """Forwards between its clients and a server, both ways, badly. Use it in a ``with`` block.

    Args:
        server_port: on loopback.
        seed: of its luck.
        loss, repetition, reordering: probabilities, for each datagram.
    """

    def __init__(
        self,
        server_port: int,
        seed: int = 0,
        loss: float = 0.2,
        repetition: float = 0.1,
        reordering: float = 0.2,
    ) -> None:
        self._server = ("127.0.0.1", server_port)
        self._random = random.Random(seed)
        self._odds = (loss, repetition, reordering)
        self._front = self._socket()
        self._front.bind(("127.0.0.1", 0))
        self.port = self._front.getsockname()[1]
        self.lost = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @staticmethod
    def _socket() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20)
        return made

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._front.close()

    def _run(self) -> None:
        backs: dict[tuple[str, int], socket.socket] = {}
        owners: dict[socket.socket, tuple[str, int]] = {}
        held: list[tuple[socket.socket, tuple[str, int], bytes]] = []
        while not self._stop.is_set():
            ready, _, _ = select.select([self._front, *owners], [], [], 0.02)
            for came in ready:
                try:
                    packet, peer = came.recvfrom(65_536)
                except ConnectionError:
                    continue
                if came is self._front:
                    if peer not in backs:
                        backs[peer] = self._socket()
                        owners[backs[peer]] = peer
                    self._mistreat((backs[peer], self._server, packet), held)
                else:
                    self._mistreat((self._front, owners[came], packet), held)
            if not ready:
                self._release(held)
        for back in owners:
            back.close()

    def _mistreat(
        self,
        sending: tuple[socket.socket, tuple[str, int], bytes],
        held: list[tuple[socket.socket, tuple[str, int], bytes]],
    ) -> None:
        loss, repetition, reordering = self._odds
        if self._random.random() < loss:
            self.lost += 1
            return
        if self._random.random() < reordering:
            held.append(sending)
        else:
            sending[0].sendto(sending[2], sending[1])
        if self._random.random() < repetition:
            held.append(sending)
        if len(held) > 8:
            self._release(held)

    def _release(self, held: list[tuple[socket.socket, tuple[str, int], bytes]]) -> None:
        self._random.shuffle(held)
        for through, to, packet in held:
            through.sendto(packet, to)
        held.clear()
