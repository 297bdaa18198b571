"""Names of files as people would give them, on every system."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

_MOST_CHARACTERS = 80
_RESERVED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def free_path(folder: Path, name: str, suffix: str) -> Path:
    """Where a file of a name can go without replacing one.

    Args:
        folder: that it goes to.
        name: without suffix; what no file system takes is replaced.
        suffix: with its dot.
    """
    stem = _RESERVED.sub("-", name).strip(" .")[:_MOST_CHARACTERS].rstrip(" .") or "untitled"
    if _DEVICES.fullmatch(stem):
        stem = f"{stem}-"
    for number in itertools.count(1):
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem} {number}{suffix}")
        if not path.exists():
            return path
    raise AssertionError("numbers do not end")
