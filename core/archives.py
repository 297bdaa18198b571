"""Reading archives that may mean harm: the checks that every import of one shares.

An archive from elsewhere may hold links, devices, names that lead out of a folder or stand
twice, and sizes that lie. :func:`open_zip` and :func:`open_archive` refuse those before
anything is unpacked, as far as headers tell; what they do not tell is counted while reading.
Nothing here writes a file: which entry goes where is the caller's to decide.
"""

from __future__ import annotations

import contextlib
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

_BLOCK_BYTES = 2**20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,  # a packing that this Python does not know
    RuntimeError,  # encrypted
)
"""Every way in which zipfile and tarfile say that an archive is damaged."""


class ArchiveError(ValueError):
    """An archive that is damaged or not a safe one; the message speaks of it as "it"."""


@dataclass(frozen=True)
class _Member:
    size: int
    packed_size: int
    open: Callable[[], contextlib.AbstractContextManager[IO[bytes]]]


class Archive:
    """The plain files of an archive, by name.

    Made by :func:`open_zip` and :func:`open_archive`.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Member] = {}

    @property
    def names(self) -> list[str]:
        """Relative paths with forward slashes, each once, in the archive's order."""
        return list(self._entries)

    def size(self, name: str) -> int:
        """Unpacked bytes of an entry, as its header states; :meth:`blocks` holds it to that."""
        return self._entries[name].size

    def blocks(self, name: str) -> Iterator[bytes]:
        """An entry's content, a megabyte at a time.

        Raises:
            ArchiveError: if it is damaged, or longer or shorter than its header states.
        """
        entry = self._entries[name]
        left = entry.size
        with _damage_named(), entry.open() as stream:
            # One byte more than stated is asked for, so that a longer entry is noticed.
            while block := stream.read(min(_BLOCK_BYTES, left + 1)):
                left -= len(block)
                if left < 0:
                    break
                yield block
        if left:
            raise ArchiveError(f"the size of {name!r} in it is not the one its header states")

    def read(self, name: str, max_bytes: int) -> bytes:
        """An entry's whole content.

        Args:
            name: of the entry.
            max_bytes: what the caller is ready to hold.

        Raises:
            ArchiveError: if it is damaged, longer than that, or not as long as its header
                states.
        """
        if self.size(name) > max_bytes:
            raise ArchiveError(f"{name!r} in it unpacks to more than {max_bytes:,} bytes")
        return b"".join(self.blocks(name))

    def _add(self, name: str, entry: _Member) -> None:
        if not is_plain_path(name):
            raise ArchiveError(f"{name[:80]!r} in it is not a plain path inside a folder")
        if name in self._entries:
            raise ArchiveError(f"it holds {name!r} twice")
        self._entries[name] = entry

    def _check_total(self, max_total_bytes: int | None, max_ratio: int | None) -> None:
        entries = self._entries.values()
        if max_total_bytes is not None and sum(e.size for e in entries) > max_total_bytes:
            raise ArchiveError(f"it unpacks to more than {max_total_bytes:,} bytes")
        # Below a kilobyte a ratio says nothing.
        if max_ratio is not None and any(
            e.size > max_ratio * max(e.packed_size, 1000) for e in entries
        ):
            raise ArchiveError(f"it unpacks to more than {max_ratio} times its size")


def is_plain_path(name: str) -> bool:
    """Whether a name from elsewhere can stand for a file inside a folder, on every system.

    Relative, forward slashes, no ``.`` or ``..``, nothing hidden, and no character that some
    system reads as something else.
    """
    path = PurePosixPath(name)
    return (
        bool(path.parts)
        and str(path) == name
        and not path.is_absolute()
        and not any(part.startswith(".") for part in path.parts)
        and not any(not c.isprintable() or c in '\\:*?"<>|' for c in name)
    )


@contextlib.contextmanager
def open_zip(
    stream: IO[bytes], *, max_total_bytes: int | None = None, max_ratio: int | None = None
) -> Iterator[Archive]:
    """Open a zip file and check all that can be told without unpacking.

    Args:
        stream: of the file, seekable.
        max_total_bytes: all entries together, unpacked, at most.
        max_ratio: an entry's unpacked over its packed size, at most.

    Raises:
        ArchiveError: if it is damaged, exceeds a limit, or an entry is no plain file, has an
            unsafe name or that of another, is encrypted, or packed in an unusual way.
    """
    with contextlib.ExitStack() as stack:
        with _damage_named():
            zipped = stack.enter_context(zipfile.ZipFile(stream))
            archive = Archive()
            for info in zipped.infolist():
                file_type = stat.S_IFMT(info.external_attr >> 16)
                if info.is_dir() or file_type not in (0, stat.S_IFREG):
                    raise _no_plain_file(info.filename)
                if info.flag_bits & 1:
                    raise ArchiveError(f"{info.filename!r} in it is encrypted")
                if info.compress_type not in _PACKINGS:
                    raise ArchiveError(f"{info.filename!r} in it is packed in an unusual way")
                archive._add(
                    info.filename,
                    _Member(info.file_size, info.compress_size, _zip_opener(zipped, info)),
                )
            archive._check_total(max_total_bytes, max_ratio)
        yield archive


@contextlib.contextmanager
def open_archive(stream: IO[bytes], *, max_total_bytes: int | None = None) -> Iterator[Archive]:
    """Open a zip or an uncompressed tar file, whichever it is, as :func:`open_zip` does.

    Args:
        stream: of the file, seekable.
        max_total_bytes: all entries together, unpacked, at most.

    Raises:
        ArchiveError: see :func:`open_zip`.
    """
    if zipfile.is_zipfile(stream):
        with open_zip(stream, max_total_bytes=max_total_bytes) as archive:
            yield archive
        return
    stream.seek(0)
    with contextlib.ExitStack() as stack:
        with _damage_named():
            tar = stack.enter_context(tarfile.open(fileobj=stream, mode="r:"))
            archive = Archive()
            for info in tar:
                # A sparse file of a few bytes can unpack to any size.
                if not info.isreg() or info.issparse():
                    raise _no_plain_file(info.name)
                archive._add(info.name, _Member(info.size, info.size, _tar_opener(tar, info)))
            archive._check_total(max_total_bytes, None)
        yield archive


_Opener = Callable[[], contextlib.AbstractContextManager[IO[bytes]]]


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Opener:
    return lambda: archive.open(info)


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Opener:
    def open_member() -> contextlib.AbstractContextManager[IO[bytes]]:
        stream = archive.extractfile(info)
        if stream is None:
            raise _no_plain_file(info.name)
        return contextlib.closing(stream)

    return open_member


def _no_plain_file(name: str) -> ArchiveError:
    return ArchiveError(f"{name[:80]!r} in it is not a plain file but a folder, link or device")


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except ArchiveError:
        raise
    except _DAMAGE as error:
        raise ArchiveError(" ".join(str(error).split()) or type(error).__name__) from error
