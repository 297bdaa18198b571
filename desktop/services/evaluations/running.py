"""A run that goes on: what its process says, in words, and how long it took."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import TimbreError
from core.terminal.durations import duration_words
from desktop.services.evaluations.child import EvaluationProcess
from desktop.services.evaluations.folders import read_request, write_request
from desktop.services.evaluations.interface import EvaluationRequest


class RunningEvaluation:
    """A run that goes on. Starts when it is made.

    Args:
        folder: of the run.
        request: what is run.
        on_change: called with the folder when it got further, in a thread of its own.
        on_end: called last, with this and why it failed; empty if it did not, or was stopped.
        command: starts its process.

    Raises:
        OSError: if that cannot be started.
    """

    def __init__(
        self,
        folder: Path,
        request: EvaluationRequest,
        on_change: Callable[[Path], object],
        on_end: Callable[[RunningEvaluation, str], object],
        command: Sequence[str],
    ) -> None:
        self.folder, self._request = folder, request
        self._on_change, self._on_end = on_change, on_end
        self.words, self.fraction = "starting", 0.0
        self._error = ""
        self._is_stopped = self._is_finished = False
        self._first: int | None = None  # sounds that were there before: an earlier start's
        self._last = 0
        self._began = time.monotonic()
        kept = read_request(folder)
        self._took_s, self._sounds = (kept[1], kept[2]) if kept is not None else (0.0, 0)
        asked = {
            "dataset": request.dataset,
            "models": list(request.models),
            "baselines": request.baselines,
            "limit": request.limit,
            "seed": request.seed,
            "folder": str(folder),
            "workers": max(1, (os.cpu_count() or 2) // 2),  # the others are the musician's
        }
        self._process = EvaluationProcess(asked, self._hear, self._end, command)

    def stop(self) -> None:
        """End it, and wait until that was said."""
        self._is_stopped = True
        self._process.kill()
        self._process.wait()

    def _hear(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self._error = message["error"]
        elif "finished" in message:
            self._is_finished = True
        elif "stage" in message:
            self.words = message["stage"]
        elif "done" in message:
            done, total = message["done"], message["total"]
            if self._first is None:
                self._first = done - 1
            self._last = done
            self.fraction = done / total
            parts = [f"{done} of {total} sounds"]
            if message["failed"]:
                parts.append(f"{message['failed']} failed")
            if message["left_s"] is not None and message["left_s"] >= 1:
                parts.append(f"{duration_words(message['left_s'])} left")
            self.words = ", ".join(parts)
        self._on_change(self.folder)

    def _end(self, code: int, errors: str) -> None:
        sounds = self._sounds + self._last - (self._first or 0)
        took_s = self._took_s + time.monotonic() - self._began
        with contextlib.suppress(TimbreError, OSError):  # only the next estimate is worse
            write_request(self.folder, self._request, took_s, sounds)
        if self._is_finished or self._is_stopped:
            error = ""
        else:
            last = errors.strip().rpartition("\n")[2]
            error = self._error or f"its process ended by itself (exit code {code}): {last}"
        self._on_end(self, error)
