"""A command as a person sees it: in a terminal, screen after screen."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]


@dataclass
class TerminalRecording:
    """What a command showed.

    Attributes:
        screens: text of the screen after each change, and when: seconds from the start.
        exit_code: of the command.
        stdout: what it printed, if that was kept from the terminal.
        written: all that the terminal got.
        cursor_hidden: whether the command left it so.
    """

    screens: list[tuple[float, str]] = field(default_factory=list)
    exit_code: int = -1
    stdout: bytes = b""
    written: bytes = b""
    cursor_hidden: bool = False

    @property
    def texts(self) -> list[str]:
        """The screens."""
        return [text for _, text in self.screens]

    @property
    def last(self) -> str:
        """The screen when the command had ended."""
        return self.texts[-1] if self.screens else ""


def heed_ctrl_c() -> None:
    """For a process to come: Ctrl-C counts, also where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def take_terminal() -> None:
    """For a process to come: its terminal is its own, so that Ctrl-C reaches it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    heed_ctrl_c()


def record(
    *arguments: str,
    environment: Mapping[str, str],
    columns: int = 80,
    rows: int = 24,
    type_when: Callable[[str], str] = lambda _screen: "",
    pipe_stdout: bool = False,
) -> TerminalRecording:
    """Run Python in a terminal to its end.

    Args:
        arguments: of Python: ``-m core.cli render …``.
        environment: beside that of the tests.
        columns, rows: of the terminal.
        type_when: given the screen, what a person types then; typed once.
        pipe_stdout: whether the standard output goes to a pipe instead.
    """
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment}
    for name in ("COLUMNS", "LINES", "FORCE_COLOR"):
        variables.pop(name, None)
    command = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=slave,
        stdout=subprocess.PIPE if pipe_stdout else slave,
        stderr=slave,
        env=variables,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(slave)
    recording = TerminalRecording()
    began, is_typed = time.monotonic(), False
    while data := _read(master):
        recording.written += data
        stream.feed(data)
        text = "\n".join(line.rstrip() for line in screen.display).rstrip()
        if not recording.screens or recording.last != text:
            recording.screens.append((time.monotonic() - began, text))
        if not is_typed and (keys := type_when(text)):
            is_typed = True
            os.write(master, keys.encode())
    if command.stdout is not None:
        recording.stdout = command.stdout.read()
        command.stdout.close()
    recording.exit_code = command.wait()
    recording.cursor_hidden = screen.cursor.hidden
    os.close(master)
    return recording


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65_536)
    except OSError as error:  # how Linux says that nobody has the other end open
        if error.errno != errno.EIO:
            raise
        return b""
