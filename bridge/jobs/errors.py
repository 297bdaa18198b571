"""What can go wrong with the queue itself.

UserInputError
└── BridgeError             names the contract's code it is answered with
    ├── JobConflict         bad_request
    └── QueueUnusable       internal
"""

from __future__ import annotations

from bridge.errors import BridgeError, Code
from core.errors import DatabaseUnusable


class JobConflict(BridgeError):
    """A job's id was used for another request."""


class QueueUnusable(BridgeError, DatabaseUnusable):
    """The queue's file cannot be used, or another process is using it."""

    code: Code = "internal"  # our disk, not the client's request
