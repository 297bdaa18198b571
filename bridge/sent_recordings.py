"""Recordings that clients name as a timbre: each is copied, once, under its content's hash.

A job may wait for hours and its render be repeated years later, while the client's file moves or
changes. A copy that never changes keeps both true, and lets the queue know a take that it has
made already.
"""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import AudioError
from core.library.recordings import RecordingFolder
from core.timbre import AudioTimbre


class SentRecordings:
    """A folder of recordings by content.

    Args:
        folder: made when the first recording comes in.
    """

    def __init__(self, folder: Path) -> None:
        self._recordings = RecordingFolder(folder)

    def keep(self, path: str) -> AudioTimbre:
        """The timbre of a recording, from a copy of our own.

        Args:
            path: absolute, on this machine.

        Raises:
            AudioError: if it is no absolute path, or the recording cannot be used.
            OutputError: if it cannot be copied.
        """
        if not os.path.isabs(path):
            raise AudioError(f"audio {path!r} is no absolute path; give the whole path")
        with self._recordings.stage(Path(path)) as staged:
            staged.publish()
            return AudioTimbre(self._recordings.path_of(staged.recording))
