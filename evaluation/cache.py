"""Results that cost time, kept by the content they depend on.

A key is made of everything that decides a result: the kind, the model's hash, the settings and
the hash of the samples. So an entry is never out of date, two processes may write the same one,
and deleting the folder loses nothing but time. A damaged entry counts as absent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import OutputError
from core.files import replacing
from core.types import FloatArray


def sound_sha256(audio: FloatArray, sample_rate: int) -> str:
    """Hash (hex) of the samples, their shape and rate; no file format comes in.

    Args:
        audio: float32, any shape.
        sample_rate: Hz.
    """
    digest = hashlib.sha256(f"{sample_rate} {audio.shape}".encode())
    digest.update(np.ascontiguousarray(audio, "<f4").tobytes())
    return digest.hexdigest()


class Cache:
    """JSON values by key in a folder.

    Args:
        folder: made when first written to; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: tuple[str, ...], compute: Callable[[], Any]) -> Any:
        """The value of a key, computed where it is not known. It must survive JSON unchanged.

        A cache that cannot be written to is no reason to fail: the value is returned.

        Args:
            key: everything the value depends on.
            compute: gives the value where the cache has none.
        """
        if self._folder is None:
            return compute()
        name = hashlib.sha256("\0".join(key).encode()).hexdigest()
        path = self._folder / name[:2] / f"{name}.json"
        try:
            return json.loads(path.read_text("utf-8"))["value"]
        except (OSError, ValueError, KeyError, TypeError):
            value = compute()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as stream:
                stream.write(json.dumps({"key": key, "value": value}, allow_nan=False).encode())
        except (OSError, OutputError):
            pass
        return value
