"""Records of finished tasks in a run's folder: ``records/SYSTEM/ID.json``.

A record is valid while its key is the task's (:mod:`evaluation.records.inputs`) and the sound that
belongs to it is unchanged. One that is not counts as absent, and its task is done again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.errors import UserInputError
from evaluation import results
from evaluation.datasets import file_sha256
from evaluation.systems import Task


class RecordStore:
    """The records of one run.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, task: Task) -> Path:
        """Where a task's record is, or would be."""
        return self._folder / "records" / f"{task.stem}.json"

    def read(self, task: Task, key: str) -> dict[str, Any] | None:
        """A task's record; None if there is none that still holds.

        Args:
            task: whose.
            key: what it must have been computed from.
        """
        try:
            record: dict[str, Any] = json.loads(self.path(task).read_text("utf-8"))
            audio = record["audio"]
            if record["key"] != key or "figures" not in record:
                return None
            whole = file_sha256(self._folder / audio["path"]) == audio["file_sha256"]
        except (OSError, ValueError, KeyError, TypeError, UserInputError):
            return None  # not there, damaged, or of an older form: done again either way
        return record if whole else None

    def write(self, task: Task, key: str, record: dict[str, Any]) -> None:
        """Keep what a task gave.

        Args:
            task: whose.
            key: what it was computed from.
            record: JSON, as :class:`evaluation.scoring.Scorer` returns it.

        Raises:
            OutputError: if it cannot be written.
        """
        path = self.path(task)
        path.parent.mkdir(parents=True, exist_ok=True)
        results.write_json(path, {**record, "key": key})
