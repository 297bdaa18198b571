"""Takes measured one at a time in a worker process, and what was measured kept by content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.clip import Note
from core.errors import Cancelled, OutputError, TimbreError
from core.files import replacing
from desktop.services.checks.interface import TakeCheck
from desktop.services.checks.measuring import VERSION, begin_process, measure_take
from desktop.tasks import TaskControl

_KEPT_S = 30.0
"""How long the process waits for another take: it holds an encoder in memory."""


class ProcessChecks:
    """A :class:`desktop.services.checks.interface.CheckService`.

    Args:
        folder: where results are kept; None is the user's own cache.
        measure: what measures a file; it can be pickled.
    """

    def __init__(
        self, folder: Path | None = None, measure: Callable[[str], dict[str, Any]] = measure_take
    ) -> None:
        self._folder, self._measure = folder, measure
        self._lock = threading.Lock()
        self._pool: Any = None
        self._idle: threading.Timer | None = None
        self._waiting = 0
        self._is_closed = False

    def known(self, file: Path) -> TakeCheck | None:
        """As the interface says."""
        with contextlib.suppress(TimbreError):  # a file that is gone was not measured
            return _kept_at(self._place(file))
        return None

    def check(self, file: Path, control: TaskControl) -> TakeCheck:
        """As the interface says."""
        place = self._place(file)
        known = _kept_at(place)
        if known is not None:
            return known
        data = self._measured(file, control)
        with contextlib.suppress(OSError, OutputError):  # costs the time to measure it again
            place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(place) as stream:
                stream.write(json.dumps(data).encode())
        return _from_json(data)

    def close(self) -> None:
        """End the process."""
        self._is_closed = True
        self._let_go()

    def _place(self, file: Path) -> Path:
        from core.paths import cache_dir
        from core.transcription.basic_pitch import model_sha256

        try:
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise TimbreError(
                f"{file} cannot be read: {error.strerror}; render it again"
            ) from error
        key = hashlib.sha256(f"{VERSION} {model_sha256()} {content}".encode()).hexdigest()
        folder = self._folder or cache_dir() / "take-checks"
        return folder / key[:2] / f"{key}.json"

    def _measured(self, file: Path, control: TaskControl) -> dict[str, Any]:
        from desktop.services.processes.run import awaited, begun_in

        pool = self._opened()
        try:
            future = begun_in(pool, self._measure, str(file))
            measured: dict[str, Any] = awaited(future, control, "what listens to takes")
        finally:
            self._rest()
        return measured

    def _opened(self) -> Any:
        """The pool; it starts its process when it is first asked."""
        with self._lock:
            if self._is_closed:
                raise Cancelled("cancelled")
            self._waiting += 1
            if self._idle is not None:
                self._idle.cancel()
            if self._pool is None:
                from desktop.services.processes.run import new_pool

                self._pool = new_pool(begin_process)
            return self._pool

    def _rest(self) -> None:
        with self._lock:
            self._waiting -= 1
            if self._is_closed:
                return
            self._idle = threading.Timer(_KEPT_S, self._let_go)
            self._idle.daemon = True
            self._idle.start()

    def _let_go(self) -> None:
        with self._lock:
            if self._waiting and not self._is_closed:
                return  # another take came just now
            pool, self._pool = self._pool, None
            if self._idle is not None:
                self._idle.cancel()
        if pool is not None:
            pool.stop()
            pool.join()


def _kept_at(place: Path) -> TakeCheck | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, TimbreError):
        return _from_json(json.loads(place.read_text("utf-8")))
    return None


def _from_json(data: dict[str, Any]) -> TakeCheck:
    return TakeCheck(
        int(data["asked"]),
        _notes(data["missed"]),
        _notes(data["added"]),
        float(data["note_f"]),
        None if data["likeness"] is None else float(data["likeness"]),
        str(data["reference"]),
        str(data["judge"]),
    )


def _notes(data: list[list[float]]) -> tuple[Note, ...]:
    return tuple(
        Note(start_s, int(pitch), int(velocity), duration_s)
        for start_s, pitch, velocity, duration_s in data
    )
