"""The test's end of :mod:`tests.helpers.driven`: our windows, found by what is written on them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

from tests.helpers.terminal import ROOT, heed_ctrl_c
from tests.helpers.virtual_display import Hands, Place
from tests.helpers.waiting import LAST_RESORT_S, wait_until


class DrivenProgram:
    """A program of ours with windows, for as long as the block lasts.

    Args:
        name: of a program in :mod:`tests.helpers.driven`.
        arguments: for it.
        environment: of :func:`tests.helpers.virtual_display.screen_environment`. If the block
            fails, the screen is drawn beside the program's data.
    """

    def __init__(self, name: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self.hands = Hands(environment)
        self._picture = Path(environment["TIMBRE_HOME"]).with_name("screen.png")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.driven", name, *arguments],
            cwd=ROOT,
            env=dict(environment),
            preexec_fn=heed_ctrl_c,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> DrivenProgram:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self.process.poll() is None:
            self.ask(picture=str(self._picture))
            error.add_note(f"the screen then: {self._picture}")
        self.process.kill()
        self.process.wait(LAST_RESORT_S)
        for pipe in self._pipes():
            pipe.close()

    def ask(self, **question: object) -> object:
        """Ask something that the program answers."""
        stdin, stdout = self._pipes()
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the program ended: {self.process.wait(LAST_RESORT_S)}"
        said = json.loads(line)
        assert "error" not in said, said["error"]
        return said["answer"]

    def place(self, name: str, row: str = "") -> Place:
        """Where something is that can be used, once it is there.

        Args:
            name: its accessible name or its text.
            row: words of a row of it, whose place is asked for; empty for the widget itself.
        """
        found: list[Place] = []

        def look() -> bool:
            where = self.ask(where=name, row=row)
            if isinstance(where, list):
                found.append(Place(*where))
            return bool(found)

        wait_until(look, lambda: f"nothing is called {name} {row}")
        return found[-1]

    def texts(self, name: str) -> list[str]:
        """What is written on all that is called so; none if nothing is."""
        said = self.ask(text=name)
        return [str(words) for words in said] if isinstance(said, list) else []

    def click(self, name: str, row: str = "", *, times: int = 1, key: str = "") -> None:
        """Click something once it is there.

        Args:
            name, row: as of :meth:`place`.
            times, key: as of :meth:`Hands.click`.
        """
        self.hands.click(self.place(name, row).middle, times=times, key=key)

    def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        return self.process.wait(LAST_RESORT_S)

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        return stdin, stdout
