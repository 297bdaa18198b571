"""One file with a preset and all it needs: a zip of a manifest and recordings.

``presets.json`` is the manifest (:mod:`core.library.manifest`), ``recordings/SHA256.EXT``
the sounds. A file from elsewhere may be hostile, so nothing is unpacked under a name it
chooses: :mod:`core.archives` refuses what is unsafe, only those entries are read that the
manifest needs, and every recording has to have the digest it claims.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.archives import Archive, open_zip
from core.files import replacing
from core.library import manifest
from core.library.errors import PresetFileError
from core.library.manifest import Entry
from core.library.recipes import Recording
from core.library.recordings import MAX_COPIED_BYTES

SUFFIX = ".timbre"
MANIFEST_NAME = "presets.json"
MAX_MANIFEST_BYTES = 4 * 2**20
MAX_TOTAL_BYTES = 512 * 2**20
"""Everything in an export, unpacked, at most."""

MAX_RATIO = 200
"""Unpacked over packed size, at most; sound and JSON stay far below."""

_RECORDING_NAME = re.compile(r"recordings/[0-9a-f]{64}\.[a-z0-9]{1,8}")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(target: Path, entries: Sequence[Entry], paths: dict[str, Path]) -> None:
    """Write an export, all or nothing; the same presets give the same bytes.

    Args:
        target: the file; one that is there is replaced.
        entries: the manifest's, the preset that was asked for last.
        paths: the file of each recording, by digest.

    Raises:
        OutputError: if it cannot be written.
    """
    with replacing(target) as stream, zipfile.ZipFile(stream, "w") as archive:
        _put(archive, MANIFEST_NAME, manifest.write(entries), zipfile.ZIP_DEFLATED)
        for sha256, recording in sorted(manifest.recordings_of(entries).items()):
            # Sound hardly shrinks, and FLAC, Ogg and MP3 not at all.
            packing = zipfile.ZIP_DEFLATED if recording.extension == ".wav" else zipfile.ZIP_STORED
            _put(archive, _name_of(recording), paths[sha256].read_bytes(), packing)


def _put(archive: zipfile.ZipFile, name: str, data: bytes, packing: int) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = packing
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def unpack(source: Path, folder: Path) -> tuple[list[Entry], dict[str, Path]]:
    """Check an export and put its recordings into a folder.

    Args:
        source: the export.
        folder: a temporary one, empty.

    Returns:
        The manifest's entries, and the file of each recording by digest.

    Raises:
        PresetFileError: if it is damaged, not an export, or not a safe one.
    """
    try:
        with (
            source.open("rb") as stream,
            open_zip(stream, max_total_bytes=MAX_TOTAL_BYTES, max_ratio=MAX_RATIO) as archive,
        ):
            _check_names(archive, source)
            data = archive.read(MANIFEST_NAME, MAX_MANIFEST_BYTES)
            entries = manifest.read(data, source.name)
            paths = {}
            for sha256, recording in manifest.recordings_of(entries).items():
                if _name_of(recording) not in archive.names:
                    raise PresetFileError(f"{source} lacks the recording {recording.name!r}")
                data = archive.read(_name_of(recording), MAX_COPIED_BYTES)
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise PresetFileError(
                        f"{source} is damaged: {recording.name!r} differs; export it again"
                    )
                paths[sha256] = folder / f"{sha256}{recording.extension}"
                paths[sha256].write_bytes(data)
            return entries, paths
    except FileNotFoundError as error:
        raise PresetFileError(f"{source}: no such file") from error
    except ValueError as error:  # ArchiveError among them
        raise PresetFileError(f"{source} is damaged, or not an exported preset: {error}") from error
    except OSError as error:
        raise PresetFileError(f"{source} cannot be imported: {error.strerror or error}") from error


def _check_names(archive: Archive, source: Path) -> None:
    for name in archive.names:
        if name != MANIFEST_NAME and not _RECORDING_NAME.fullmatch(name):
            raise PresetFileError(f"{source} holds {name[:80]!r}, which is no part of a preset")
    if MANIFEST_NAME not in archive.names:
        raise PresetFileError(f"{source} is not an exported preset: it holds no {MANIFEST_NAME}")


def _name_of(recording: Recording) -> str:
    return str(PurePosixPath("recordings") / f"{recording.sha256}{recording.extension}")


def default_name(preset_name: str) -> str:
    """A file name for a preset that every system accepts."""
    safe = re.sub(r"[^\w\- ]+", "_", preset_name).strip() or "preset"
    return f"{safe[:80]}{SUFFIX}"
