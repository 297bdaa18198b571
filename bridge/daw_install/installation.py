"""Puts a DAW's scripts into a folder, keeps what a user changed there, and takes them away.

What was put there is written down beside it, with a hash of each file: so files of an older
version are known for ours, and are replaced, while one that the user has changed since is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bridge.daw_install.base import ScriptedDaw
from core.errors import OutputError
from core.files import output_error, replacing

InstallState = Literal["missing", "current", "older", "incomplete", "changed"]


@dataclass(frozen=True)
class InstalledFiles:
    """What of a DAW's scripts is in a folder.

    Attributes:
        absent: shipped files that are not there.
        current: as they ship.
        older: ours, as an earlier version shipped them, those included that ship no more.
        changed: neither: the user's own, or changed by the user.
    """

    absent: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def state(self) -> InstallState:
        """In one word."""
        if self.changed:
            return "changed"
        if not (self.current or self.older):
            return "missing"
        if self.older:
            return "older"
        return "incomplete" if self.absent else "current"


def inspect(daw: ScriptedDaw, folder: Path) -> InstalledFiles:
    """See what of a DAW's scripts is in a folder; changes nothing.

    Args:
        daw: whose scripts.
        folder: where they would be.
    """
    shipped, known = daw.files(), _receipt(folder / daw.receipt)
    found: dict[str, list[str]] = {"absent": [], "current": [], "older": [], "changed": []}
    for name in [*shipped, *(name for name in known if name not in shipped)]:
        digest = _digest(folder / name)
        if digest is None:
            if name in shipped:
                found["absent"].append(name)
        elif name in shipped and digest == _digest(shipped[name]):
            found["current"].append(name)
        elif digest == known.get(name):
            found["older"].append(name)
        elif name in shipped:  # what ships no more and was changed is the user's own now
            found["changed"].append(name)
    return InstalledFiles(**{kind: tuple(names) for kind, names in found.items()})


def install(daw: ScriptedDaw, folder: Path, *, force: bool = False) -> list[str]:
    """Put the scripts there, all or none.

    Args:
        daw: whose scripts.
        folder: where; made if it is not there.
        force: replace what the user has changed too, and keep it beside, under ``.bak``.

    Returns:
        What was done, a line for each file that was not as it ships.

    Raises:
        OutputError: if files there were changed by the user and ``force`` is not given, or
            the folder cannot be written.
    """
    shipped, found = daw.files(), inspect(daw, folder)
    if found.changed and not force:
        listed = ", ".join(str(folder / name) for name in found.changed)
        raise OutputError(
            f"changed since they were installed, or not ours: {listed}. --force replaces them, "
            "and keeps them beside as .bak"
        )
    done: list[str] = []
    with _errors_about(folder):
        for name in found.changed:
            kept = _free_name(folder / f"{name}.bak")
            os.replace(folder / name, kept)
            done.append(f"kept {kept}")
        for name in (*found.absent, *found.older, *found.changed):
            if name in shipped:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(target, shipped[name].read_bytes())
                done.append(f"{'added' if name in found.absent else 'updated'} {target}")
            else:
                (folder / name).unlink()
                done.append(f"removed {folder / name}, which is needed no more")
        digests = {name: _digest(source) for name, source in shipped.items()}
        receipt = json.dumps({"files": digests}, indent=1).encode()
        if done or not (folder / daw.receipt).exists():
            _write(folder / daw.receipt, receipt)
    return done


def uninstall(daw: ScriptedDaw, folder: Path, *, force: bool = False) -> list[str]:
    """Take the scripts away, and folders that are empty then.

    Args:
        daw: whose scripts.
        folder: where they are.
        force: remove what the user has changed too.

    Returns:
        What was done, a line for each file; what the user has changed is left and named.

    Raises:
        OutputError: if something cannot be removed.
    """
    found = inspect(daw, folder)
    done: list[str] = []
    with _errors_about(folder):
        for name in (*found.current, *found.older, *(found.changed if force else ())):
            (folder / name).unlink()
            done.append(f"removed {folder / name}")
        if not force:
            done += [f"left {folder / name}, which you have changed" for name in found.changed]
        (folder / daw.receipt).unlink(missing_ok=True)
        _remove_empty(folder, [*found.current, *found.older, *found.changed])
    return done


def _receipt(path: Path) -> Mapping[str, str]:
    """Hashes of what was installed, by name; empty if nothing was, or it cannot be read."""
    try:
        files = json.loads(path.read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not isinstance(files, dict):
        return {}
    return {
        name: digest
        for name, digest in files.items()
        # Nothing outside the folder is ever touched, whatever the file says.
        if isinstance(digest, str) and not Path(name).is_absolute() and ".." not in Path(name).parts
    }


def _digest(path: Path) -> str | None:
    """SHA-256 (hex) of a file; None if there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as stream:
        stream.write(content)


def _free_name(path: Path) -> Path:
    number = 2
    free = path
    while os.path.lexists(free):
        free, number = path.with_name(f"{path.name}{number}"), number + 1
    return free


def _remove_empty(folder: Path, names: Sequence[str]) -> None:
    parents = {parent for name in names for parent in (folder / name).parents}
    for parent in sorted(parents, key=lambda path: len(path.parts), reverse=True):
        if parent != folder and folder in parent.parents:
            with contextlib.suppress(OSError):  # something else is in it
                parent.rmdir()


@contextlib.contextmanager
def _errors_about(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise output_error(error.filename or folder, error) from error
