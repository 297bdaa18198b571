"""Writing files so that a reader never meets half of one.

Everything the core leaves on a disk goes through :func:`replacing`: it is written
under a temporary name in the same folder, flushed to the disk, and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import OutputError

_REASONS = {
    errno.ENOENT: "the folder does not exist; create it first",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EFBIG: "the file is larger than this system lets a file grow",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EISDIR: "it is a folder; give a file name",
}


def output_error(path: str | os.PathLike[str], error: OSError) -> OutputError:
    """The one-line error for a failed write, with the reason in plain words.

    Args:
        path: of the file that was to be written.
        error: what the system said.
    """
    reason = _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
    return OutputError(f"cannot write {os.fspath(path)}: {reason}")


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``path`` when the block ends well.

    If anything goes wrong, cancelling included, the temporary file is removed and
    whatever stood at ``path`` before is untouched.

    Args:
        path: where the file goes. Its folder must exist; a file there is replaced.

    Raises:
        OutputError: if the file cannot be written; one line that says why.
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"cannot write {target}: it is a folder; give a file name")
    # A name of its own length: the target's may already be as long as the system allows.
    temporary = target.parent / f".{uuid.uuid4().hex}.part"
    try:
        handle = os.open(
            temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666
        )
    except OSError as error:
        raise output_error(path, error) from error
    try:
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        except OSError as error:
            raise output_error(path, error) from error
    finally:
        # After a successful rename there is nothing of this name left.
        with contextlib.suppress(OSError):
            temporary.unlink()
