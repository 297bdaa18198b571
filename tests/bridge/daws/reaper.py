"""REAPER as far as our scripts know it: real Lua, and a stand-in for its functions."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

import bridge
from tests.helpers.waiting import wait_until

SCRIPTS = Path(bridge.__file__).parent / "daws" / "reaper"
SHARED = SCRIPTS.with_name("shared")
_STAND_IN = Path(__file__).with_name("reaper_stand_in.lua")


def lua(value: object) -> str:
    """A value as Lua writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"[{lua(k)}]={lua(v)}" for k, v in value.items()) + "}"
    assert isinstance(value, list | tuple), value
    return "{" + ",".join(map(lua, value)) + "}"


class Reaper:
    """A REAPER with one empty project. Use it in a ``with`` block.

    Args:
        interpreter: ``lua5.4`` (REAPER 7) or ``lua5.3`` (REAPER 6).
        resource: its resource folder.
    """

    def __init__(self, interpreter: str, resource: Path | str = ".") -> None:
        if shutil.which(interpreter) is None:
            pytest.skip(f"there is no {interpreter}; .ci/run installs it")
        self._process = subprocess.Popen(
            [interpreter, str(_STAND_IN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.is_running = False
        self.do(f"S.resource = {lua(str(resource))}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def do(self, chunk: str) -> Any:
        """Run a line of Lua; what it returns."""
        assert "\n" not in chunk
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(chunk + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["ok"], answer.get("value")
        return answer.get("value")

    def add_midi(self, notes: list[tuple[Any, ...]], track: int = 1, **more: Any) -> None:
        """Put a selected MIDI item on a track: notes of pitch, velocity, two ends in ticks."""
        position, length = more.pop("position", 0.0), more.pop("length", 4.0)
        source_ppq = more.pop("source_ppq", 7680)
        self.do(
            f"S.add_midi(S.project.tracks[{track}], {position}, {length}, {source_ppq}, "
            f"{lua(notes)}, {lua(more)})"
        )

    def start(self, script: Path | str = SCRIPTS / "timbre_bridge.lua") -> None:
        """Run an action, as far as it goes before it waits."""
        self.do(f"S.clock = {time.monotonic()}; S.run({lua(str(script))})")
        self.is_running = True

    def tick(self) -> None:
        """One round of the timer that `reaper.defer` waits for."""
        self.is_running = self.do(f"return S.tick({time.monotonic()})")

    def until(self, happened: Callable[[], bool]) -> None:
        """Let its timer run until something has happened."""
        wait_until(
            lambda: happened() or self.tick(), lambda: (self.drawn, self.boxes, self.console)
        )

    def until_end(self) -> None:
        """Let its timer run until the script has ended."""
        self.until(lambda: not self.is_running)

    @property
    def tracks(self) -> list[dict[str, Any]]:
        """The project: each track's name, depth, and items."""
        found: list[dict[str, Any]] = self.do("return S.project_state()")
        return found

    @property
    def boxes(self) -> list[str]:
        """Message boxes shown."""
        return list(self.do("return S.boxes"))

    @property
    def console(self) -> str:
        """What is in its console."""
        return str(self.do("return table.concat(S.console)"))

    @property
    def drawn(self) -> str:
        """What the script's window shows."""
        return str(self.do("return table.concat(S.drawn, ' / ')"))
