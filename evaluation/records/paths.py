"""Error texts without this machine's paths, for files that others read.

A result says which file was wrong by its name; where it lay is nobody else's business, and equal
runs in two folders are to be equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_ABSOLUTE = re.compile(r"(?<![\w.~-])(?:[A-Za-z]:[\\/]|~[\\/]|[\\/])(?:[^\\/\s'\":;,]+[\\/])+")


def without_paths(text: str, known: Iterable[Path] = ()) -> str:
    """A text in which every path is only its last part.

    Args:
        text: one line.
        known: paths that it may name, absolute or not; spaces in them are no hindrance.
    """
    for path in sorted(known, key=lambda path: -len(str(path))):
        for written in (str(path), path.as_posix()):
            if path.name and written != path.name:
                text = text.replace(written, path.name)
    return _ABSOLUTE.sub("", text)
