"""Writing files so that a reader never meets half of one, and nothing else is lost.

Everything the core leaves on a disk goes through :func:`replacing`: it is written
under a temporary name in the same folder, flushed to the disk, and renamed. What a user
names as an output may be more than a file: a link is followed, a pipe or a device is
written to. :func:`refuse_inputs`, :func:`refuse_existing` and :func:`check_writable` are
asked before long work begins.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, cast

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
    errno.ELOOP: "its links lead in a circle",
    errno.EILSEQ: "this disk does not take the characters of the name",
}
if os.name == "nt":
    _REASONS[errno.EACCES] = "no permission to write there, or another program has it open"


def output_error(path: str | os.PathLike[str], error: OSError) -> OutputError:
    """The one-line error for a failed write, with the reason in plain words.

    Args:
        path: of the file that was to be written.
        error: what the system said.
    """
    reason = _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
    return OutputError(f"cannot write {os.fspath(path)}: {reason}")


_OPEN_FILES = ("/dev/std", "/dev/fd/", "/proc/")

_BUSY_REASONS = {
    errno.EMFILE: "too many files are open; close other programs",
    errno.ENFILE: "too many files are open; close other programs",
    errno.EIO: "the disk cannot be read or written; check it",
    errno.ENOMEM: "there is not enough memory; close other programs",
    errno.EACCES: "no permission; check the rights of the file and its folders",
    errno.EPERM: "no permission; check the rights of the file and its folders",
}


def system_reason(error: OSError) -> str | None:
    """What the machine, and no mistake of ours, keeps from working, in plain words.

    Args:
        error: what the system said, of a file that may have been read or written.

    Returns:
        None where it may as well be our mistake: a file of ours that is not there.
    """
    if error.errno in _BUSY_REASONS:
        return _BUSY_REASONS[error.errno]
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
        return None
    return _REASONS.get(error.errno or 0)


def is_special(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a pipe or a device: what is written to, and never replaced.

    So does a system's name for an open file, such as ``/dev/stdout``.
    """
    if os.path.abspath(path).startswith(_OPEN_FILES) and os.path.exists(path):
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def refuse_inputs(output: str | os.PathLike[str], inputs: Mapping[str, Path]) -> None:
    """Refuse an output that is one of the files it would be made of.

    The same file is found by whatever name: through a link, by another spelling of its path,
    in other case where the disk does not care.

    Args:
        output: to be written.
        inputs: files that are read, under what they are to the user: ``the clip``.

    Raises:
        OutputError: if it is one of them.
    """
    if is_special(output):
        return
    for role, path in inputs.items():
        with contextlib.suppress(OSError, ValueError):  # what is not there is not overwritten
            if os.path.samefile(output, path):
                raise OutputError(
                    f"{os.fspath(output)} is {role} itself; give the output another name"
                )


def refuse_existing(output: str | os.PathLike[str], *, force: bool) -> None:
    """Refuse to replace a file, unless that was asked for.

    Args:
        output: to be written.
        force: whether ``--force`` was given.

    Raises:
        OutputError: if there is such a file.
    """
    if not force and os.path.lexists(output) and not is_special(output):
        raise OutputError(
            f"{os.fspath(output)} is there already; name another place, or --force to replace it"
        )


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse what :func:`replacing` could not write, before the work for it is done.

    Args:
        path: where a file is to go.

    Raises:
        OutputError: if it cannot be written; one line that says why.
    """
    if is_special(path):
        _check_special(path)
        return
    target = _target(path)
    temporary = _temporary(target)
    try:
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        raise output_error(path, error) from error


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``path`` when the block ends well.

    If anything goes wrong, cancelling included, the temporary file is removed and
    whatever stood at ``path`` before is untouched. A link stays, and what it leads to is
    replaced; a pipe or a device is written to when the block has ended well.

    Args:
        path: where the file goes. Its folder must exist; a file there is replaced, and
            hands on its permissions.

    Raises:
        OutputError: if the file cannot be written; one line that says why.
    """
    if is_special(path):
        with _writing_to_special(path) as stream:
            yield stream
        return
    target = _target(path)
    temporary = _temporary(target)
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
                _keep_permissions(target, stream)
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        except OSError as error:
            raise output_error(path, error) from error
    finally:
        # After a successful rename there is nothing of this name left.
        with contextlib.suppress(OSError):
            temporary.unlink()


def _temporary(target: Path) -> Path:
    # A name of its own length: the target's may already be as long as the system allows.
    return target.parent / f".{uuid.uuid4().hex}.part"


def _target(path: str | os.PathLike[str]) -> Path:
    """The file that a path stands for; links are followed, whether or not they lead anywhere."""
    if os.name == "nt":
        refuse_reserved(path)
    target = Path(path)
    try:
        if stat.S_ISLNK(os.lstat(target).st_mode):
            with contextlib.suppress(FileNotFoundError):
                os.stat(target)  # a circle of links says so
            target = Path(os.path.realpath(target))
        status = os.stat(target)
    except FileNotFoundError:
        return target
    except OSError as error:
        raise output_error(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"cannot write {os.fspath(path)}: it is a folder; give a file name")
    if not os.access(target, os.W_OK):
        raise OutputError(f"cannot write {os.fspath(path)}: the file there is write-protected")
    return target


def refuse_reserved(path: str | os.PathLike[str]) -> None:
    """Refuse names that stand for devices on Windows: ``NUL``, ``aux.wav``.

    Raises:
        OutputError: if it is one.
    """
    if PureWindowsPath(path).is_reserved():
        raise OutputError(
            f"cannot write {os.fspath(path)}: Windows keeps that name for a device; give another"
        )


def _keep_permissions(target: Path, stream: BinaryIO) -> None:
    """Give the new file the permissions and, where allowed, the owner of the one it replaces."""
    if os.name == "nt":
        return
    with contextlib.suppress(FileNotFoundError):
        before = target.stat()
        with contextlib.suppress(PermissionError):
            os.fchown(stream.fileno(), before.st_uid, before.st_gid)
        os.fchmod(stream.fileno(), stat.S_IMODE(before.st_mode))


def _check_special(path: str | os.PathLike[str]) -> None:
    mode = os.stat(path).st_mode
    if stat.S_ISBLK(mode):
        raise OutputError(f"cannot write {os.fspath(path)}: it is a disk; give a file name")
    if stat.S_ISSOCK(mode):
        raise OutputError(f"cannot write {os.fspath(path)}: it is a socket; give a file name")
    if not os.access(path, os.W_OK):
        raise OutputError(f"cannot write {os.fspath(path)}: no permission to write there")


@contextlib.contextmanager
def _writing_to_special(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    _check_special(path)
    # Written elsewhere first: a pipe cannot be gone back in, and half a file is worse than none.
    with tempfile.TemporaryFile() as stream:
        yield cast(BinaryIO, stream)
        stream.seek(0)
        try:
            # A standard output that the shell appends to a file stays so.
            with open(path, "ab") as special:
                shutil.copyfileobj(stream, special)
        except BrokenPipeError:
            raise  # whoever read has enough: no fault
        except OSError as error:
            raise output_error(path, error) from error
