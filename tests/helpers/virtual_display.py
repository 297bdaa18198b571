"""An X server of a test's own, a mouse and a keyboard at it, and what is found on its screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tests.helpers.terminal import heed_ctrl_c
from tests.helpers.waiting import LAST_RESORT_S

_STEPS = 12
_STEP_S = 0.04


@dataclass(frozen=True)
class Place:
    """A rectangle on the screen, pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """Its middle."""
        return self.x + self.width // 2, self.y + self.height // 2


@contextmanager
def virtual_display(size: str = "1600x1000") -> Iterator[str]:
    """An X server with no window manager; yields its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(LAST_RESORT_S)


@dataclass(frozen=True)
class Hands:
    """A mouse and a keyboard, by xdotool.

    Attributes:
        environment: in which the display is named.
    """

    environment: Mapping[str, str]

    def x(self, *arguments: str) -> str:
        """Run xdotool; what it prints."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    def click(self, at: tuple[int, int], *, times: int = 1) -> None:
        """Click with the left button.

        Args:
            at: where.
            times: how often.
        """
        self.x("mousemove", *map(str, at), "click", "--repeat", str(times), "1")

    def drag(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        """Drag from a place to another, in steps: toolkits take a jump for no drag.

        Args:
            source, target: pixels.
        """
        self.x("mousemove", *map(str, source), "mousedown", "1")
        for step in range(1, _STEPS + 1):
            at = [a + (b - a) * step // _STEPS for a, b in zip(source, target, strict=True)]
            self.x("mousemove", *map(str, at))
            time.sleep(_STEP_S)  # each one is an event of its own
        self.x("mousemove", *(str(a + 1) for a in target))
        time.sleep(5 * _STEP_S)  # the target answers before the button goes up
        self.x("mouseup", "1")

    def type(self, words: str) -> None:
        """Type words."""
        self.x("type", "--delay", "20", words)

    def press(self, *keys: str) -> None:
        """Press keys, by xdotool's names."""
        self.x("key", *keys)


class DrivenProgram:
    """A program of ours with windows, run by :mod:`tests.helpers.driven`.

    Args:
        name: of a program there.
        arguments: for it.
        environment: to run it in.
    """

    def __init__(self, name: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.driven", name, *arguments],
            env=dict(environment),
            preexec_fn=heed_ctrl_c,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process."""
        return self._process

    def ask(self, **question: object) -> object:
        """Ask something that :mod:`tests.helpers.driven` answers."""
        stdin, stdout = self._pipes()
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the program ended: {self._process.poll()}"
        return json.loads(line)

    def find(self, name: str, row: str = "") -> Place | None:
        """Where a widget is.

        Args:
            name: its accessible name or its text.
            row: words of a row of it, whose place is asked for; empty for the widget itself.
        """
        found = self.ask(where=name, row=row)
        return Place(*found) if isinstance(found, list) else None

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        return stdin, stdout
