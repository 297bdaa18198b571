"""The folder of recordings beside the library, each named by its content.

A file here never changes, so two presets with one recording share it. Which recordings
are in use is the database's knowledge; this module only keeps files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from core.errors import AudioError
from core.files import output_error
from core.library.presets import PresetBlend, PresetMixture, PresetMorph
from core.library.recipes import KINDS, Recording, StoredRecipe
from core.timbre import Timbre

MAX_COPIED_BYTES = 64 * 2**20
"""Of a larger file only the stretch a timbre is taken from is kept (see
:func:`core.audio.read_reference`)."""


class RecordingFolder:
    """Recordings by content.

    Args:
        folder: made when the first recording comes in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, recording: Recording) -> Path:
        """Where a recording is, or would be."""
        name = f"{recording.sha256}{recording.extension}"
        return self.folder / recording.sha256[:2] / name

    def require(self, recording: Recording) -> Path:
        """Where a recording is.

        Raises:
            AudioError: if it is gone.
        """
        path = self.path_of(recording)
        if not path.is_file():
            raise AudioError(
                f"the recording {recording.name!r} is missing from the library ({path}); "
                "put it back, or give the preset another with `timbre preset edit --audio`"
            )
        return path

    @contextlib.contextmanager
    def stage(self, source: Path) -> Iterator[StagedRecording]:
        """Take a recording in, without giving it its name yet.

        Leaving the block removes what was not published.

        Args:
            source: any file :func:`core.audio.read_reference` takes.

        Raises:
            AudioError: if the recording cannot be used.
            OutputError: if it cannot be copied.
        """
        from core.audio import read_reference, write_wav  # numpy, which lists do without

        audio, rate = read_reference(source)
        size_bytes = source.stat().st_size
        temporary = self.folder / f".{uuid.uuid4().hex}.part"
        extension = source.suffix.lower() if size_bytes <= MAX_COPIED_BYTES else ".wav"
        if not extension[1:].isascii() or not extension[1:].isalnum() or len(extension) > 9:
            extension = ".audio"  # libsndfile looks at the content
        try:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                if size_bytes <= MAX_COPIED_BYTES:
                    shutil.copyfile(source, temporary)
                    _flush(temporary)
                else:
                    write_wav(temporary, audio, rate, subtype="FLOAT")
                sha256 = _sha256(temporary)
            except OSError as error:
                raise output_error(temporary, error) from error
            name = source.name.encode("utf-8", "replace").decode()
            yield StagedRecording(self, temporary, Recording(sha256, extension, name))
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    @contextlib.contextmanager
    def stage_factory(self, source: Path) -> Iterator[StagedRecording]:
        """As :meth:`stage`, a recording of the factory bank, which need not be listened to.

        Args:
            source: the recording.

        Raises:
            OutputError: if it cannot be copied.
        """
        temporary = self.folder / f".{uuid.uuid4().hex}.part"
        try:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, temporary)
                sha256 = _sha256(temporary)
            except OSError as error:
                raise output_error(temporary, error) from error
            yield StagedRecording(self, temporary, Recording(sha256, source.suffix, source.name))
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    @contextlib.contextmanager
    def stage_timbre(
        self, timbre: Timbre | PresetMixture
    ) -> Iterator[tuple[StoredRecipe | PresetMixture, list[StagedRecording]]]:
        """Turn a timbre into a recipe to store, with its recordings staged.

        A blend or morph of presets passes as it is: naming versions needs the database.

        Raises:
            The errors of :meth:`stage`.
            SettingsError: if a description holds what is no text.
        """
        staged: dict[Path, StagedRecording] = {}
        with contextlib.ExitStack() as stack:

            def stage_once(file: Path) -> Recording:
                if file not in staged:
                    staged[file] = stack.enter_context(self.stage(file))
                return staged[file].recording

            def visit(part: Timbre) -> StoredRecipe:
                return KINDS[part.kind].of(part, stage_once, visit)

            if isinstance(timbre, PresetBlend | PresetMorph):
                yield timbre, []
            else:
                yield visit(timbre), list(staged.values())

    def remove(self, recording: Recording) -> None:
        """Delete a recording; one that is in use by a reader elsewhere stays for now."""
        with contextlib.suppress(OSError):
            self.path_of(recording).unlink()


class StagedRecording:
    """A copied file that waits for its name.

    Attributes:
        recording: what it will be.
    """

    def __init__(self, folder: RecordingFolder, temporary: Path, recording: Recording) -> None:
        self.recording = recording
        self._folder = folder
        self._temporary = temporary

    def publish(self) -> None:
        """Put the file where it belongs.

        Call it while holding the library's write lock and after the rows that name it: what
        they refuse then leaves no file behind, and nobody removes the file in between.

        Raises:
            OutputError: if that cannot be done.
        """
        target = self._folder.path_of(self.recording)
        try:
            if target.is_file() and target.stat().st_size == self._temporary.stat().st_size:
                return
            target.parent.mkdir(exist_ok=True)
            os.replace(self._temporary, target)
        except OSError as error:
            raise output_error(target, error) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
