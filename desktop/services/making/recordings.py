"""Recordings as files: outlines, parts, and what is heard in them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.errors import AudioError
from core.files import output_error
from desktop.services.file_names import free_path
from desktop.services.making.listener import ListeningProcess

if TYPE_CHECKING:
    from core.audio.regions import SoundOutline
    from core.encoders.base import HeardNotes
    from core.types import FloatArray
    from desktop.tasks import TaskControl

_MOST_PARTS = 50
_COPIED_BYTES = 64 * 2**20
"""A larger file is not copied whole: no more of it than a timbre is taken from."""


def microphone_folder() -> Path:
    """Where the microphone's recordings are until they are presets."""
    return paths.data_dir() / "recordings"


def _parts() -> Path:
    return paths.cache_dir() / "parts"


class LocalRecordings:
    """A :class:`~desktop.services.making.interface.RecordingService`.

    Args:
        listener: hears notes.
    """

    def __init__(self, listener: ListeningProcess | None = None) -> None:
        self._listener = listener or ListeningProcess()

    def close(self) -> None:
        """End the listening process."""
        self._listener.close()

    def outline(
        self, file: Path, start_s: float, end_s: float | None, control: TaskControl
    ) -> SoundOutline:
        """As the interface says, and all that follow."""
        from core.audio.regions import outline

        return outline(file, start_s, end_s, control.progress)

    def sound(self, file: Path, start_s: float, end_s: float) -> tuple[FloatArray, int]:
        from core.audio.regions import read_region

        return read_region(file, start_s, end_s)

    def heard_notes(
        self, file: Path, start_s: float, end_s: float, control: TaskControl
    ) -> HeardNotes:
        from core.clip import Note
        from core.encoders.base import HeardNotes

        heard = self._listener.ask(control, "notes", file=str(file), start_s=start_s, end_s=end_s)
        notes = tuple(Note(*note) for note in heard["notes"])
        return HeardNotes(notes, heard["start_s"], heard["end_s"], tuple(heard["remarks"]))

    def part(self, file: Path, region: tuple[float, float] | None, control: TaskControl) -> Path:
        from core.audio import read_reference, write_wav
        from core.audio.regions import read_region

        try:
            status = file.stat()
        except OSError as error:
            raise AudioError(f"{file} cannot be read: {error.strerror or error}") from error
        whole = region is None
        state = f"{file.absolute()} {status.st_mtime_ns} {status.st_size} {region}"
        folder = _parts() / hashlib.sha256(state.encode()).hexdigest()[:32]
        is_copied = whole and status.st_size <= _COPIED_BYTES
        name = file.stem if region is None else f"{file.stem} {region[0]:.2f}-{region[1]:.2f} s"
        suffix = file.suffix if is_copied else ".wav"
        made = _file_in(folder)
        if made is not None:
            os.utime(folder)
            return made
        try:
            _parts().mkdir(parents=True, exist_ok=True)
            # A folder comes under its name with the file in it: it may be made twice at a time.
            with tempfile.TemporaryDirectory(
                dir=_parts(), ignore_cleanup_errors=True
            ) as unfinished:
                target = free_path(Path(unfinished, "part"), name, suffix)
                target.parent.mkdir()
                if is_copied:
                    read_reference(file)  # refused before it is copied
                    shutil.copyfile(file, target)
                else:
                    sound = read_reference(file) if region is None else read_region(file, *region)
                    write_wav(target, *sound, subtype="FLOAT")
                target = _published(target, folder)
        except OSError as error:
            raise output_error(folder, error) from error
        self._forget_old(folder)
        return target

    def kept(self) -> Sequence[Path]:
        with contextlib.suppress(OSError):
            found = microphone_folder().glob("*.wav")
            return tuple(sorted(found, key=lambda file: -file.stat().st_mtime))
        return ()

    def release(self, file: Path) -> Path:
        if file.parent != microphone_folder():
            return file
        folder = _parts() / hashlib.sha256(f"released {file}".encode()).hexdigest()[:32]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return Path(shutil.move(file, folder / file.name))
        except OSError as error:
            raise output_error(folder, error) from error

    @staticmethod
    def _forget_old(newest: Path) -> None:
        """Parts are made again when they are wanted again."""
        with contextlib.suppress(OSError):
            folders = sorted(newest.parent.iterdir(), key=lambda one: -one.stat().st_mtime)
            for folder in folders[_MOST_PARTS:]:
                shutil.rmtree(folder, ignore_errors=True)


def _file_in(folder: Path) -> Path | None:
    """The one file of a part's folder; None if it is not there."""
    with contextlib.suppress(OSError):
        return next(iter(folder.iterdir()), None)
    return None


def _published(file: Path, folder: Path) -> Path:
    """Give a finished file's folder its name; where the file is from now on.

    Args:
        file: alone in its folder.
        folder: the name; if somebody was quicker, theirs is as good.

    Raises:
        OSError: if it cannot be.
    """
    with contextlib.suppress(OSError):
        folder.rmdir()  # what cleans caches leaves empty folders
    try:
        file.parent.rename(folder)
    except OSError:
        theirs = _file_in(folder)
        if theirs is None:
            raise
        return theirs
    return folder / file.name
