"""What a check found, and how it is shown."""

from __future__ import annotations

import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import Literal, TextIO

Severity = Literal["ok", "warning", "problem"]

_WIDEST = 100


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        severity: a *problem* keeps something from working, a *warning* makes it worse or less.
        about: what was looked at, in a word or two.
        text: how it is.
        advice: what to do; empty if nothing.
        exit_code: of the program, for a problem.
    """

    severity: Severity
    about: str
    text: str
    advice: str = ""
    exit_code: int = 2


def lines(finding: Finding, width: int | None) -> list[str]:
    """A finding as it is shown: one line, or more in a terminal that is narrower than it.

    Args:
        finding: what was found.
        width: characters in a line; None breaks no line.
    """
    first = f"{finding.severity:<8} {finding.about}: {finding.text}"
    advice = f"         > {finding.advice}" if finding.advice else ""
    if width is None:
        return [line for line in (first, advice) if line]
    shown: list[str] = []
    for line, indent in ((first, " " * 9), (advice, " " * 11)):
        if line:
            # A path that is cut in two cannot be copied: rather too long a line.
            wrapper = textwrap.TextWrapper(
                max(width, 30),
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
            shown += wrapper.wrap(line)
    return shown


def width_of(stream: TextIO) -> int | None:
    """How wide a terminal is, characters; None if the stream is none."""
    if not stream.isatty():
        return None
    return min(shutil.get_terminal_size().columns, _WIDEST)


def show(finding: Finding) -> None:
    """Print a finding at once, so that it is read while the next is looked for."""
    for line in lines(finding, width_of(sys.stdout)):
        print(line, flush=True)
