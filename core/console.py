"""What commands show on a terminal besides their results."""

from __future__ import annotations

import codecs
import contextlib
import sys
import time
from typing import TextIO

from core.progress import ProgressCallback

_PLAIN = str.maketrans(
    {
        "–": "-", "−": "-", "…": "...", "×": "x", "±": "+-", "≤": "<=", "≥": ">=", "→": "->",
        "“": '"', "”": '"', "’": "'", "★": "*", "·": ".", "█": "#", "▁": "_",
    }
)  # fmt: skip
"""What our own texts hold and a terminal of few characters can say in another way."""


def _encode_any(error: UnicodeError) -> tuple[str | bytes, int]:
    """A codec's error handler: no text fails to be printed.

    Bytes of a file's name that are no text go out as they came in, so that another program
    finds the file; our own signs become plain ones; any other character its escape.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    result: list[bytes] = []
    for character in error.object[error.start : error.end]:
        code = ord(character)
        if 0xDC80 <= code <= 0xDCFF:
            result.append(bytes([code - 0xDC00]))
        else:
            plain = character.translate(_PLAIN)
            result.append(plain.encode("ascii", "backslashreplace"))
    return b"".join(result), error.end


codecs.register_error("timbre-any", _encode_any)


def show_any_text(stream: TextIO | None) -> None:
    """Let a standard stream take any text, whatever its encoding.

    Args:
        stream: standard output or error; None where a program has none.
    """
    # A stream that a test or a window put in its place knows no encoding.
    with contextlib.suppress(AttributeError):
        stream.reconfigure(errors="timbre-any")  # type: ignore[union-attr]


def print_note(remark: str) -> None:
    """Tell the user something that keeps nothing from being done, on stderr."""
    print(f"note: {remark}", file=sys.stderr, flush=True)


def progress_line(label: str) -> ProgressCallback:
    """A progress callback that keeps one line of a terminal's stderr up to date."""
    if not sys.stderr.isatty():
        return lambda _fraction: True
    last = 0.0

    def show(fraction: float) -> bool:
        nonlocal last
        now = time.monotonic()
        if fraction >= 1.0:
            print(f"\r\x1b[K{label}: done", file=sys.stderr, flush=True)
        elif now - last > 0.1:
            last = now
            print(f"\r\x1b[K{label}: {100 * fraction:.0f} %", end="", file=sys.stderr, flush=True)
        return True

    return show
