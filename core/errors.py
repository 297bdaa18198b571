"""What can go wrong, as one small tree.

    TimbreError                   exit 1
    ├── UserInputError            exit 2    the request cannot be met as it stands
    │   ├── MidiError                       a score that cannot be read
    │   ├── AudioError                      a recording that cannot be used
    │   ├── SettingsError                   a value outside its range
    │   ├── OutputError                     a file that cannot be written
    │   └── DatabaseUnusable                a store's disk, its rights, or the file itself
    │       └── DatabaseNewer               written by a later version of the program
    ├── ModelError                exit 3    weights
    │   ├── ModelMissing                    unknown, or not pulled yet
    │   └── ModelDamaged                    present, but not what the manifest says
    ├── DatabaseBug                         a statement of ours that SQLite refuses
    └── Cancelled                 exit 130

Every message is one line and says what was wrong, where, and what to do.
Anything else that escapes is our bug and exits with 1.
"""


class TimbreError(Exception):
    """Base of everything this project raises on purpose."""

    exit_code = 1


class UserInputError(TimbreError):
    """The user's input is wrong, and the message says how to put it right."""

    exit_code = 2


class MidiError(UserInputError):
    """A score that cannot be read, or that has nothing to play."""


class AudioError(UserInputError):
    """A recording that cannot be read, or that holds no usable sound."""


class SettingsError(UserInputError):
    """A setting outside the range its documentation gives."""


class OutputError(UserInputError):
    """A file that cannot be written: no permission, no folder, or no space."""


class DatabaseUnusable(UserInputError):
    """A store cannot work: its disk is full or read-only, it is locked, or it is damaged."""


class DatabaseNewer(DatabaseUnusable):
    """A store was written by a later version of the program."""


class DatabaseBug(TimbreError):
    """A statement of ours that a store's database refuses."""


class ModelError(TimbreError):
    """A model bundle is not usable."""

    exit_code = 3


class ModelMissing(ModelError):
    """The bundle is unknown, or its files are not on this machine."""


class ModelDamaged(ModelError):
    """A file of the bundle differs from what its manifest says."""


class Cancelled(TimbreError):
    """The caller's progress callback asked to stop."""

    exit_code = 130
