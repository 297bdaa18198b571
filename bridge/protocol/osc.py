"""OSC packets to addresses and arguments and back, and how packets are laid on a TCP stream.

Messages are packed and unpacked by python-osc's message classes. Around them stands what
they do not check: packets are bounded before they are parsed, and bundles are walked here,
since python-osc's parser recurses, and loops for ever on a negative size. Time tags are
read and not obeyed: whatever a bundle holds is meant now.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from pythonosc import slip
from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

from bridge.errors import RequestRefused
from bridge.protocol.argument_reader import Argument

MAX_PACKET_BYTES = 65_536
"""Longest packet read, over UDP and TCP alike."""

RECEIVE_BUFFER_BYTES = 4 * 2**20
"""Asked of the system for a UDP socket, so that bursts of packets are not lost."""

MAX_ARGUMENTS = 1024
"""Most arguments of one message; the longest of the protocol has 402."""

_MAX_MESSAGES = 1024
_MAX_DEPTH = 8
_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD = len(_BUNDLE) + 8  # the time tag follows the name
_TYPES = frozenset("ifshdTFN")
_SIZE = struct.Struct(">i")

Content = tuple[str, list[object]]
"""An address and its arguments."""


def pack(address: str, arguments: Sequence[Argument], *, exact: bool = False) -> bytes:
    """One message as a packet.

    Args:
        address: where it goes.
        arguments: what it says.
        exact: send floats as 64 bits (type d), for peers known to read them; the
            protocol's own type, which every peer reads, is 32 bits (f).

    Raises:
        RequestRefused: if a value does not fit OSC.
    """
    builder = OscMessageBuilder(address)
    try:
        for value in arguments:
            if isinstance(value, float):
                builder.add_arg(value, "d" if exact else "f")
            elif isinstance(value, str):
                builder.add_arg(value.replace("\0", ""))  # where OSC would end the string
            else:
                builder.add_arg(value)
        packet: bytes = builder.build().dgram
    except (BuildError, ParseError, ValueError, OverflowError) as error:
        raise RequestRefused(f"{address} cannot be packed: {error}") from None
    if len(packet) > MAX_PACKET_BYTES:
        raise RequestRefused(f"{address} is longer than {MAX_PACKET_BYTES} bytes", "too_large")
    return packet


def unpack(
    packet: bytes, max_arguments: int = MAX_ARGUMENTS, *, within: str = ""
) -> Iterator[Content]:
    """The messages of a packet, those inside bundles included, in order.

    One that cannot be read keeps no other of its bundle from being given.

    Args:
        packet: as it came.
        max_arguments: most of one message.
        within: messages whose address does not begin so are passed over, whatever they hold:
            programs put what is for several listeners into one bundle.

    Raises:
        RequestRefused: after the last message that could be read, for the first that could not.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise RequestRefused(f"a packet is longer than {MAX_PACKET_BYTES} bytes", "too_large")
    waiting = [(packet, 0)]
    refused: RequestRefused | None = None
    given = 0
    while waiting:
        part, depth = waiting.pop()
        if part.startswith(_BUNDLE):
            if depth == _MAX_DEPTH:
                error = RequestRefused(
                    f"bundles are nested more than {_MAX_DEPTH} deep", "too_large"
                )
                refused = refused or error
                continue
            elements, broken = _elements(part)
            refused = refused or broken
            waiting += [(element, depth + 1) for element in reversed(elements)]
            continue
        given += 1
        if given > _MAX_MESSAGES:
            raise RequestRefused(f"a bundle has more than {_MAX_MESSAGES} messages", "too_large")
        if part.startswith(b"/") and not part.startswith(within.encode()):
            continue
        try:
            content = _message(part, max_arguments)
        except RequestRefused as error:
            refused = refused or error
        else:
            yield content
    if refused is not None:
        raise refused


def _elements(bundle: bytes) -> tuple[list[bytes], RequestRefused | None]:
    """What a bundle holds, up to where it cannot be followed, and why it cannot."""
    elements: list[bytes] = []
    at = _BUNDLE_HEAD
    if len(bundle) < _BUNDLE_HEAD:
        return elements, RequestRefused("a bundle ends inside its time tag")
    while at < len(bundle):
        if at + _SIZE.size > len(bundle):
            return elements, RequestRefused("a bundle ends inside an element's size")
        (size,) = _SIZE.unpack_from(bundle, at)
        at += _SIZE.size
        if not 0 < size <= len(bundle) - at:
            return elements, RequestRefused(f"a bundle claims an element of {size} bytes")
        elements.append(bundle[at : at + size])
        at += size
    return elements, None


