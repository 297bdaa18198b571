"""How single fields of a message go over the wire, and what of them is allowed.

A field of type ``str``, ``int`` or ``float`` needs nothing said; another way over the wire, or
other limits, stand in its type: ``Annotated[int, Integer(0, 127)]``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from bridge.protocol.argument_reader import (
    MAX_ID_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    Argument,
    ArgumentReader,
)
from core.errors import UserInputError


class FieldCodec(ABC):
    """How one field goes over the wire."""

    @abstractmethod
    def write(self, value: Any) -> list[Argument]:
        """The arguments that say a value."""

    @abstractmethod
    def read(self, args: ArgumentReader, name: str, earlier: Mapping[str, Any]) -> Any:
        """The value that the next arguments say.

        Args:
            args: what is left of the message's arguments.
            name: the field's, for errors.
            earlier: the fields before it.

        Raises:
            RequestRefused: if they say none, or one outside its range.
        """

    @abstractmethod
    def describe(self, name: str) -> str:
        """Its arguments as the manual writes them: ``i frames``."""


@dataclass(frozen=True)
class Text(FieldCodec):
    """A string.

    Attributes:
        most: characters.
        is_optional: it may be left out at the end of a message; empty, it is.
        is_id: what errors about the message are answered under.
        may_be_empty: an id may.
    """

    most: int = MAX_TEXT_CHARACTERS
    is_optional: bool = False
    is_id: bool = False
    may_be_empty: bool = True

    def write(self, value: Any) -> list[Argument]:
        """The string, or nothing."""
        return [] if self.is_optional and not value else [value]

    def read(self, args: ArgumentReader, name: str, earlier: Mapping[str, Any]) -> str:
        """A string, or a number as one.

        Args:
            args, name, earlier: as :meth:`FieldCodec.read` has them.
        """
        if self.is_optional and not len(args):
            return ""
        value = args.text(name, self.most)
        if not (value or self.may_be_empty):
            raise args.error(f"{name} is empty")
        if self.is_id:
            args.about = value
        return value

    def describe(self, name: str) -> str:
        """As :meth:`FieldCodec.describe`."""
        return f"[s {name}]" if self.is_optional else f"s {name}"


@dataclass(frozen=True)
class Word(FieldCodec):
    """A string that is one of a few."""

    choices: tuple[str, ...]

    def write(self, value: Any) -> list[Argument]:
        """The word."""
        return [value]

    def read(self, args: ArgumentReader, name: str, earlier: Mapping[str, Any]) -> str:
        """One of the words.

        Args:
            args, name, earlier: as :meth:`FieldCodec.read` has them.
        """
        value = args.text(name)
        if value not in self.choices:
            raise args.error(f"there is no {name} {value!r}")
        return value

    def describe(self, name: str) -> str:
        """As :meth:`FieldCodec.describe`."""
        return f"s {name}"


@dataclass(frozen=True)
class Integer(FieldCodec):
    """A whole number.

    Attributes:
        low, high: both are allowed.
        is_optional: it may be left out at the end of a message, and is 0 then.
    """

    low: int = -(2**31)
    high: int = 2**32 - 1
    is_optional: bool = False

    def write(self, value: Any) -> list[Argument]:
        """The number, or nothing."""
        return [] if self.is_optional and not value else [value]

    def read(self, args: ArgumentReader, name: str, earlier: Mapping[str, Any]) -> int:
        """A whole number, or a float that is one.

        Args:
            args, name, earlier: as :meth:`FieldCodec.read` has them.
        """
        if self.is_optional and not len(args):
            return 0
        return args.integer(name, self.low, self.high)

    def describe(self, name: str) -> str:
        """As :meth:`FieldCodec.describe`."""
        return f"[i {name}]" if self.is_optional else f"i {name}"


@dataclass(frozen=True)
class Real(FieldCodec):
    """A finite number."""

    def write(self, value: Any) -> list[Argument]:
        """The number, always as a float."""
        return [float(value)]

    def read(self, args: ArgumentReader, name: str, earlier: Mapping[str, Any]) -> float:
        """A float or an int.

        Args:
            args, name, earlier: as :meth:`FieldCodec.read` has them.
        """
        return args.number(name)

    def describe(self, name: str) -> str:
        """As :meth:`FieldCodec.describe`."""
        return f"f {name}"


@dataclass(frozen=True)
class Repeated(FieldCodec):
    """The rest of a message: the same few arguments again and again.

    Attributes:
        noun: what one such group is.
        parts: of a group, by the names of the attributes they are.
        make: makes a group's value from them.
        least, most: groups in a message; None is as many as fit.
        numbered_from: the field that holds the number of the first group, for errors.
    """

    noun: str
    parts: tuple[tuple[str, FieldCodec], ...]
    make: Callable[..., Any]
    least: int = 0
    most: int | None = None
    numbered_from: str = ""

    def write(self, value: Any) -> list[Argument]:
        """All groups, one after another."""
        return [
            argument
            for group in value
            for name, part in self.parts
            for argument in part.write(getattr(group, name))
        ]

    def read(self, args: ArgumentReader, name: str, earlier: Mapping[str, Any]) -> tuple[Any, ...]:
        """All groups.

        Args:
            args, name, earlier: as :meth:`FieldCodec.read` has them.
        """
        count, rest = divmod(len(args), len(self.parts))
        if rest or count < self.least:
            *names, last = (name for name, _ in self.parts)
            raise args.error(f"each {self.noun} is {', '.join(names)} and {last}")
        if self.most is not None and count > self.most:
            raise args.error(f"{count} {self.noun}s; send at most {self.most} a message")
        first = earlier[self.numbered_from] if self.numbered_from else 0
        groups = []
        for number in range(first, first + count):
            values = {
                part_name: part.read(args, part_name, earlier) for part_name, part in self.parts
            }
            try:
                groups.append(self.make(**values))
            except UserInputError as error:
                raise args.error(f"{self.noun} {number}: {error}") from None
        return tuple(groups)

    def describe(self, name: str) -> str:
        """As :meth:`FieldCodec.describe`."""
        return "(" + ", ".join(part.describe(name) for name, part in self.parts) + ")*"


class PairedFields(ABC):
    """How several fields, the last of a message, go over the wire as pairs of name and value.

    All of them are declared with the same object of this kind.
    """

    @abstractmethod
    def write(self, values: Mapping[str, Any]) -> list[Argument]:
        """The pairs that say the fields' values; what is as it would be anyway is left out."""

    @abstractmethod
    def read(self, args: ArgumentReader) -> Mapping[str, Any]:
        """The fields' values, from all arguments that are left.

        Raises:
            RequestRefused: if there is no such name, or a value is outside its range.
        """


Id = Annotated[str, Text(MAX_ID_CHARACTERS, is_id=True, may_be_empty=False)]
"""Names what the message is about, and what errors are answered under."""

_PLAIN: dict[object, FieldCodec] = {str: Text(), int: Integer(), float: Real()}


def field_codec(hint: object) -> FieldCodec | PairedFields:
    """How a field of this type goes over the wire.

    Raises:
        TypeError: if the type does not say.
    """
    if get_origin(hint) is Annotated:
        for extra in get_args(hint)[1:]:
            if isinstance(extra, FieldCodec | PairedFields):
                return extra
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        return Word(get_args(hint))
    if hint not in _PLAIN:
        raise TypeError(
            f"a message cannot have a field of type {hint}; annotate it with a FieldCodec"
        )
    return _PLAIN[hint]
