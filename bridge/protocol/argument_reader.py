"""Arguments of an OSC message, read one by one with their ranges checked.

Ints and whole floats are read for each other, since Pure Data sends only floats; true and
false are read as 1 and 0, as sclang sends them. What the arguments mean is
:mod:`bridge.protocol`'s and :mod:`bridge.protocol.replies`'.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bridge.errors import Code, RequestRefused

MAX_ID_CHARACTERS = 128
MAX_TEXT_CHARACTERS = 1000

Argument = str | int | float | bool


class ArgumentReader:
    """Takes arguments one by one, and says which one is wrong."""

    def __init__(self, address: str, arguments: Sequence[object]) -> None:
        self._address = address
        self._left = list(reversed(arguments))
        self.about = ""

    def __len__(self) -> int:
        return len(self._left)

    def error(self, message: str, code: Code = "bad_request") -> RequestRefused:
        return RequestRefused(f"{self._address}: {message}", code, self.about)

    def _next(self, what: str) -> object:
        if not self._left:
            raise self.error(f"{what} is missing")
        return self._left.pop()

    def text(self, what: str, most: int = MAX_TEXT_CHARACTERS) -> str:
        value = self._next(what)
        if isinstance(value, int | float):  # ids are often typed as numbers
            value = f"{value:g}" if isinstance(value, float) else str(int(value))
        if not isinstance(value, str):
            raise self.error(f"{what} is no string")
        if len(value) > most:
            raise self.error(f"{what} is longer than {most} characters", "too_large")
        return value

    def number(self, what: str) -> float:
        value = self._next(what)
        if not isinstance(value, int | float):
            raise self.error(f"{what} is no number")
        if not math.isfinite(value):
            raise self.error(f"{what} is {value}, which is no number")
        return float(value)

    def integer(self, what: str, low: int = -(2**31), high: int = 2**32 - 1) -> int:
        value = self.number(what)
        if not value.is_integer():
            raise self.error(f"{what} is {value}, which is no whole number")
        if not low <= value <= high:
            raise self.error(f"{what} {value:.0f} is outside {low}–{high}")
        return int(value)

    def end(self) -> None:
        if self._left:
            raise self.error(f"{len(self._left)} arguments too many")
