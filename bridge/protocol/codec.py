"""Messages written once: how they go over the wire is derived from their declarations.

A message is a frozen dataclass whose fields stand in the order of its arguments. A field's type
says how it is written and read (:mod:`bridge.protocol.fields`); a table knows each kind by its
address::

    @CLIENT_MESSAGES.add("clip/end")
    @dataclass(frozen=True)
    class ClipEnd(ClientMessage):
        clip_id: Id

No bytes here: those are :mod:`bridge.protocol.osc`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints

from bridge.errors import RequestRefused
from bridge.protocol.argument_reader import Argument, ArgumentReader
from bridge.protocol.fields import FieldCodec, PairedFields, Text, field_codec
from core.errors import UserInputError

VERSION = 1
PREFIX = f"/timbre/{VERSION}"

_Kind = TypeVar("_Kind", bound="Message")
_Added = TypeVar("_Added", bound="Message")


class MessageCodec(Generic[_Kind]):
    """A message's arguments, by the declarations of its fields.

    Args:
        kind: a frozen dataclass; its annotations name :class:`FieldCodec` or :class:`PairedFields`.
    """

    def __init__(self, kind: type[_Kind]) -> None:
        hints = get_type_hints(kind, include_extras=True)
        self._kind = kind
        self._fields: dict[str, FieldCodec] = {}
        self._pairs: PairedFields | None = None
        for entry in fields(kind):  # type: ignore[arg-type]  # a dataclass, by the table's contract
            codec = field_codec(hints[entry.name])
            if isinstance(codec, PairedFields):
                self._pairs = codec
            else:
                self._fields[entry.name] = codec

    @property
    def id_name(self) -> str:
        """The field that says what the message is about; empty if none does."""
        ids = (n for n, codec in self._fields.items() if isinstance(codec, Text) and codec.is_id)
        return next(ids, "")

    def write(self, message: _Kind) -> list[Argument]:
        """The arguments that say a message."""
        arguments: list[Argument] = []
        for name, codec in self._fields.items():
            arguments += codec.write(getattr(message, name))
        if self._pairs is not None:
            arguments += self._pairs.write(vars(message))
        return arguments

    def read(self, args: ArgumentReader) -> _Kind:
        """The message that arguments say.

        Raises:
            RequestRefused: with the code to answer, and the id it was about if there was one.
        """
        values: dict[str, Any] = {}
        for name, codec in self._fields.items():
            values[name] = codec.read(args, name, values)
        if self._pairs is not None:
            values |= self._pairs.read(args)
        message = self._kind(**values)
        try:
            message.check()
        except UserInputError as error:
            raise args.error(str(error)) from None
        args.end()
        return message

    def describe(self) -> str:
        """The arguments as the manual writes them: ``s client, i reply_port, [s token]``."""
        described = [codec.describe(name) for name, codec in self._fields.items()]
        return ", ".join(described + (["(s key, value)*"] if self._pairs is not None else []))


class Message:
    """What goes one way or the other. A kind gets both attributes from the table it is added to.

    Attributes:
        address: of OSC.
        codec: of its arguments.
    """

    address: ClassVar[str]
    codec: ClassVar[MessageCodec[Any]]

    def arguments(self) -> list[Argument]:
        """The arguments that say it; the address is not among them."""
        return self.codec.write(self)

    def check(self) -> None:
        """Refuse what the ranges of single arguments cannot show.

        Raises:
            UserInputError: if it makes no sense as a whole.
        """

    @property
    def about(self) -> str:
        """The id it is about; empty if it has none."""
        name = self.codec.id_name
        return str(getattr(self, name)) if name else ""


class MessageTable(Generic[_Kind]):
    """Kinds of messages by their addresses.

    Args:
        noun: what one of them is, for errors.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._kinds: dict[str, type[_Kind]] = {}

    def add(self, word: str) -> Callable[[type[_Added]], type[_Added]]:
        """A decorator that gives a kind its address (:data:`PREFIX` and a word) and its codec.

        Raises:
            ValueError: if the address has a kind.
            TypeError: if a field does not say how it goes over the wire.
        """

        def register(kind: type[_Added]) -> type[_Added]:
            kind.address, kind.codec = f"{PREFIX}/{word}", MessageCodec(kind)
            if kind.address in self._kinds:
                raise ValueError(f"there are two messages {kind.address}")
            self._kinds[kind.address] = kind  # type: ignore[assignment]
            return kind

        return register

    def __iter__(self) -> Iterator[type[_Kind]]:
        """All kinds, in the order they were added."""
        return iter(self._kinds.values())

    def __contains__(self, address: str) -> bool:
        """Whether a kind has this address."""
        return address in self._kinds

    def __or__(self, other: MessageTable[_Kind]) -> MessageTable[_Kind]:
        """The kinds of both; where both have an address, the other's."""
        both: MessageTable[_Kind] = MessageTable(self._noun)
        both._kinds = {**self._kinds, **other._kinds}
        return both

    def read(self, address: str, arguments: Sequence[object]) -> _Kind:
        """The message of an address and its arguments.

        Args:
            address: of OSC.
            arguments: as they were unpacked.

        Raises:
            RequestRefused: with the code to answer, and the id it was about if there was one.
        """
        kind = self._kinds.get(address)
        if kind is None:
            raise RequestRefused(
                f"there is no {self._noun} {address[:80]!r}; see {PREFIX} in the manual"
            )
        message: _Kind = kind.codec.read(ArgumentReader(address, arguments))
        return message
