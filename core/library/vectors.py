"""A file of embeddings that can be searched without reading it first.

Records of one size, only ever appended: 32 bytes of a recipe's digest and 512 float32
values. The file is mapped into memory, so a search is one product of a matrix and a
vector, and every process shares one copy of the pages. Being a cache, it may be deleted at
any time. Which presets the digests belong to is the database's knowledge.

Why not sqlite-vec: Python's sqlite3 is built without loadable extensions unless asked
(pyenv's is, and macOS' own SQLite has none), so a second way with the same answers would be
needed anyway; and this way is the quicker one. For the exact nearest 20 of 100,000 on one
core, sqlite-vec 0.1.9 took 117 ms where this file took 17 ms, opening it included.
"""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.files import output_error
from core.types import EMBEDDING_DIM, FloatArray

DIGEST_BYTES = 32
RECORD_BYTES = DIGEST_BYTES + 4 * EMBEDDING_DIM
_MAGIC = b"timbre vectors 1"
"""Opens the first record; the 16 bytes after it are the file's own id."""


@dataclass(frozen=True)
class Vectors:
    """What the file held when it was opened.

    Attributes:
        store_id: another one means another file, with none of the old one's records.
        digests: uint8 [n, 32].
        embeddings: float32 [n, 512], a view of the mapped file.
    """

    store_id: str
    digests: npt.NDArray[np.uint8]
    embeddings: FloatArray

    def find(self, digest: bytes) -> FloatArray | None:
        """The embedding of a recipe, float32 [512], or None."""
        wanted = np.frombuffer(digest, np.uint8)
        first = np.flatnonzero(self.digests[:, 0] == wanted[0])
        hits = first[(self.digests[first] == wanted).all(axis=1)]
        return np.array(self.embeddings[hits[0]]) if len(hits) else None

    def similarities(self, vector: FloatArray) -> FloatArray:
        """Cosines with a unit vector, float32 [n]; −2 for records that are no unit vectors."""
        with np.errstate(all="ignore"):
            cosines: FloatArray = self.embeddings @ vector
        cosines[~(np.abs(cosines) < 1.001)] = -2.0
        return cosines


class VectorFile:
    """The embeddings of one encoder.

    Args:
        path: the file; it and its folder are made at the first :meth:`append`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[tuple[int, int], Vectors] | None = None

    def open(self) -> Vectors:
        """Map the file; empty with the id ``""`` if there is none, or it is not ours.

        The map is kept until the file has grown: touching 200 MB of fresh pages takes as
        long as the search itself.
        """
        try:
            status = self.path.stat()
            state = (status.st_ino, status.st_size)
            if self._opened is None or self._opened[0] != state:
                self._opened = (state, self._map(status.st_size // RECORD_BYTES))
            return self._opened[1]
        except OSError:
            return _nothing()

    def _map(self, count: int) -> Vectors:
        if not count:
            return _nothing()
        # A plain array over the map: numpy's subclass costs at every view.
        records = np.asarray(np.memmap(self.path, np.uint8, "r", shape=(count, RECORD_BYTES)))
        head = records[0].tobytes()
        if not head.startswith(_MAGIC):
            return _nothing()
        return Vectors(
            store_id=head[len(_MAGIC) : DIGEST_BYTES].hex(),
            digests=records[1:, :DIGEST_BYTES],
            embeddings=records.view(np.float32)[1:, DIGEST_BYTES // 4 :],
        )

    def append(self, digests: Sequence[bytes], embeddings: Sequence[FloatArray]) -> None:
        """Add records; another process may be doing the same.

        Args:
            digests: 32 bytes each.
            embeddings: float32 [512] each, unit norm.

        Raises:
            OutputError: if the file cannot be written; what was in it stays readable.
        """
        data = b"".join(
            digest + np.asarray(embedding, "<f4").tobytes()
            for digest, embedding in zip(digests, embeddings, strict=True)
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path) as handle:
                end = os.lseek(handle, 0, os.SEEK_END) // RECORD_BYTES * RECORD_BYTES
                os.lseek(handle, 0, os.SEEK_SET)
                if not end or os.read(handle, len(_MAGIC)) != _MAGIC:
                    os.ftruncate(handle, 0)
                    data = (_MAGIC + uuid.uuid4().bytes).ljust(RECORD_BYTES, b"\0") + data
                    end = 0
                # Over the rest of a record that a crash cut short, if there is one.
                os.lseek(handle, end, os.SEEK_SET)
                _write_all(handle, data)
                os.fsync(handle)
        except OSError as error:
            raise output_error(self.path, error) from error


def _nothing() -> Vectors:
    return Vectors(
        "", np.zeros((0, DIGEST_BYTES), np.uint8), np.zeros((0, EMBEDDING_DIM), np.float32)
    )


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open for appending, alone among all processes."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        if sys.platform == "win32":
            import msvcrt

            # A byte far past the end stands for the file; the system frees it on close.
            os.lseek(handle, 1 << 30, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
