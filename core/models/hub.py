"""A file on the Hugging Face hub: what the hub says of it, and its bytes.

The bytes come through the client's ``http_get``, the function below ``hf_hub_download``. That
one will not do: today's versions throw away what has come of a file when they stop, and over
Xet they ignore what a progress bar raises and go on to the file's end. A cancelled pull has
to stop, and to go on from there next time.

``HF_ENDPOINT`` names another hub. No token is ever sent.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.errors import ModelMissing
from core.files import output_error
from core.models.manifest import Origin
from core.models.transfer import Transfer, TransferCallback, ignore_transfer
from core.progress import ProgressCallback, always_continue, report

DEFAULT_ENDPOINT = "https://huggingface.co"

_DISK_ERRNOS = {
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EPERM", "EROFS")
}


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub describes it.

    Attributes:
        url: of the one commit, not of a branch that may move between asking and fetching.
        etag: hexadecimal digits that change with the content.
        commit: that the revision stands for now.
        size: bytes.
        sha256: as stated by the hub, which it does for large files only.
    """

    url: str
    etag: str
    commit: str
    size: int
    sha256: str | None


def endpoint() -> str:
    """The hub's address, without a slash at its end."""
    # Read at each pull: the client library reads it once, when it is imported.
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT


def describe(origin: Origin) -> RemoteFile:
    """Ask the hub about a file.

    Raises:
        ModelMissing: if it does not say enough to tell later whether all has come.
        Exception: what the client raises; see :func:`explained`.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(origin.repo, origin.path, revision=origin.revision, endpoint=endpoint())
    metadata = get_hf_file_metadata(url, token=False, endpoint=endpoint())
    if not metadata.etag or not metadata.commit_hash or metadata.size is None:
        raise ModelMissing(f"{endpoint()} says too little about {origin.path} to pull it safely")
    etag = metadata.etag.lower()
    if not etag.isalnum():
        raise ModelMissing(f"{endpoint()} gives {origin.path} a tag that is no hash")
    is_sha256 = len(etag) == 64 and all(digit in "0123456789abcdef" for digit in etag)
    url = hf_hub_url(origin.repo, origin.path, revision=metadata.commit_hash, endpoint=endpoint())
    return RemoteFile(url, etag, metadata.commit_hash, metadata.size, etag if is_sha256 else None)


def download(remote: RemoteFile, part: Path, counter: ByteCounter) -> None:
    """Append to a file what it lacks; the client tries again while something arrives.

    Args:
        remote: what to fetch.
        part: what has come so far; made if there is none.
        counter: told of every block.

    Raises:
        Cancelled: if the counter's callback answered False; ``part`` stays.
        Exception: what the client raises; see :func:`explained`.
    """
    from huggingface_hub.file_download import http_get

    with part.open("ab") as stream:
        have = stream.tell()
        if have > remote.size:
            have = stream.truncate(0)
        http_get(
            remote.url,
            stream,
            resume_size=have,
            # Compressed, the bytes would not be those that the size and the ranges count.
            headers={"Accept-Encoding": "identity"},
            expected_size=remote.size,
            tqdm_class=counter.bar_class(),
        )
    counter.finish(remote.size)


class ByteCounter:
    """Bytes that are here, reported to a progress callback as a fraction.

    Args:
        total: bytes of all files together.
        on_progress: called with the fraction in 0…1.
        on_transfer: called with the same in bytes.
    """

    def __init__(
        self,
        total: int,
        on_progress: ProgressCallback = always_continue,
        on_transfer: TransferCallback = ignore_transfer,
    ) -> None:
        self._on_progress, self._on_transfer = on_progress, on_transfer
        self._total = max(1, total)
        self._finished = 0
        self._came = 0
        self._report(0)

    def finish(self, size: int) -> None:
        """Count a whole file.

        Raises:
            Cancelled: if the callback answered False.
        """
        self._finished += size
        self._report(0)

    def _report(self, coming: int) -> None:
        self._on_transfer(Transfer(self._finished + coming, self._total, self._came))
        report(self._on_progress, (self._finished + coming) / self._total)

    def bar_class(self) -> type[Any]:
        """What the client takes for the class of its progress bar (``tqdm_class``).

        The client updates it before it writes a block, in the thread that reads: what it
        raises, such as Cancelled, ends the download.
        """
        counter = self

        class Bar:
            def __init__(self, initial: int = 0, **_look: object) -> None:
                self._size = initial
                counter._report(initial)

            def update(self, size: int) -> None:
                self._size += size  # negative where a server starts over
                counter._came += max(0, size)
                counter._report(self._size)

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_error: object) -> None:
                """Nothing is shown, so nothing is to be closed."""

        return Bar


@contextlib.contextmanager
def explained(bundle_id: str, folder: Path) -> Iterator[None]:
    """Turn what the hub's client raises into one line.

    Args:
        bundle_id: of the bundle that is pulled.
        folder: that is written to.

    Raises:
        ModelMissing: if the hub cannot be reached, does not have the file, or breaks off.
        OutputError: if the folder cannot be written to.
    """
    from huggingface_hub import errors

    again = f"run `timbre models pull {bundle_id}` again; it goes on from where it stopped"
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelMissing(
            f"cannot pull {bundle_id}: HF_HUB_OFFLINE is set; unset it and try again"
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise ModelMissing(
            f"cannot pull {bundle_id}: {endpoint()} answered {status}"
            + ("; the file is not there" if status == 404 else f"; {again}")
        ) from error
    # The transport's own errors, such as a refused connection. Their base is a name of another
    # package, httpx or httpx2 by the client's version; it re-exports whichever it uses.
    except errors.HTTPError as error:  # type: ignore[attr-defined]
        raise ModelMissing(
            f"cannot pull {bundle_id} from {endpoint()}: {type(error).__name__}; {again}"
        ) from error
    except OSError as error:
        if error.errno in _DISK_ERRNOS:
            raise output_error(folder, error) from error
        # The client says by OSError that the content was shorter or longer than announced.
        raise ModelMissing(f"cannot pull {bundle_id}: the transfer broke off; {again}") from error
