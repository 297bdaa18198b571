"""Finished files copied into a folder under names for people, replacing nothing. No Qt."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from core.errors import Cancelled, OutputError
from core.files import output_error
from core.progress import ProgressCallback
from desktop.services.file_names import free_path
from desktop.translations.words import translate

_ATTEMPTS = 100


def export_files(
    files: Sequence[tuple[Path, str]], folder: Path, on_progress: ProgressCallback
) -> list[Path]:
    """Copy files. Slow.

    Args:
        files: each with the name that its copy gets, without suffix; a number makes it unique.
        folder: that is there.
        on_progress: how far it is; False stops.

    Returns:
        The copies.

    Raises:
        OutputError: if one cannot be written or read; those before it stay.
        Cancelled: if it was stopped; likewise.
    """
    copies = []
    for number, (file, name) in enumerate(files):
        if not on_progress(number / len(files)):
            raise Cancelled("cancelled")
        try:
            copies.append(_copy(file, folder, name))
        except OSError as error:
            done = (
                translate("Batch", "; {number} of {total} were copied").format(
                    number=number, total=len(files)
                )
                if number
                else ""
            )
            raise OutputError(f"{output_error(folder / name, error)}{done}") from error
    return copies


def _copy(file: Path, folder: Path, name: str) -> Path:
    for _ in range(_ATTEMPTS):
        path = free_path(folder, name, file.suffix)
        with file.open("rb") as source:
            try:
                copy = path.open("xb")
            except FileExistsError:  # another program was quicker
                continue
            try:
                with copy:
                    shutil.copyfileobj(source, copy)
            except OSError:
                path.unlink(missing_ok=True)  # half a file is none
                raise
        return path
    raise OutputError(
        translate(
            "Batch", "{folder} is being filled by another program; choose another folder"
        ).format(folder=folder)
    )
