"""Pulling a bundle from the Hugging Face hub, only when asked to.

A broken or cancelled pull keeps what it has and goes on from there next time. Files whose
hash the manifest leaves open are trusted on first use: what came is compared with the
hash the hub itself states, recorded in the installed manifest, and checked ever after.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import ModelDamaged, ModelError, ModelMissing, OutputError
from core.models.hub import ByteCounter, RemoteFile, describe, download, endpoint, explained
from core.models.manifest import (
    MAIN,
    Manifest,
    ManifestFile,
    Origin,
    measure,
    read_manifest,
    save_manifest,
)
from core.models.registry import Bundle, Registry
from core.models.transfer import TransferCallback, ignore_transfer
from core.progress import ProgressCallback, always_continue

_PARTS = ".parts"
"""Folder inside a bundle's for what has come so far."""


def pull(
    registry: Registry,
    bundle_id: str,
    on_progress: ProgressCallback = always_continue,
    on_transfer: TransferCallback = ignore_transfer,
) -> Bundle:
    """Fetch what is missing or damaged of a bundle, and record what came.

    Args:
        registry: where the bundle goes.
        bundle_id: a published one, or one that ships and is only verified.
        on_progress: called with the fraction that is here.
        on_transfer: called with the same in bytes.

    Raises:
        ModelMissing: if the bundle is unknown, cannot be pulled, or the hub cannot be
            reached or does not have it.
        ModelDamaged: if what the hub sends is not what it or the manifest says.
        OutputError: if it cannot be written.
        Cancelled: if ``on_progress`` answered False; the next pull goes on from there.
    """
    if registry.is_shipped(bundle_id):
        return registry.verify(bundle_id, on_progress)
    manifest = _manifest_to_pull(registry, bundle_id)
    folder = registry.folder(bundle_id)
    with explained(bundle_id, folder):
        (folder / _PARTS).mkdir(parents=True, exist_ok=True)
        remotes = _describe_all(manifest)
        _check_room(registry, folder, manifest, remotes)
        counter = ByteCounter(sum(remote.size for remote in remotes), on_progress, on_transfer)
        pinned = tuple(
            _fetch(registry, folder, file, remote, counter)
            for file, remote in zip(manifest.files, remotes, strict=True)
        )
        save_manifest(folder, replace(manifest, files=pinned))
        shutil.rmtree(folder / _PARTS, ignore_errors=True)
    return registry.resolve(bundle_id)


def _manifest_to_pull(registry: Registry, bundle_id: str) -> Manifest:
    """The published manifest, with what earlier pulls recorded."""
    published = registry.published(bundle_id)
    if published is None:
        raise ModelMissing(
            f"bundle {bundle_id} is not published anywhere; it comes with `timbre models import`"
        )
    try:
        installed = {file.role: file for file in read_manifest(registry.folder(bundle_id)).files}
    except (FileNotFoundError, ModelError):
        installed = {}
    files = []
    for file in published.files:
        own = installed.get(file.role)
        if own is not None and own.name == file.name and file.sha256 in (None, own.sha256):
            file = own if own.origin is not None else replace(own, origin=file.origin)
        files.append(file)
    return replace(published, files=tuple(files))


def _describe_all(manifest: Manifest) -> list[RemoteFile]:
    """What the hub says of each file."""
    remotes: list[RemoteFile] = []
    commits: dict[str, str] = {}
    for file in manifest.files:
        origin = _origin(file)
        if origin.revision == MAIN:
            # All files of one repository come from one commit, even if it moves meanwhile.
            origin = replace(origin, revision=commits.get(origin.repo, MAIN))
        remotes.append(describe(origin))
        commits[origin.repo] = remotes[-1].commit
    return remotes


def _check_room(
    registry: Registry, folder: Path, manifest: Manifest, remotes: Sequence[RemoteFile]
) -> None:
    """Refuse before hours of transfer what the disk has no room for.

    Raises:
        OutputError: if it has not.
    """
    needed = 0
    for file, remote in zip(manifest.files, remotes, strict=True):
        target, part = folder / file.name, _part(folder, remote)
        if target.is_file() and target.stat().st_size == remote.size:
            continue
        expected = file.sha256 or remote.sha256
        if expected is not None and _same_content_elsewhere(registry, folder, expected):
            continue
        needed += remote.size - (part.stat().st_size if part.is_file() else 0)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"cannot pull {manifest.id}: it needs {needed / 1e9:.1f} GB more in {folder}, "
            f"{free / 1e9:.1f} GB are free; free some space, or set TIMBRE_HOME to another disk"
        )


def _part(folder: Path, remote: RemoteFile) -> Path:
    """What has come so far of a file."""
    return folder / _PARTS / f"{remote.etag[:32]}.part"


def _origin(file: ManifestFile) -> Origin:
    if file.origin is None:
        raise ModelMissing(f"{file.name} is not published; it comes with `timbre models import`")
    return file.origin


def _fetch(
    registry: Registry, folder: Path, file: ManifestFile, remote: RemoteFile, counter: ByteCounter
) -> ManifestFile:
    """Bring one file into the folder; the manifest's entry with nothing left open."""
    expected = file.sha256 or remote.sha256
    target = folder / file.name
    origin = replace(_origin(file), revision=remote.commit)
    if file.sha256 and remote.sha256 and file.sha256 != remote.sha256:
        raise ModelDamaged(
            f"{endpoint()} now has another {file.name} ({remote.sha256[:12]}…) than the one "
            f"recorded ({file.sha256[:12]}…); nothing was changed"
        )
    if expected is not None:
        for candidate in (target, *_same_content_elsewhere(registry, folder, expected)):
            if _is(candidate, remote.size, expected):
                if candidate != target:
                    _link(candidate, target)
                counter.finish(remote.size)
                return replace(file, size=remote.size, sha256=expected, origin=origin)
    part = _part(folder, remote)
    download(remote, part, counter)
    size, sha256 = measure(part)
    if size != remote.size or sha256 != (expected or sha256):
        part.unlink()
        raise ModelDamaged(
            f"what {endpoint()} sent as {file.name} is damaged ({size} bytes, sha256 "
            f"{sha256[:12]}…, expected {remote.size}, {(expected or 'any')[:12]}…); pull again"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    return replace(file, size=size, sha256=sha256, origin=origin)


def _is(path: Path, size: int, sha256: str) -> bool:
    return path.is_file() and path.stat().st_size == size and measure(path)[1] == sha256


def _same_content_elsewhere(registry: Registry, folder: Path, sha256: str) -> list[Path]:
    """The same content in other bundles: the published ones share gigabytes."""
    return [
        listing.dir / file.name
        for listing in registry.listings()
        if listing.dir is not None and listing.dir != folder and listing.state != "damaged"
        for file in registry.manifest(listing.id).files
        if file.sha256 == sha256
    ]


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
