"""Keys played live: a handle on the process of :mod:`desktop.services.live_keys.worker`."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import IO

from core import paths
from core.process_logs import opened_log
from core.timbre import BlendMode
from desktop.services.interfaces import LiveState
from desktop.services.live_keys.messages import order_to_line, state_from_line

LIVE_COMMAND = (sys.executable, "-m", "desktop.services.live_keys.worker")
_END_S = 2.0


class ProcessLive:
    """A :class:`~desktop.services.interfaces.LiveService`.

    Orders leave on a thread of their own: a process that is starting does not read yet, and a
    full pipe would hold the window.

    Args:
        command: how to start the process.
    """

    def __init__(self, command: Sequence[str] = LIVE_COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._state = LiveState()
        self._orders: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._blends = 0  # begun so far
        self._ending: threading.Thread | None = None
        self._is_closed = False
        self.plays_blend = False

    def begin(self, preset_id: str, device: str = "") -> None:
        """As the interface says; a process that died is started again."""
        self._start_if_gone()
        self.plays_blend = False
        self._send("preset", preset_id, device)

    def begin_blend(
        self, parts: Sequence[tuple[str, float]], device: str = "", *, mode: BlendMode = "slerp"
    ) -> None:
        """As the interface says; a process that died is started again."""
        self._start_if_gone()
        self.plays_blend = True
        self._blends += 1
        self._send("blend", self._blends, list(parts), mode, device)

    def set_weights(self, weights: Sequence[float]) -> None:
        """As the interface says."""
        if self.plays_blend:
            self._send("weights", self._blends, list(weights), time.perf_counter())

    def end(self) -> None:
        """As the interface says."""
        process, self._process = self._process, None
        self.plays_blend = False
        self._state = LiveState()
        if process is None:
            return
        self._send("end")
        self._orders.put(None)
        self._orders = queue.SimpleQueue()
        self._ending = threading.Thread(target=_see_it_end, args=(process,), name="live end")
        self._ending.start()

    def close(self) -> None:
        """End the process for good, and wait for that: the device is free for who comes next."""
        self._is_closed = True  # a page may ask for more while the window goes
        self.end()
        if self._ending is not None:
            self._ending.join()

    def note_on(self, pitch: int, velocity: int) -> None:
        """As the interface says."""
        self._send("on", pitch, velocity, time.perf_counter())

    def note_off(self, pitch: int) -> None:
        """As the interface says."""
        self._send("off", pitch)

    def all_notes_off(self) -> None:
        """As the interface says."""
        self._send("all off")

    @property
    def state(self) -> LiveState:
        """As the interface says."""
        return self._state

    def _send(self, *order: object) -> None:
        if self._process is not None or order[0] == "end":
            self._orders.put(order_to_line(*order))

    def _start_if_gone(self) -> None:
        is_gone = self._process is None or self._process.poll() is not None
        if is_gone and not self._is_closed:
            self._start()

    def _start(self) -> None:
        self._orders.put(None)  # for the thread of one that died
        self._orders = queue.SimpleQueue()
        self._state = LiveState(words="starting")
        with opened_log(paths.cache_dir() / "live-worker.log") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        self._process = process
        assert process.stdin is not None
        for work, arguments in (
            (_write, (process.stdin, self._orders)),
            (self._receive, (process,)),
        ):
            threading.Thread(target=work, args=arguments, name="live", daemon=True).start()

    def _receive(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            with contextlib.suppress(ValueError):  # cut off by its death
                state = state_from_line(line)
                if process is self._process:
                    self._state = state
        status = process.wait()
        if process is self._process:
            self._state = replace(
                self._state,
                words="",
                deleted="",
                problem=f"the live player ended (status {status}); select the preset again, and "
                f"if it stays so see {paths.cache_dir() / 'live-worker.log'}",
            )


def _write(stdin: IO[str], orders: queue.SimpleQueue[str | None]) -> None:
    with contextlib.suppress(OSError, ValueError):  # it died, which _receive tells
        while (line := orders.get()) is not None:
            stdin.write(line + "\n")
            stdin.flush()
    with contextlib.suppress(OSError):
        stdin.close()


def _see_it_end(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
