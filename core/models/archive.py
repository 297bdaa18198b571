"""Carrying a bundle to a machine without a network: one .zip or .tar file.

The archive holds the manifest first, then the files it lists, uncompressed (weights do
not compress). What is imported may come from anywhere: :mod:`core.archives` refuses what
is unsafe, only the files the manifest names are taken, at the sizes it names, and nothing
counts before every hash fits.
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

from core.archives import Archive, open_archive
from core.errors import ModelDamaged, ModelMissing, OutputError, SettingsError
from core.files import check_writable, output_error, refuse_existing, replacing
from core.models.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Manifest,
    save_manifest,
)
from core.models.registry import Bundle, Registry
from core.progress import ProgressCallback, always_continue, report


def export_bundle(
    registry: Registry,
    bundle_id: str,
    path: str | os.PathLike[str],
    on_progress: ProgressCallback = always_continue,
    *,
    force: bool = False,
) -> Path:
    """Write a bundle to one file, after checking every hash.

    Args:
        registry: where the bundle is.
        bundle_id: of a bundle on this machine.
        path: ends in ``.zip`` or ``.tar``.
        on_progress: called with the fraction done, checking and writing alike.
        force: replace a file that is there.

    Raises:
        SettingsError: if the name ends otherwise.
        ModelMissing, ModelDamaged: if the bundle is not whole.
        OutputError: if the file cannot be written, or is there already.
        Cancelled: if ``on_progress`` answered False.
    """
    target = Path(path)
    refuse_existing(target, force=force)
    check_writable(target)
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
    registry: Registry,
    path: str | os.PathLike[str],
    on_progress: ProgressCallback = always_continue,
) -> Bundle:
    """Take a bundle from a file that :func:`export_bundle` wrote.

    Args:
        registry: where the bundle goes; one of its id there is replaced.
        path: a zip or tar file.
        on_progress: called with the fraction unpacked.

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
        with source.open("rb") as stream, open_archive(stream) as archive:
            manifest = _read_manifest(archive)
            _check_welcome(registry, manifest)
            folder = registry.models_dir / manifest.id
            return _install(registry, manifest, archive, folder, on_progress)
    except ValueError as error:  # ArchiveError among them
        detail = " ".join(str(error).split()) or type(error).__name__
        raise ModelDamaged(f"{source} cannot be imported: {detail}; nothing was changed") from error
    except OSError as error:
        raise output_error(registry.models_dir, error) from error


def _read_manifest(archive: Archive) -> Manifest:
    """The archive's manifest, if the archive holds exactly what that lists."""
    if MANIFEST_NAME not in archive.names:
        raise ValueError("it holds no manifest.json")
    manifest = Manifest.from_json(archive.read(MANIFEST_NAME, MAX_MANIFEST_BYTES))
    odd = set(archive.names) ^ {MANIFEST_NAME, *(file.name for file in manifest.files)}
    if odd:
        raise ValueError(
            f"its files are not those of its manifest: {', '.join(map(repr, sorted(odd)[:3]))}"
        )
    if not manifest.is_pinned:
        raise ValueError("its manifest leaves hashes open")
    for file in manifest.files:
        if archive.size(file.name) < (file.size or 0):
            raise ValueError(f"{file.name} in it is cut off")
        if archive.size(file.name) > (file.size or 0):
            raise ValueError(f"{file.name} in it is longer than its manifest says")
    return manifest


def _check_welcome(registry: Registry, manifest: Manifest) -> None:
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
    archive: Archive,
    folder: Path,
    on_progress: ProgressCallback,
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
            digest = hashlib.sha256()
            with target.open("xb") as stream:
                for block in archive.blocks(file.name):
                    digest.update(block)
                    stream.write(block)
                    done += len(block)
                    report(on_progress, done / max(1, total))
            if digest.hexdigest() != file.sha256:
                raise ValueError(
                    f"{file.name} in it is damaged: its hash does not fit its manifest"
                )
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
