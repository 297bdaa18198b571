"""The window's end of an evaluation's process: starts it, listens to it, ends it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

COMMAND = (sys.executable, "-m", "desktop.services.evaluations.process")
_TAIL = 2000


class EvaluationProcess:
    """See the module's first line. Starts when it is made.

    Args:
        asked: what :func:`desktop.services.evaluations.process.evaluate` takes.
        on_message: called with each message, in a thread of its own.
        on_end: called last, with the exit code and the end of what it wrote to standard error.
        command: to start; for tests.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(
        self,
        asked: dict[str, Any],
        on_message: Callable[[dict[str, Any]], object],
        on_end: Callable[[int, str], object],
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._on_message, self._on_end = on_message, on_end
        options: dict[str, Any] = {}
        if os.name == "nt":
            options["creationflags"] = subprocess.BELOW_NORMAL_PRIORITY_CLASS  # type: ignore[attr-defined]
        else:
            options["start_new_session"] = True  # its workers end with it
        self._process = subprocess.Popen(
            [*command, json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            **options,
        )
        self._errors = ""
        self._reader = threading.Thread(target=self._read, name="evaluation", daemon=True)
        self._listener = threading.Thread(target=self._listen, name="its errors", daemon=True)
        self._listener.start()
        self._reader.start()

    def kill(self) -> None:
        """End it and its workers, now; what is done is kept."""
        with contextlib.suppress(OSError):
            if os.name == "nt":
                tree = ["taskkill", "/T", "/F", "/PID", str(self._process.pid)]
                subprocess.run(tree, capture_output=True, check=False)
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Until it has ended, and that was said."""
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                self._on_message(json.loads(line))
        code = self._process.wait()
        self._listener.join()
        self._on_end(code, self._errors)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors = (self._errors + line)[-_TAIL:]
