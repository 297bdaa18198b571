"""Arguments of an OSC message, read one by one with their ranges checked.

Ints and whole floats are read for each other, since Pure Data sends only floats; true and
false are read as 1 and 0, as sclang sends them. What the arguments mean is
:mod:`bridge.protocol.messages`' and :mod:`bridge.protocol.replies`'.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bridge.errors import Code, RequestRefused

MAX_ID_CHARACTERS = 128
MAX_TEXT_CHARACTERS = 1000

Argument = str | int | float | bool


class ArgumentReader:
    """Reads arguments one by one, and says which one is wrong.

    Args:
        address: of the message, for errors.
        arguments: as they were unpacked.

    Attributes:
        about: the id that errors are about, once it is read.
    """

    def __init__(self, address: str, arguments: Sequence[object]) -> None:
        self._address = address
        self._left = list(reversed(arguments))
        self.about = ""

    def __len__(self) -> int:
        """How many arguments are left."""
        return len(self._left)

    def error(self, message: str, code: Code = "bad_request") -> RequestRefused:
        """What to raise about the message.

        Args:
            message: what is wrong.
            code: what to answer.
        """
        return RequestRefused(f"{self._address}: {message}", code, self.about)

    def _next(self, name: str) -> object:
        """The next argument, of any type; refused if there is none."""
        if not self._left:
            raise self.error(f"{name} is missing")
        return self._left.pop()

    def text(self, name: str, most: int = MAX_TEXT_CHARACTERS) -> str:
        """The next argument as a string; a number is read as one.

        Args:
            name: of the argument.
            most: characters.

        Raises:
            RequestRefused: if it is missing or no string; ``too_large``, if it is too long.
        """
        value = self._next(name)
        if isinstance(value, int | float):  # ids are often typed as numbers
            value = f"{value:g}" if isinstance(value, float) else str(int(value))
        if not isinstance(value, str):
            raise self.error(f"{name} is no string")
        if len(value) > most:
            raise self.error(f"{name} is longer than {most} characters", "too_large")
        return value

    def number(self, name: str) -> float:
        """The next argument as a finite number.

        Raises:
            RequestRefused: if it is missing or none.
        """
        value = self._next(name)
        if not isinstance(value, int | float):
            raise self.error(f"{name} is no number")
        if not math.isfinite(value):
            raise self.error(f"{name} is {value}, which is no number")
        return float(value)

    def integer(self, name: str, low: int = -(2**31), high: int = 2**32 - 1) -> int:
        """The next argument as a whole number; a float that is one is read as one.

        Args:
            name: of the argument.
            low, high: both are allowed.

        Raises:
            RequestRefused: if it is missing, none, or outside its range.
        """
        value = self.number(name)
        if not value.is_integer():
            raise self.error(f"{name} is {value}, which is no whole number")
        if not low <= value <= high:
            raise self.error(f"{name} {value:.0f} is outside {low}–{high}")
        return int(value)

    def end(self) -> None:
        """Make sure that nothing is left.

        Raises:
            RequestRefused: if something is.
        """
        if self._left:
            raise self.error(f"{len(self._left)} arguments too many")
