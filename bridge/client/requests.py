"""Requests to a bridge that get through: what is not answered is sent again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from bridge.client.sockets import PacketSocket, TcpSocket, UdpSocket
from bridge.errors import RequestRefused
from bridge.protocol import Ack, ClientMessage, osc
from bridge.protocol.replies import REPLIES, Failed, Reply
from core.errors import Cancelled, ModelMissing, TimbreError, UserInputError

_RESEND_S = 0.25
_ASK_AFTER_S = 2.5
"""Silence about a running job after which its status is asked; heartbeats come sooner."""

_Answer = TypeVar("_Answer")


class BridgeUnreachable(UserInputError):
    """No bridge answers there, or it answers no more."""


class BridgeRefused(UserInputError):
    """The bridge refused a request.

    Attributes:
        code: as the protocol names it.
    """

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.code = failed.code


class RequestChannel:
    """Messages to a bridge, and its answers. For one thread.

    Args:
        host, port: where the bridge listens.
        transport: ``udp`` or ``tcp``.
        timeout_s: how long to wait for a sign of life.

    Raises:
        BridgeUnreachable: if nothing listens there, as far as that can be known.
    """

    def __init__(
        self, host: str, port: int, transport: Literal["udp", "tcp"], timeout_s: float
    ) -> None:
        self._where = f"{host}:{port} ({transport.upper()})"
        self._timeout_s = timeout_s
        try:
            self._socket: PacketSocket = (UdpSocket if transport == "udp" else TcpSocket)(
                host, port
            )
        except OSError as error:
            raise self._unreachable(error) from None

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def send(self, message: ClientMessage) -> None:
        """Say something, once; it may be lost.

        Raises:
            BridgeUnreachable: if it cannot be said.
        """
        try:
            self._socket.send(osc.pack(message.address, message.arguments(), exact=True))
        except OSError as error:
            raise self._unreachable(error) from None

    def ask(
        self,
        message: ClientMessage,
        wanted: Callable[[Reply], _Answer | None],
        about: str = "",
    ) -> _Answer:
        """Say something until a wanted answer comes.

        Args:
            message: what to say.
            wanted: what an answer means; None if it is not the one.
            about: the id that refusals may be about.

        Raises:
            BridgeUnreachable: if nothing comes for ``timeout_s``.
            BridgeRefused, ModelMissing, Cancelled, TimbreError: what the bridge says against it.
        """
        self.send(message)
        return self.next(wanted, message, about, _RESEND_S)

    def next(
        self,
        wanted: Callable[[Reply], _Answer | None],
        again: ClientMessage,
        about: str = "",
        again_after_s: float = _ASK_AFTER_S,
    ) -> _Answer:
        """The next wanted answer; in silence, something is said again.

        Args:
            wanted, about: as :meth:`ask` has them.
            again: what to say in silence.
            again_after_s: how long silence is.

        Raises:
            TimbreError: as :meth:`ask`.
        """
        give_up = time.monotonic() + self._timeout_s
        while time.monotonic() < give_up:
            for reply in self.replies(again_after_s):
                if isinstance(reply, Failed) and reply.job_id in ("", about):
                    self._raise_failure(reply, about)
                answer = wanted(reply)
                if answer is not None:
                    return answer
                if time.monotonic() > give_up:  # others' answers are no sign of life
                    break
            self.send(again)
        raise self._unreachable("no answer")

    def replies(self, silence_s: float) -> Iterator[Reply]:
        """What comes, until nothing has come for some time; what is no answer is left out.

        Raises:
            BridgeUnreachable: if nothing can come any more.
        """
        while True:
            try:
                packet = self._socket.receive(silence_s)
            except OSError as error:
                raise self._unreachable(error) from None
            if packet is None:
                return
            with contextlib.suppress(RequestRefused):
                for content in osc.unpack(packet):
                    yield REPLIES.read(*content)

    def _raise_failure(self, failed: Failed, job_id: str) -> None:
        if failed.job_id and failed.job_id == job_id:
            self.send(Ack(job_id))
        match failed.code:
            case "cancelled":
                raise Cancelled(failed.message)
            case "model_missing":
                raise ModelMissing(failed.message)
            case "internal":
                raise TimbreError(f"the bridge failed: {failed.message}")
        raise BridgeRefused(failed)

    def _unreachable(self, error: object) -> BridgeUnreachable:
        return BridgeUnreachable(
            f"no bridge answers at {self._where}: {error}; start one with `timbre serve`"
        )
