"""Questions to AbletonOSC over UDP, asked again until they are answered.

AbletonOSC reads its socket once in 100 ms, answers to port 11001 of whoever asked, and says
what went wrong as ``/live/error``, with no word on which question it was about. An answer
repeats the indices of its question (since AbletonOSC of 2022-12-17), so questions about
different things may be under way at once.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import RequestRefused
from bridge.protocol import osc
from bridge.protocol.argument_reader import Argument
from core.errors import UserInputError

HOST = "127.0.0.1"
PORT, REPLY_PORT = 11000, 11001
ERROR = "/live/error"

ASK_AGAIN_S = 0.4
"""Four ticks of Live's."""

GIVE_UP_S = 8.0
"""Live may stand still so long, while it loads a device say."""

QUIET_S = 0.3
"""So long no answer comes once all late ones have."""

MAX_REFUSALS = 3
"""Times a question is met with an error before that counts as its answer."""

_MAX_ARGUMENTS = osc.MAX_PACKET_BYTES // 4


class LiveUnreachable(UserInputError):
    """Nothing answers at AbletonOSC's port."""


class LiveRefused(UserInputError):
    """Live, or AbletonOSC, cannot do what was asked, or has no clip there."""


@dataclass(frozen=True)
class Question:
    """A message that AbletonOSC answers under the same address.

    Attributes:
        address: of the message and its answer.
        ids: the indices it begins with, which the answer repeats.
        more: arguments the answer does not repeat.
    """

    address: str
    ids: tuple[int, ...] = ()
    more: tuple[Argument, ...] = ()

    def is_answered_by(self, address: str, arguments: Sequence[object]) -> bool:
        """Whether a message is the answer.

        Args:
            address, arguments: of the message.
        """
        count = len(self.ids)
        return address == self.address and tuple(arguments[:count]) == self.ids


class Live:
    """Requests to AbletonOSC and its answers. For one thread; close it after use.

    Args:
        port: where AbletonOSC listens, on this machine.
        reply_port: where it answers.

    Raises:
        UserInputError: if another program listens there.
    """

    def __init__(self, port: int = PORT, reply_port: int = REPLY_PORT) -> None:
        self._peer = (HOST, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):  # some systems refuse what is over their limit
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, osc.RECEIVE_BUFFER_BYTES)
        try:
            self._socket.bind((HOST, reply_port))
        except OSError as error:
            self._socket.close()
            raise UserInputError(
                f"AbletonOSC answers to UDP port {reply_port}, which cannot be had "
                f"({error.strerror}); close the other program that talks with Live"
            ) from None
        self.reply_port = int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Free the port."""
        self._socket.close()

    def send(self, question: Question) -> None:
        """Ask, without waiting."""
        packet = osc.pack(question.address, [*question.ids, *question.more])
        with contextlib.suppress(OSError):  # nobody there: it will be asked again
            self._socket.sendto(packet, self._peer)

    def receive(self, until: float) -> osc.Content | None:
        """The next message, or None if none has come at that time of the monotonic clock."""
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet = self._socket.recv(osc.MAX_PACKET_BYTES)
            except TimeoutError:
                break
            except ConnectionError:  # how Windows says that nobody listens there
                continue
            with contextlib.suppress(RequestRefused):
                for content in osc.unpack(packet, _MAX_ARGUMENTS):
                    return content
        return None

    def drain(self, question: Question) -> None:
        """Wait until late answers to a question have come, and forget them."""
        until = time.monotonic() + QUIET_S
        while (received := self.receive(until)) is not None:
            if question.is_answered_by(*received):
                until = time.monotonic() + QUIET_S

    def ask(self, question: Question) -> list[object]:
        """What follows the indices in the answer; as :meth:`ask_all`."""
        return self.ask_all([question])[0]

    def ask_all(self, questions: Sequence[Question]) -> list[list[object]]:
        """Ask several things at once; no two with the same address and indices.

        Returns:
            For each what follows the indices in its answer.

        Raises:
            LiveUnreachable: if nothing answers for :data:`GIVE_UP_S`.
            LiveRefused: if errors come again and again in place of an answer.
        """
        answers: dict[Question, list[object]] = {}
        error = ""
        refusals = 0
        give_up = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up:
            for question in questions:
                if question not in answers:
                    self.send(question)
            pending, errors = len(questions) - len(answers), []
            again = time.monotonic() + ASK_AGAIN_S
            while (received := self.receive(again)) is not None:
                address, arguments = received
                if address == ERROR:
                    errors.append(error_text(arguments))
                for question in questions:
                    if question.is_answered_by(address, arguments):
                        answers[question] = arguments[len(question.ids) :]
                if len(answers) == len(questions):
                    return [answers[question] for question in questions]
            error = errors[-1] if errors else error
            # Errors may be about what another program asked. Ours come once for each question.
            is_refused = 0 < len(errors) <= pending == len(questions) - len(answers)
            refusals = refusals + 1 if is_refused else 0
            if refusals == MAX_REFUSALS:
                break
        if error:
            raise LiveRefused(f"AbletonOSC says: {error}")
        raise LiveUnreachable(
            f"Live does not answer at UDP port {self._peer[1]}: start it, and choose AbletonOSC as "
            "a control surface in its settings (Link, Tempo & MIDI)"
        )


def error_text(arguments: Sequence[object]) -> str:
    """An error as one line; of a traceback the last."""
    lines = str(arguments[0] if arguments else "").strip().splitlines()
    return lines[-1].strip() if lines else "an error it does not describe"
