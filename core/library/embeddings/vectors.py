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
import hashlib
import os
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.files import output_error
from core.library.embeddings.screening import ScreenedVectors
from core.types import EMBEDDING_DIM, FloatArray

DIGEST_BYTES = 32
RECORD_BYTES = DIGEST_BYTES + 4 * EMBEDDING_DIM
_MANY = 10_000
"""With fewer, comparing all of them takes a millisecond or two."""

_ON_ONE_THREAD = 4000

_FEW = 8
"""Comparing more than this part of them one by one is slower than comparing all."""

_MAGIC = b"timbre vectors 1"
"""Opens the first record; the 16 bytes after it are the file's own id."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Embeddings by the digests of their recipes, as they were when they were opened.

    Attributes:
        store_id: another one means another store, with none of the old one's records.
        digests: uint8 [n, 32].
        embeddings: float32 [n, 512], perhaps a view of a mapped file.
    """

    store_id: str
    digests: npt.NDArray[np.uint8]
    embeddings: FloatArray

    @classmethod
    def of(cls, rows: Mapping[bytes, FloatArray]) -> Vectors:
        """Embeddings in memory; the same digests have the same ``store_id``, none has ``""``.

        Args:
            rows: float32 [512] by digest.
        """
        packed = b"".join(rows)
        digests = np.frombuffer(packed, np.uint8).reshape(-1, DIGEST_BYTES)
        embeddings = np.array(list(rows.values()), np.float32).reshape(-1, EMBEDDING_DIM)
        store_id = hashlib.sha256(packed).hexdigest()[:32] if rows else ""
        return cls(store_id, digests, embeddings)

    def __len__(self) -> int:
        return len(self.digests)

    def items(self) -> Iterator[tuple[bytes, FloatArray]]:
        """Every digest with its embedding."""
        for digest, row in zip(self.digests, self.embeddings, strict=True):
            yield digest.tobytes(), row

    @cached_property
    def _sorted_heads(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
        """The digests' first eight bytes in order, and whose they are."""
        heads = np.ascontiguousarray(self.digests[:, :8]).view(np.uint64)[:, 0]
        order = np.argsort(heads, kind="stable")
        return heads[order], order

    def find(self, digest: bytes) -> FloatArray | None:
        """The embedding of a recipe, float32 [512], or None."""
        heads, order = self._sorted_heads
        wanted = np.frombuffer(digest[:8], np.uint64)[0]
        first, end = np.searchsorted(heads, wanted, "left"), np.searchsorted(heads, wanted, "right")
        for index in order[first:end]:
            if self.digests[index].tobytes() == digest:
                return np.array(self.embeddings[index])
        return None

    def indices_of(self, digests: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
        """Which records are of these recipes, int [m]; −1 for those that are not here.

        Args:
            digests: uint8 [m, 32].
        """
        heads, order = self._sorted_heads
        if not len(heads) or not len(digests):
            return np.full(len(digests), -1, np.intp)
        wanted = np.ascontiguousarray(digests[:, :8]).view(np.uint64)[:, 0]
        place = np.minimum(np.searchsorted(heads, wanted), len(heads) - 1)
        index: npt.NDArray[np.intp] = order[place]
        # Eight bytes that two recipes share are as likely as a damaged disk: then it is not found.
        index[(self.digests[index] != digests).any(axis=1)] = -1
        return index

    def nearest(self, vector: FloatArray, count: int) -> list[tuple[bytes, float]]:
        """The digests with the largest cosines with a vector, in no order.

        Args:
            vector: float32 [512], unit norm.
            count: of digests, fewer if there are not so many.

        Returns:
            Digests with their cosines; −2 for records that are no unit vectors.
        """
        if not len(self):
            return []
        count = min(count, len(self))
        looked_at = self._candidates(vector, count)
        rows = self if looked_at is None else self._some(looked_at)
        similarities = rows.similarities(vector)
        best = np.argpartition(-similarities, count - 1)[:count]
        return [(rows.digests[index].tobytes(), float(similarities[index])) for index in best]

    def _candidates(self, vector: FloatArray, count: int) -> npt.NDArray[np.intp] | None:
        """Which to compare; None for all. The quick form pays when many are compared again."""
        if len(self) < _MANY or count > len(self) // _FEW:
            return None
        if not self._searched:
            self._searched.append(True)
            return None
        found = self._screened.candidates(vector, count)
        return found if len(found) <= len(self) // _FEW else None

    @cached_property
    def _searched(self) -> list[bool]:
        return []

    @cached_property
    def _screened(self) -> ScreenedVectors:
        return ScreenedVectors(self.embeddings)

    def _some(self, indices: npt.NDArray[np.intp]) -> Vectors:
        return Vectors(self.store_id, self.digests[indices], self.embeddings[indices])

    def similarities(self, vector: FloatArray) -> FloatArray:
        """Cosines with a unit vector, float32 [n]; −2 for records that are no unit vectors."""
        with np.errstate(all="ignore"):
            cosines: FloatArray = (
                self.embeddings @ vector
                if len(self) > _ON_ONE_THREAD
                # A product of few rows waits for BLAS' threads longer than it takes.
                else np.einsum("ij,j->i", self.embeddings, vector)
            )
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
            return Vectors.of({})

    def _map(self, count: int) -> Vectors:
        if not count:
            return Vectors.of({})
        # A plain array over the map: numpy's subclass costs at every view.
        records = np.asarray(np.memmap(self.path, np.uint8, "r", shape=(count, RECORD_BYTES)))
        head = records[0].tobytes()
        if not head.startswith(_MAGIC):
            return Vectors.of({})
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
