"""Pulling a bundle from the Hugging Face hub, only when asked to.

A broken or cancelled pull keeps what it has and goes on from there next time. Files whose
hash the manifest leaves open are trusted on first use: what came is compared with the
hash the hub itself states, recorded in the installed manifest, and checked ever after.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, ModelDamaged, ModelError, ModelMissing
from core.files import output_error
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
from core.progress import Progress, always_continue, report

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

DEFAULT_ENDPOINT = "https://huggingface.co"
_TIMEOUT_S = 30.0
_TRIES = 3
_BLOCK_BYTES = 2**18
_PARTS = ".parts"
"""Folder inside a bundle's for what has come so far."""


@dataclass(frozen=True)
class _Remote:
    """A file as the hub describes it.

    Attributes:
        sha256: as stated by the hub, which it does for large files only.
    """

    url: str
    etag: str
    commit: str
    size: int
    sha256: str | None


def pull(registry: Registry, bundle_id: str, on_progress: Progress = always_continue) -> Bundle:
    """Fetch what is missing or damaged of a bundle, and record what came.

    ``HF_ENDPOINT`` names another hub. No token is ever sent.

    Raises:
        ModelMissing: if the bundle is unknown, cannot be pulled, or the hub cannot be
            reached or does not have it.
        ModelDamaged: if what the hub sends is not what it or the manifest says.
        OutputError: if it cannot be written.
        Cancelled: if ``on_progress`` answered False; the next pull goes on from there.
    """
    if registry.is_shipped(bundle_id):
        return registry.verify(bundle_id, on_progress)
    wanted = _wanted(registry, bundle_id)
    folder = registry.folder(bundle_id)
    with _explained(bundle_id, folder):
        (folder / _PARTS).mkdir(parents=True, exist_ok=True)
        remotes: list[_Remote] = []
        commits: dict[str, str] = {}
        for file in wanted.files:
            remote = _describe(file, commits)
            if file.origin is not None:
                # All files of one repository come from one commit, even if it moves meanwhile.
                commits[file.origin.repo] = remote.commit
            remotes.append(remote)
        bar = _Bar(on_progress, sum(remote.size for remote in remotes))
        pinned = tuple(
            _fetch(registry, folder, file, remote, bar)
            for file, remote in zip(wanted.files, remotes, strict=True)
        )
        save_manifest(folder, replace(wanted, files=pinned))
        shutil.rmtree(folder / _PARTS, ignore_errors=True)
    return registry.resolve(bundle_id)


def _wanted(registry: Registry, bundle_id: str) -> Manifest:
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


