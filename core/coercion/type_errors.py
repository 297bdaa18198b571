"""One clear TypeError: what was given, and what is taken.

For mistakes in a program that calls us. A mistake in what a user typed or chose is one of
:mod:`core.errors`' instead.
"""

from __future__ import annotations

import numbers
import operator
import os
from collections.abc import Mapping
from pathlib import Path

_LONGEST_VALUE = 40
"""Characters of a value that a message repeats."""


def described(value: object) -> str:
    """A value in a few words, such as ``an array of shape (3, 4)`` or ``'abc' (str)``."""
    name = type(value).__name__
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}; an object of it is needed"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {tuple(shape)} ({_full_name(value)})"
    if isinstance(value, str | bytes | os.PathLike | numbers.Number):
        shown = repr(os.fspath(value) if isinstance(value, os.PathLike) else value)
        if len(shown) > _LONGEST_VALUE:
            shown = f"{shown[:_LONGEST_VALUE]}…"
        return f"{shown} ({name})"
    if isinstance(value, list | tuple | set | frozenset | Mapping):
        return f"a {name} of {len(value)}"
    return f"an object of {_full_name(value)}"


def _full_name(value: object) -> str:
    kind = type(value)
    top = kind.__module__.split(".")[0]
    return kind.__name__ if top in ("builtins", "core") else f"{top}.{kind.__name__}"


def wrong_type(what: str, value: object, taken: str) -> TypeError:
    """The error for a value of a type that is not taken.

    Args:
        what: the argument in words, such as ``the clip``.
        value: what was given.
        taken: what would be right, such as ``the path of a MIDI file or a Clip``.
    """
    return TypeError(f"{what} is {described(value)}; give {taken}")


def check_type(what: str, value: object, kind: type | tuple[type, ...], taken: str) -> None:
    """Refuse a value of another type.

    Args:
        what: the argument in words.
        value: what was given.
        kind: what is taken.
        taken: the same in words.

    Raises:
        TypeError: one line with all of them.
    """
    if not isinstance(value, kind):
        raise wrong_type(what, value, taken)


def as_path(what: str, value: object, taken: str = "a path") -> Path:
    """A path out of a string or a path.

    Args:
        what: the argument in words.
        value: what was given.
        taken: what would be right.

    Raises:
        TypeError: if it is neither.
    """
    if not isinstance(value, str | os.PathLike):
        raise wrong_type(what, value, taken)
    return Path(value)


def whole_number(what: str, value: object, taken: str = "a whole number") -> int:
    """An integer of any library as Python's own; True and False are none.

    Args:
        what: the argument in words.
        value: what was given.
        taken: what would be right.

    Raises:
        TypeError: if it is no integer.
    """
    if not _is_truth(value) and getattr(value, "ndim", 0) == 0:
        try:
            return operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            pass
    raise wrong_type(what, value, taken)


def real_number(what: str, value: object, taken: str = "a number") -> float:
    """A number of any library as Python's float; True and False are none.

    Args:
        what: the argument in words.
        value: what was given.
        taken: what would be right.

    Raises:
        TypeError: if it is no real number.
    """
    if not isinstance(value, numbers.Real) or _is_truth(value):
        raise wrong_type(what, value, taken)
    return float(value)


def _is_truth(value: object) -> bool:
    return type(value).__name__ in ("bool", "bool_")
