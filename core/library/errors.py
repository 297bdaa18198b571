"""What can go wrong with the library, in two families.

    UserInputError                       the request
    ├── UnknownPreset
    ├── NameTaken
    ├── BlendCycle
    ├── PresetFileError                  a file that is not a preset, or not a safe one
    └── LibraryUnusable                  the environment: full, read-only, locked, damaged disk
        └── LibraryNewer                 written by a later version of the program
    TimbreError
    └── LibraryBug                       our fault: report it

What SQLite says is sorted into the last two by its error code, in :func:`from_sqlite`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.errors import TimbreError, UserInputError


class UnknownPreset(UserInputError):
    """No preset has this name or id."""


class NameTaken(UserInputError):
    """Another preset has this name."""


class BlendCycle(UserInputError):
    """A blend would contain itself."""


class PresetFileError(UserInputError):
    """An exported preset that cannot be imported."""


class LibraryUnusable(UserInputError):
    """The disk, its rights or the database file keep the library from working."""


class LibraryNewer(LibraryUnusable):
    """The library was written by a later version of the program."""


class LibraryBug(TimbreError):
    """A statement of ours that the database refuses."""


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space. Nothing was changed",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; close it or try again",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; close it or try again",
    sqlite3.SQLITE_READONLY: "it cannot be written; check the rights of the file and its folder",
    sqlite3.SQLITE_PERM: "no permission; check the rights of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the folder exists and its rights",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; check it, and its free space",
    sqlite3.SQLITE_NOTADB: "it is damaged, or not a database; move it away or restore a copy",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a copy, or move it away and import your "
    "presets again. Your recordings are intact in the folder beside it",
    sqlite3.SQLITE_PROTOCOL: "its locks do not work; keep it on a local disk",
    sqlite3.SQLITE_NOLFS: "the disk cannot hold large files; keep it on another one",
    sqlite3.SQLITE_NOMEM: "there is not enough memory; close other programs",
}


def from_sqlite(path: Path, error: BaseException) -> TimbreError:
    """The one-line error for what SQLite said about the library at ``path``.

    Args:
        path: the database.
        error: a :class:`sqlite3.Error`; anything else counts as our bug.
    """
    # The low byte is the family; the rest says which call failed.
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    reason = _REASONS.get(code)
    if reason is not None:
        return LibraryUnusable(f"the preset library {path} is unusable: {reason}")
    detail = " ".join(str(error).split())
    return LibraryBug(f"the preset library {path} met a bug ({detail}); please report it")