@contextlib.contextmanager
def _explained(bundle_id: str, folder: Path) -> Iterator[None]:
    """Turn what the hub's client raises into one line."""
    from huggingface_hub import errors

    again = f"run `timbre models pull {bundle_id}` again; it goes on from where it stopped"
    try:
        yield
    except Cancelled:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise ModelMissing(
            f"cannot pull {bundle_id}: HF_HUB_OFFLINE is set; unset it and try again"
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise ModelMissing(
            f"cannot pull {bundle_id}: {_endpoint()} answered {status}"
            + ("; the file is not there" if status == 404 else f"; {again}")
        ) from error
    # The transport's own errors, such as a refused connection; the client re-exports their base.
    except errors.HTTPError as error:  # type: ignore[attr-defined]
        raise ModelMissing(
            f"cannot pull {bundle_id} from {_endpoint()}: {type(error).__name__}; {again}"
        ) from error
    except errors.FileMetadataError as error:
        raise ModelMissing(
            f"cannot pull {bundle_id}: {_endpoint()} does not answer like a hub"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EPERM, errno.EDQUOT):
            raise output_error(folder, error) from error
        # The client says by OSError that the content was shorter or longer than announced.
        raise ModelMissing(f"cannot pull {bundle_id}: the transfer broke off; {again}") from error


def _endpoint() -> str:
    # Read at each pull: the client library reads it once, when it is imported.
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT


def _describe(file: ManifestFile, commits: dict[str, str]) -> _Remote:
    """Ask the hub about a file."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    origin = _origin(file)
    revision = origin.revision
    if revision == MAIN:
        revision = commits.get(origin.repo, MAIN)
    url = hf_hub_url(origin.repo, origin.path, revision=revision, endpoint=_endpoint())
    found: HfFileMetadata = get_hf_file_metadata(url, token=False, endpoint=_endpoint())
    if found.etag is None or found.commit_hash is None or found.size is None:
        raise ModelMissing(f"{_endpoint()} says too little about {origin.path} to pull it safely")
    etag = found.etag.lower()
    is_sha256 = len(etag) == 64 and all(digit in "0123456789abcdef" for digit in etag)
    if not etag.isalnum():
        raise ModelMissing(f"{_endpoint()} gives {origin.path} a tag that is no hash")
    # The commit, not the name of a branch that may move between asking and fetching.
    url = hf_hub_url(origin.repo, origin.path, revision=found.commit_hash, endpoint=_endpoint())
    return _Remote(url, etag, found.commit_hash, found.size, etag if is_sha256 else None)


def _origin(file: ManifestFile) -> Origin:
    if file.origin is None:
        raise ModelMissing(f"{file.name} is not published; it comes with `timbre models import`")
    return file.origin


def _fetch(
    registry: Registry, folder: Path, file: ManifestFile, remote: _Remote, bar: _Bar
) -> ManifestFile:
    """Bring one file into the folder; the manifest's entry with nothing left open."""
    expected = file.sha256 or remote.sha256
    target = folder / file.name
    origin = replace(_origin(file), revision=remote.commit)
    if file.sha256 and remote.sha256 and file.sha256 != remote.sha256:
        raise ModelDamaged(
            f"{_endpoint()} now has another {file.name} ({remote.sha256[:12]}…) than the one "
            f"recorded ({file.sha256[:12]}…); nothing was changed"
        )
    if expected is not None:
        for candidate in (target, *_elsewhere(registry, folder, expected)):
            if _is(candidate, remote.size, expected):
                if candidate != target:
                    _link(candidate, target)
                bar.add(remote.size)
                return replace(file, size=remote.size, sha256=expected, origin=origin)
    part = folder / _PARTS / f"{remote.etag[:32]}.part"
    _download(remote, part, bar)
    size, sha256 = measure(part)
    if size != remote.size or sha256 != (expected or sha256):
        part.unlink()
        raise ModelDamaged(
            f"what {_endpoint()} sent as {file.name} is damaged ({size} bytes, sha256 "
            f"{sha256[:12]}…, expected {remote.size}, {(expected or 'any')[:12]}…); pull again"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    return replace(file, size=size, sha256=sha256, origin=origin)


def _is(path: Path, size: int, sha256: str) -> bool:
    return path.is_file() and path.stat().st_size == size and measure(path)[1] == sha256


def _elsewhere(registry: Registry, folder: Path, sha256: str) -> list[Path]:
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


def _download(remote: _Remote, part: Path, bar: _Bar) -> None:
    """Append to ``part`` what it lacks, trying again while something still arrives."""
    from huggingface_hub import errors

    with part.open("ab") as stream:
        have = stream.tell()
        if have > remote.size:
            have = stream.truncate(0)
        bar.add(have)
        tries_left = _TRIES
        while have < remote.size:
            before = have
            try:
                for block in _blocks(remote, have):
                    if block is None:  # the server starts from the beginning again
                        bar.add(-have)
                        have = before = stream.truncate(0)
                        continue
                    stream.write(block)
                    have += len(block)
                    bar.add(len(block))
                    if have > remote.size:
                        return  # too much is as wrong as too little; the caller says so
            except errors.HfHubHTTPError:
                raise
            except errors.HTTPError:  # type: ignore[attr-defined]
                tries_left = _TRIES if have > before else tries_left - 1
                if not tries_left:
                    raise
            else:
                if have == before:
                    return  # it ended short of what was announced


def _blocks(remote: _Remote, start: int) -> Iterator[bytes | None]:
    """The file's bytes from ``start`` on; None first if it comes whole all the same."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # resolved lazily
        build_hf_headers,
        hf_raise_for_status,
        http_stream_backoff,
    )

    headers = {**build_hf_headers(token=False), "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with http_stream_backoff(
        "GET",
        remote.url,
        headers=headers,
        timeout=_TIMEOUT_S,
        retry_on_exceptions=(),  # the client would send the body from its start again
    ) as response:
        hf_raise_for_status(response)
        if start and response.status_code != 206:
            yield None
        yield from response.iter_bytes(_BLOCK_BYTES)


class _Bar:
    """Bytes that are here, told to a progress callback as a fraction."""

    def __init__(self, on_progress: Progress, total: int) -> None:
        self._on_progress = on_progress
        self._total = max(1, total)
        self._done = 0
        report(on_progress, 0.0)

    def add(self, size: int) -> None:
        """Count bytes that are here.

        Raises:
            Cancelled: if the caller has had enough.
        """
        self._done += size
        report(self._on_progress, self._done / self._total)
