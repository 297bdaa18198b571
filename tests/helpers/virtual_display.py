"""An X server of a test's own, a mouse and a keyboard at it, and what is found on its screen."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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

    def click(self, at: tuple[int, int], *, times: int = 1, key: str = "") -> None:
        """Click with the left button; the window there has the keys then.

        Args:
            at: where.
            times: how often.
            key: held down meanwhile, by xdotool's name; empty for none.
        """
        # Window managers do it; there is none.
        self.x("windowfocus", self.window_at(at))
        hold, let_go = (("keydown", key), ("keyup", key)) if key else ((), ())
        click = ("click", "--repeat", str(times), "1")
        self.x("mousemove", *map(str, at), *hold, *click, *let_go)

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

    def window_at(self, at: tuple[int, int]) -> str:
        """The number of the window on top at a place."""
        said = self.x("mousemove", *map(str, at), "getmouselocation", "--shell")
        return dict(line.split("=") for line in said.splitlines())["WINDOW"]

    def windows(self, title: str) -> list[str]:
        """The numbers of the windows that show a title."""
        return self.x("search", "--onlyvisible", "--name", title).split()

    def type(self, words: str) -> None:
        """Type words."""
        self.x("type", "--delay", "20", words)

    def press(self, *keys: str) -> None:
        """Press keys, by xdotool's names."""
        self.x("key", *keys)


def screen_environment(display: str, home: Path) -> dict[str, str]:
    """Variables of a program that opens real windows.

    Args:
        display: the X server's name.
        home: the program's data.
    """
    variables = {**os.environ, "DISPLAY": display, "TIMBRE_HOME": str(home)}
    variables.pop("QT_QPA_PLATFORM", None)  # the tests' own, which opens none
    return variables
