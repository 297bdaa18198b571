"""``timbre serve`` as a process of its own, to be killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.waiting import LAST_RESORT_S


class ServeProcess:
    """A server with real models (random weights). Use it in a ``with`` block.

    Args:
        home: its ``TIMBRE_HOME``; the same one again is a restart.
        model: what it loads.
        options: more of `timbre serve`.

    Attributes:
        port: of UDP; TCP has another.
    """

    def __init__(self, home: Path, model: str = "tiny", *options: str) -> None:
        if not (home / "models" / "tiny").exists():
            write_tiny_bundle(home / "models" / "tiny")
        code = "import sys; from core.cli import main; main()"
        command = [sys.executable, "-c", code, "serve", "--port", "0", "--model", model, *options]
        self._process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TIMBRE_HOME": str(home), "OMP_NUM_THREADS": "1"},
        )
        said = []
        assert self._process.stderr is not None
        for line in self._process.stderr:
            said.append(line)
            if found := re.search(r"UDP port (\d+) and TCP port (\d+)", line):
                self.port, self.tcp_port = int(found[1]), int(found[2])
                return
        raise AssertionError("".join(said))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def worker_pid(self) -> int:
        """The process id of its worker."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for child in children:
            if b"bridge.jobs.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        raise AssertionError(f"no worker among {children}")

    def kill(self) -> None:
        """As kill -9 does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """As Ctrl-C does; its exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=LAST_RESORT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        if self._process.stderr is not None:
            self._process.stderr.close()
