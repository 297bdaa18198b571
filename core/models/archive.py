"""Carrying a bundle to a machine without a network: one .zip or .tar file.

The archive holds the manifest first, then the files it lists, uncompressed (weights do
not compress). What is imported may come from anywhere: only the files the manifest
names are taken, at the sizes it names, and nothing counts before every hash fits.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from core.errors import ModelDamaged, ModelMissing, OutputError, SettingsError
from core.files import output_error, replacing
from core.models.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Manifest,
    ManifestFile,
    save_manifest,
)
from core.models.registry import Bundle, Registry
from core.progress import Progress, always_continue, report

_BLOCK_BYTES = 2**20


def export_bundle(
    registry: Registry,
    bundle_id: str,
    path: str | os.PathLike[str],
    on_progress: Progress = always_continue,
) -> Path:
    """Write a bundle to one file, after checking every hash.

    Args:
        path: ends in ``.zip`` or ``.tar``; a file there is replaced.

    Raises:
        SettingsError: if the name ends otherwise.
        ModelMissing, ModelDamaged: if the bundle is not whole.
        OutputError: if the file cannot be written.
        Cancelled: if ``on_progress`` answered False.
    """
    target = Path(path)
    if target.suffix not in (".zip", ".tar"):
        raise SettingsError(f"{target} must end in .zip or .tar")
    bundle = registry.verify(bundle_id, lambda fraction: on_progress(fraction / 2))
    names = [MANIFEST_NAME, *(file.name for file in bundle.manifest.files)]
    with replacing(target) as stream:
        put = _zip_writer if target.suffix == ".zip" else _tar_writer
        with put(stream) as add:
            for index, name in enumerate(names):
                add(bundle.dir / name, name)
                report(on_progress, 0.5 + 0.5 * (index + 1) / len(names))
    return target


class _Add(Protocol):
    def __call__(self, source: Path, name: str) -> None: ...


@contextlib.contextmanager
def _zip_writer(stream: IO[bytes]) -> Iterator[_Add]:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        yield lambda source, name: archive.write(source, name)


@contextlib.contextmanager
def _tar_writer(stream: IO[bytes]) -> Iterator[_Add]:
    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        """Nothing of the exporting machine's users goes along, and hard links become files."""
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mode = 0o644
        return info

    with tarfile.open(fileobj=stream, mode="w", dereference=True) as archive:
        yield lambda source, name: archive.add(source, name, recursive=False, filter=plain)


def import_bundle(
    registry: Registry, path: str | os.PathLike[str], on_progress: Progress = always_continue
) -> Bundle:
    """Take a bundle from a file that :func:`export_bundle` wrote.

    Raises:
        ModelMissing: if there is no such file.
        ModelDamaged: if it is not such an archive, a file in it does not fit its manifest,
            or the manifest contradicts what this program knows of the bundle.
        OutputError: if the bundle cannot be written.
        Cancelled: if ``on_progress`` answered False.
    """
    source = Path(path)
    if not source.is_file():
        raise ModelMissing(f"{source}: no such file; give an archive from `timbre models export`")
    try:
        with source.open("rb") as stream, _open_archive(stream) as members:
            manifest = _read_manifest(members)
            _check_welcome(registry, manifest, members)
            folder = registry.models_dir / manifest.id
            return _install(registry, manifest, members, folder, on_progress)
    # Every way in which zipfile and tarfile say that an archive is damaged.
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, ValueError, KeyError,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        detail = " ".join(str(error).split()) or type(error).__name__
        raise ModelDamaged(f"{source} cannot be imported: {detail}; nothing was changed") from error
    except OSError as error:
        raise output_error(registry.models_dir, error) from error


class _Members(Protocol):
    """Regular files of an archive by name."""

    def names(self) -> list[str]: ...

    def open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]: ...


@contextlib.contextmanager
def _open_archive(stream: IO[bytes]) -> Iterator[_Members]:
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as archive:
            yield _ZipMembers(archive)
        return
    stream.seek(0)
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        yield _TarMembers(archive)


