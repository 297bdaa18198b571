"""Where runs are: the user's own folder, and folders that were added from elsewhere."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import UserInputError
from core.files import output_error, replacing
from desktop.services.evaluations.interface import EvaluationRequest

REQUEST = "request.json"
"""What the window asked for, and how long it took, beside the run's own files."""

_ADDED = "added.json"


class RunFolders:
    """See the module's first line.

    Args:
        base: the user's own folder; need not be there.
    """

    def __init__(self, base: Path) -> None:
        self.base = base

    def all(self) -> list[Path]:
        """Folders of runs, the newest first."""
        own = []
        with contextlib.suppress(OSError):
            own = [path for path in self.base.iterdir() if is_run(path)]
        found = [*own, *(path for path in self._added() if is_run(path))]
        return sorted(found, key=_made_at, reverse=True)

    def is_own(self, folder: Path) -> bool:
        """Whether a run is in the user's own folder."""
        return folder.parent == self.base

    def make(self, request: EvaluationRequest) -> Path:
        """A new folder for a run, named for people.

        Raises:
            OutputError: if it cannot be made.
        """
        stem = f"{time.strftime('%Y-%m-%d %H.%M')} {'+'.join(request.models)}"
        folder, number = self.base / stem, 1
        while folder.exists():
            number += 1
            folder = self.base / f"{stem} ({number})"
        try:
            folder.mkdir(parents=True)
            write_request(folder, request, 0.0, 0)
        except OSError as error:
            raise output_error(folder, error) from error
        return folder

    def add(self, folder: Path) -> None:
        """Remember a folder from elsewhere.

        Raises:
            UserInputError: if it holds no run.
            OutputError: if that cannot be kept.
        """
        if not is_run(folder):
            raise UserInputError(
                f"{folder} holds no evaluation; choose the folder that was given to "
                "`timbre evaluate run -o`"
            )
        if not self.is_own(folder):
            self._keep([*(path for path in self._added() if path != folder), folder])

    def forget(self, folder: Path) -> None:
        """Delete a run of ours; of one that was added, forget it only.

        Raises:
            OutputError: if it cannot be deleted.
        """
        if self.is_own(folder):
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise output_error(folder, error) from error
        else:
            self._keep([path for path in self._added() if path != folder])

    def _added(self) -> list[Path]:
        try:
            found = json.loads((self.base / _ADDED).read_text("utf-8"))
            return [Path(each) for each in found if isinstance(each, str)]
        except (OSError, ValueError, TypeError):
            return []

    def _keep(self, folders: list[Path]) -> None:
        try:
            self.base.mkdir(parents=True, exist_ok=True)
            with replacing(self.base / _ADDED) as stream:
                stream.write(json.dumps([str(path) for path in folders]).encode())
        except OSError as error:
            raise output_error(self.base, error) from error


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run, or one that the window began."""
    return any((folder / name).is_file() for name in ("config.json", REQUEST))


def write_request(folder: Path, request: EvaluationRequest, took_s: float, sounds: int) -> None:
    """Keep what was asked for.

    Args:
        folder: of the run.
        request: what.
        took_s: seconds that it took so far.
        sounds: that were done in that time.

    Raises:
        OutputError: if it cannot be written.
    """
    kept = {**asdict(request), "took_s": took_s, "sounds": sounds}
    with replacing(folder / REQUEST) as stream:
        stream.write(json.dumps(kept, indent=1).encode())


def read_request(folder: Path) -> tuple[EvaluationRequest, float, int] | None:
    """What :func:`write_request` kept; None if the window did not begin this run."""
    try:
        kept = json.loads((folder / REQUEST).read_text("utf-8"))
        took_s, sounds = float(kept.pop("took_s")), int(kept.pop("sounds"))
        request = EvaluationRequest(**{**kept, "models": tuple(kept["models"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return request, took_s, sounds


def read_config(folder: Path) -> Mapping[str, Any]:
    """A run's ``config.json``; empty if it is not there or damaged."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _made_at(folder: Path) -> float:
    for name in (REQUEST, "config.json"):
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            # The request is written again at the end; the folder's name says when it began.
            return min(status.st_mtime, folder.stat().st_ctime)
    return 0.0
