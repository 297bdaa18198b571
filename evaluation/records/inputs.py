"""What a record was computed from, as one key.

A record holds for as long as a second computation would give it again. So its key is made of
everything that decides it: the sounds and scores by content, the words, the model and its settings,
the seed, how it is scored and by which models, and the version of every metric
(:attr:`evaluation.metrics.catalog.Metric.version`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import AudioError
from core.timbre import AudioTimbre
from evaluation.datasets import FILE_FIELDS, Item, file_sha256
from evaluation.systems import Task, find_sound


class FileHashes:
    """SHA-256 (hex) of files, each read once."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        """The hash of a file.

        Raises:
            UserInputError: if it cannot be read.
        """
        if path not in self._known:
            self._known[path] = file_sha256(path)
        return self._known[path]

    def of_item(self, item: Item) -> dict[str, str]:
        """The hashes of an item's files, by field; those that it has."""
        paths = {name: getattr(item, name) for name in FILE_FIELDS}
        return {name: self.of(path) for name, path in paths.items() if path is not None}


def record_inputs(task: Task, config_json: Mapping[str, Any], hashes: FileHashes) -> dict[str, Any]:
    """Everything that decides a task's record, as JSON.

    Args:
        task: which.
        config_json: of the run, as ``config.json`` holds it.
        hashes: of files that were read before.
    """
    system, item = task.system, task.item
    inputs: dict[str, Any] = {
        "item": {"files": hashes.of_item(item), "text": item.text},
        "kind": system.kind,
        "scoring": config_json["scoring"],
        "judged_by": config_json["judged_by"],
        "metrics": config_json["metrics"],
        "version": config_json["version"],
    }
    if system.model is not None:
        inputs["model"] = {"id": system.model, **config_json["models"][system.model]}
    if system.kind in ("model", "wrong-timbre"):
        timbre = task.timbre
        heard = hashes.of(timbre.path) if isinstance(timbre, AudioTimbre) else timbre.describe()
        inputs |= {"timbre": heard, "seed": task.seed, "render": config_json["render"]}
    if system.kind == "folder":
        inputs["sound"] = _sound_hash(task, hashes)
    return inputs


def record_key(inputs: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a record's inputs in one canonical form."""
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sound_hash(task: Task, hashes: FileHashes) -> str | None:
    try:
        return hashes.of(find_sound(task.system.folder or Path(), task.item.id))
    except AudioError:
        return None  # the task itself says so, as its error