class _ZipMembers:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> list[str]:
        for info in self._archive.infolist():
            unix_type = info.external_attr >> 28
            if info.is_dir() or unix_type not in (0, 0o10):
                raise ValueError(f"{info.filename!r} in it is not a plain file")
        return [info.filename for info in self._archive.infolist()]

    def open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        return self._archive.open(name)


class _TarMembers:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def names(self) -> list[str]:
        for info in self._archive:
            if not info.isreg():
                raise ValueError(f"{info.name!r} in it is not a plain file")
        return self._archive.getnames()

    def open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        opened = self._archive.extractfile(name)
        if opened is None:
            raise ValueError(f"{name!r} in it is not a plain file")
        return contextlib.closing(opened)


def _read_manifest(members: _Members) -> Manifest:
    """The archive's manifest, if the archive holds exactly what that lists."""
    names = members.names()
    if MANIFEST_NAME not in names:
        raise ValueError("it holds no manifest.json")
    with members.open(MANIFEST_NAME) as stream:
        manifest = Manifest.from_json(stream.read(MAX_MANIFEST_BYTES))
    listed = [MANIFEST_NAME, *(file.name for file in manifest.files)]
    if sorted(names) != sorted(listed):
        odd = sorted(set(names) ^ set(listed)) or sorted(names)
        raise ValueError(
            f"its files are not those of its manifest: {', '.join(map(repr, odd[:3]))}"
        )
    if not manifest.is_pinned:
        raise ValueError("its manifest leaves hashes open")
    return manifest


def _check_welcome(registry: Registry, manifest: Manifest, members: _Members) -> None:
    """Refuse what contradicts the program's own or published bundles."""
    if manifest.id in registry.ids() and registry.is_shipped(manifest.id):
        raise ValueError(f"bundle {manifest.id} ships with the program")
    published = registry.published(manifest.id)
    if published is None:
        return
    own = {(file.role, file.name): file.sha256 for file in manifest.files}
    for file in published.files:
        if (file.role, file.name) not in own:
            raise ValueError(f"it lacks {file.name}, which {manifest.id} needs")
        if file.sha256 not in (None, own[file.role, file.name]):
            raise ValueError(f"its {file.name} is not the one published as {manifest.id}")


def _install(
    registry: Registry,
    manifest: Manifest,
    members: _Members,
    folder: Path,
    on_progress: Progress,
) -> Bundle:
    """Unpack beside the folder, check, and put in its place in one step."""
    total = sum(file.size or 0 for file in manifest.files)
    registry.models_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(registry.models_dir).free
    if total > free:
        raise OutputError(
            f"cannot import {manifest.id}: it needs {total / 1e9:.1f} GB in "
            f"{registry.models_dir}, {free / 1e9:.1f} GB are free"
        )
    unpacked = registry.models_dir / f".{uuid.uuid4().hex}"
    replaced = registry.models_dir / f".{uuid.uuid4().hex}"
    unpacked.mkdir()
    try:
        done = 0
        for file in manifest.files:
            target = unpacked / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with members.open(file.name) as source, target.open("xb") as stream:
                done = _copy(source, stream, file, done, total, on_progress)
        save_manifest(unpacked, manifest)
        if folder.exists():
            os.replace(folder, replaced)
        os.replace(unpacked, folder)
    finally:
        if replaced.exists() and not folder.exists():
            os.replace(replaced, folder)
        shutil.rmtree(unpacked, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return registry.resolve(manifest.id)


def _copy(
    source: IO[bytes],
    target: IO[bytes],
    file: ManifestFile,
    done: int,
    total: int,
    on_progress: Progress,
) -> int:
    """Copy one file, never more than its size, and check its hash; bytes done so far."""
    digest = hashlib.sha256()
    left = file.size or 0
    # One byte more than expected is asked for, so that a longer file is noticed.
    while block := source.read(min(_BLOCK_BYTES, left + 1)):
        left -= len(block)
        if left < 0:
            raise ValueError(f"{file.name} in it is longer than its manifest says")
        digest.update(block)
        target.write(block)
        done += len(block)
        report(on_progress, done / max(1, total))
    if left:
        raise ValueError(f"{file.name} in it is cut off")
    if digest.hexdigest() != file.sha256:
        raise ValueError(f"{file.name} in it is damaged: its hash does not fit its manifest")
    return done
