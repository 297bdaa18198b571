"""What commands show on a terminal besides their results."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from core.terminal.progress_bar import ProgressBar

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


class ProgressDisplay:
    """Tells on stderr what a command is doing: in a pipe a line a stage, nothing more."""

    def __init__(self) -> None:
        self._words = ""

    def stage(self, words: str) -> None:
        """Say what is done from now on.

        Args:
            words: such as ``rendering``; said again they go on with the same stage.
        """
        words = "".join(sign if sign.isprintable() else "?" for sign in words)
        if words != self._words:
            self._words = words
            self._begin(words)

    def progress(self, _fraction: float) -> bool:
        """A progress callback: how far this stage is, or those that it is one of."""
        return True

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Out of the way until the block ends, for results that are printed meanwhile."""
        yield

    def _begin(self, words: str) -> None:
        if sys.stderr is not None:  # print would take None for the standard output
            print(words, file=sys.stderr, flush=True)


class _TerminalDisplay(ProgressDisplay):
    """Shows a stage as a moving line, from when it begins."""

    def __init__(self, bar: ProgressBar) -> None:
        super().__init__()
        self._bar = bar

    def progress(self, fraction: float) -> bool:
        self._bar.progress(fraction)
        return True

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        self._bar.stop()
        yield
        if self._words:
            self._bar.start()

    def _begin(self, words: str) -> None:
        self._bar.stage(words)
        self._bar.start()


@contextlib.contextmanager
def progress_display() -> Iterator[ProgressDisplay]:
    """What shows how far a command is, until the block ends; results are printed after that.

    Notes may be printed meanwhile, to stderr.
    """
    if not _is_terminal(sys.stderr):
        yield ProgressDisplay()
        return
    from core.terminal.progress_bar import ProgressBar

    bar = ProgressBar(sys.stderr)
    try:
        yield _TerminalDisplay(bar)
    finally:
        bar.stop()


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether a line can be written over there."""
    is_dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    return stream is not None and stream.isatty() and not is_dumb
