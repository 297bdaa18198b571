"""What went wrong, as the window says it: a line, a way out, and details to copy."""

from __future__ import annotations

import platform
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType

from core.errors import TimbreError
from desktop.translations.words import translate

_ID = re.compile("[0-9a-f]{32}")
"""A preset's."""

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class WayOut:
    """What the user can have done about a fault.

    Attributes:
        label: on the button, an imperative.
        run: does it.
    """

    label: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Fault:
    """Something that went wrong.

    Attributes:
        message: one line: what, where, and what to do.
        details: to copy into a report.
        way_out: what the window can do about it; None if nothing.
    """

    message: str
    details: str = ""
    way_out: WayOut | None = None


def fault_of(error: BaseException, way_out: WayOut | None = None) -> Fault:
    """An error for people.

    Args:
        error: ours speak for themselves; of any other the message says that it is our bug.
        way_out: what the window can do about it.
    """
    return Fault(words_of(error), details_of(error), way_out)


def words_of(error: BaseException, names: Mapping[str, str] = _NO_NAMES) -> str:
    """One line about an error, as :func:`fault_of` says it.

    Args:
        error: what went wrong.
        names: of presets, by their ids, should one of them be gone.
    """
    from core.cli import environment_advice
    from core.library.errors import UnknownPreset

    unknown = error if isinstance(error, UnknownPreset) else error.__cause__
    wanted = unknown.wanted if isinstance(unknown, UnknownPreset) else ""
    if wanted in names or _ID.fullmatch(wanted):
        # The window asks for presets by their ids, which say nothing to people.
        name = names.get(wanted, "a preset")
        message = f"{name} was deleted; undo that in Browse, or choose another"
    elif isinstance(error, TimbreError):
        message = str(error)
    else:
        advice = environment_advice(error) if isinstance(error, Exception) else None
        message = advice or (
            translate(
                "Faults",
                "Something went wrong that is our mistake ({kind}: {error}). Your presets and "
                "files are as they were; please send us the details.",
            ).format(kind=type(error).__name__, error=error)
        )
    return " ".join(message.split())


def as_fault(said: Fault | BaseException | str) -> Fault:
    """What a page says went wrong, in whichever form it says it."""
    if isinstance(said, Fault):
        return said
    return fault_of(said) if isinstance(said, BaseException) else Fault(" ".join(said.split()))


def details_of(error: BaseException) -> str:
    """The error with where it came from and what ran it."""
    trace = "".join(traceback.format_exception(error))
    return f"{surroundings()}\n\n{trace}"


def surroundings() -> str:
    """Versions of what runs, one line each."""
    from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR

    return "\n".join(
        (
            f"Timbre Bridge {version('timbre-bridge')}",
            f"Python {platform.python_version()}, Qt {QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}",
            platform.platform(),
        )
    )
