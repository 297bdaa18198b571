"""What can go wrong with the library, in two families.

    UserInputError                       the request
    ├── UnknownPreset
    ├── NameTaken
    ├── BlendCycle
    ├── PresetFileError                  a file that is not a preset, or not a safe one
    └── DatabaseUnusable
        └── LibraryUnusable              the environment: full, read-only, locked, damaged disk
            └── LibraryNewer             written by a later version of the program
    DatabaseBug
    └── LibraryBug                       our fault: report it

What SQLite says is sorted into the last two by its error code, in :mod:`core.sqlite`.
"""

from __future__ import annotations

from core.errors import DatabaseBug, DatabaseNewer, DatabaseUnusable, UserInputError


class UnknownPreset(UserInputError):
    """No preset has this name or id.

    Args:
        message: for people.
        wanted: the name or id.
    """

    def __init__(self, message: str, wanted: str = "") -> None:
        super().__init__(message)
        self.wanted = wanted


class NameTaken(UserInputError):
    """Another preset has this name."""


class BlendCycle(UserInputError):
    """A blend would contain itself."""


class PresetFileError(UserInputError):
    """An exported preset that cannot be imported."""


class LibraryUnusable(DatabaseUnusable):
    """The disk, its rights or the database file keep the library from working."""


class LibraryNewer(LibraryUnusable, DatabaseNewer):
    """The library was written by a later version of the program."""


class LibraryBug(DatabaseBug):
    """A statement of ours that the database refuses."""
