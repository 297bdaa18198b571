"""Where a child process's stderr goes: a file to look into, if one can be written.

A log is for whoever looks into a fault. A full or read-only disk takes the log, and not the
work that the process would have done.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_log = logging.getLogger(__name__)

MOST_BYTES = 2**20
"""A log that has grown past this is begun anew."""


@contextlib.contextmanager
def opened_log(path: Path) -> Iterator[BinaryIO]:
    """A file to hand to a child as its stderr; what it writes is added.

    Args:
        path: the file; its folder is made. If it cannot be written, the child writes to nowhere.
    """
    with _opened(path) as stream:
        yield stream


def _opened(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        grown = path.exists() and path.stat().st_size > MOST_BYTES
        return path.open("wb" if grown else "ab")
    except OSError as error:
        _log.warning("%s cannot be written: %s", path, error)
        return open(os.devnull, "wb")  # the caller closes it