def _message(packet: bytes, max_arguments: int) -> Content:
    """What a packet that is no bundle says."""
    if not packet.startswith(b"/"):
        raise RequestRefused("a packet is neither an OSC message nor a bundle")
    _check_types(packet, max_arguments)
    try:
        message = OscMessage(packet)
    except (ParseError, ValueError, OverflowError, struct.error) as error:
        raise RequestRefused(f"a packet is not OSC: {error}") from None
    return message.address, message.params


def _check_types(packet: bytes, max_arguments: int) -> None:
    """Refuse what would cost python-osc's parser much, or what it would guess at."""
    address_end = packet.find(b"\0")
    tags_at = (address_end // 4 + 1) * 4
    if address_end < 0 or tags_at >= len(packet):
        return
    tags_end = packet.find(b"\0", tags_at)
    tags = packet[tags_at + 1 : tags_end].decode("latin-1")
    if tags_end < 0 or packet[tags_at] != ord(","):
        raise RequestRefused("a message has no type tags")
    if len(tags) > max_arguments:
        raise RequestRefused(f"a message has more than {max_arguments} arguments", "too_large")
    unknown = set(tags) - _TYPES
    if unknown:
        raise RequestRefused(f"a message has arguments of type {'/'.join(sorted(unknown))}")


class Framing(ABC):
    """How packets follow each other on a TCP stream; one object for each direction."""

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete with this data.

        Raises:
            RequestRefused: if the stream cannot be followed any further.
        """

    @staticmethod
    @abstractmethod
    def frame(packet: bytes) -> bytes:
        """A packet as it goes on the stream."""


class SizePrefix(Framing):
    """OSC 1.0: four bytes of length, then the packet. liblo, sclang and Ardour speak it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """As :meth:`Framing.feed`."""
        self._buffer += data
        packets = []
        at = 0
        while len(self._buffer) - at >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._buffer, at)
            if not 0 <= size <= MAX_PACKET_BYTES:
                raise RequestRefused(f"a packet claims {size} bytes", "too_large")
            if len(self._buffer) - at < _SIZE.size + size:
                break
            packets.append(bytes(self._buffer[at + _SIZE.size : at + _SIZE.size + size]))
            at += _SIZE.size + size
        del self._buffer[:at]
        return packets

    @staticmethod
    def frame(packet: bytes) -> bytes:
        """As :meth:`Framing.frame`."""
        return _SIZE.pack(len(packet)) + packet


class Slip(Framing):
    """OSC 1.1: packets between END bytes (RFC 1055)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """As :meth:`Framing.feed`."""
        *whole, rest = data.split(slip.END)
        packets = []
        for part in whole:
            self._buffer += part
            self._check_length()
            if self._buffer:
                packets.append(self._decode())
                self._buffer.clear()
        self._buffer += rest
        self._check_length()
        return packets

    def _check_length(self) -> None:
        """Refuse a packet that can only be too long, before it has ended."""
        if len(self._buffer) > 2 * MAX_PACKET_BYTES:  # every byte may be escaped
            raise RequestRefused(f"a packet is longer than {MAX_PACKET_BYTES} bytes", "too_large")

    def _decode(self) -> bytes:
        """The packet in the buffer, its escapes undone."""
        try:
            return slip.decode(bytes(self._buffer))
        except slip.ProtocolError:
            raise RequestRefused("a packet is not SLIP") from None

    @staticmethod
    def frame(packet: bytes) -> bytes:
        """As :meth:`Framing.frame`."""
        return slip.encode(packet)


def detect_framing(first_byte: int) -> type[Framing]:
    """Which framing a stream has, by its first byte.

    A packet of less than 16 MB has a length that begins with zero; SLIP begins with END,
    or, in older senders, with the packet itself.

    Raises:
        RequestRefused: if it is neither.
    """
    if first_byte == 0:
        return SizePrefix
    if first_byte in (slip.END[0], ord("/"), ord("#")):
        return Slip
    raise RequestRefused("the stream is neither OSC 1.0 (size prefix) nor OSC 1.1 (SLIP)")
