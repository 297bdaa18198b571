"""Jobs and rendered files on disk: one SQLite file that survives a crash at any moment.

Each method is one transaction. A file is written down before it is rendered and again when
it is complete, so that after a crash a complete file is found and not made twice. One
process at a time owns the store.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bridge.errors import Code
from bridge.jobs.errors import QueueUnusable
from bridge.jobs.model import Job, JobRequest, JobState, TakeFile

SCHEMA = 1
KEEP_S = 30 * 24 * 3600.0
"""How long ended jobs are remembered, seconds. Their files stay."""

_TABLES = """
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    client TEXT NOT NULL,
    job_id TEXT NOT NULL,
    priority INTEGER NOT NULL,
    digest TEXT NOT NULL,
    length_s REAL NOT NULL,
    model TEXT NOT NULL,
    request BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    settled INTEGER NOT NULL DEFAULT 0,
    changed_at REAL NOT NULL,
    UNIQUE (client, job_id)
);
CREATE INDEX jobs_by_state ON jobs (state, seq);
CREATE TABLE files (
    key TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    stamp TEXT NOT NULL DEFAULT '',
    sample_rate INTEGER NOT NULL DEFAULT 0,
    frames INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE takes (
    seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    take INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (seq, take)
);
"""
_COLUMNS = (
    "seq, client, job_id, priority, digest, length_s, model, state, attempts, code, message, "
    "settled"
)


class JobStore:
    """The queue's memory. Any thread may use it.

    Args:
        path: the database; made if it is not there.

    Raises:
        QueueUnusable: if another process owns it, or it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        with contextlib.ExitStack() as undo:
            self._open(path, undo)
            undo.pop_all()

    def _open(self, path: Path, undo: contextlib.ExitStack) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._owner = _own(path.with_suffix(".lock"))
            undo.callback(self._owner.close)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            undo.callback(self._db.close)
            # A kill loses nothing; a power cut may lose the last moments, which clients resend.
            self._db.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            )
            self._prepare(path)
        except (sqlite3.Error, OSError) as error:
            raise QueueUnusable(
                f"the queue {path} cannot be used: {error}; move it away to begin a new one"
            ) from None

    def _prepare(self, path: Path) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            raise QueueUnusable(f"the queue {path} was written by a newer program; update this one")
        if version == 0:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={SCHEMA}; COMMIT;"
            )
        with self._write() as db:
            db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
            db.execute(
                "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND changed_at < ?",
                (time.time() - KEEP_S,),
            )

    def close(self) -> None:
        """Let another process own it."""
        with self._lock:
            self._db.close()
            self._owner.close()

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Jobs

    def add(self, request: JobRequest) -> Job:
        """Queue a job, or find the one of this client and id that is there already."""
        known = self.find(request.client, request.job_id)
        if known is not None:
            return known
        packed = zlib.compress(json.dumps(request.to_json()).encode(), 1)
        keys = request.take_keys()
        with self._write() as db:
            cursor = db.execute(
                "INSERT INTO jobs (client, job_id, priority, digest, length_s, model, request, "
                "changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    request.client,
                    request.job_id,
                    request.priority,
                    request.digest,
                    request.clip.length_s * request.takes,
                    request.model,
                    packed,
                    time.time(),
                ),
            )
            seq = cursor.lastrowid
            db.executemany(
                "INSERT INTO takes (seq, take, key) VALUES (?, ?, ?)",
                [(seq, take, key) for take, key in enumerate(keys)],
            )
            return self._job(f"SELECT {_COLUMNS} FROM jobs WHERE seq = ?", seq)[0]

    def find(self, client: str, job_id: str) -> Job | None:
        """The job of a client and id."""
        query = f"SELECT {_COLUMNS} FROM jobs WHERE client = ? AND job_id = ?"
        return next(iter(self._job(query, client, job_id)), None)

    def get(self, seq: int) -> Job:
        """The job of a number."""
        return self._job(f"SELECT {_COLUMNS} FROM jobs WHERE seq = ?", seq)[0]

    def waiting(self) -> list[Job]:
        """All queued jobs, oldest first."""
        return self._job(f"SELECT {_COLUMNS} FROM jobs WHERE state = 'queued' ORDER BY seq")

    def unacknowledged(self, client: str) -> list[Job]:
        """The client's ended jobs it has not acknowledged, oldest first."""
        return self._job(
            f"SELECT {_COLUMNS} FROM jobs WHERE client = ? AND settled = 0 AND state IN "
            "('done', 'failed', 'cancelled') ORDER BY seq",
            client,
        )

    def request(self, seq: int) -> JobRequest:
        """What a job asked for."""
        with self._lock:
            (packed,) = self._db.execute(
                "SELECT request FROM jobs WHERE seq = ?", (seq,)
            ).fetchone()
        return JobRequest.from_json(json.loads(zlib.decompress(packed)))

    def _job(self, query: str, *values: object) -> list[Job]:
        with self._lock:
            rows = self._db.execute(query, values).fetchall()
            jobs = []
            for row in rows:
                job = Job(*row[:-1])
                files = self._files(job.seq) if job.state == "done" else ()
                jobs.append(replace(job, files=files, is_acknowledged=bool(row[-1])))
            return jobs

    def _files(self, seq: int) -> tuple[TakeFile, ...]:
        rows = self._db.execute(
            "SELECT take, path, sample_rate, frames FROM takes JOIN files USING (key) "
            "WHERE seq = ? ORDER BY take",
            (seq,),
        )
        return tuple(TakeFile(take, Path(path), *sound) for take, path, *sound in rows)

    def mark(self, seq: int, state: JobState, code: Code | str = "", message: str = "") -> Job:
        """Move a job to another state."""
        with self._write() as db:
            db.execute(
                "UPDATE jobs SET state = ?, code = ?, message = ?, changed_at = ? WHERE seq = ?",
                (state, code, message, time.time(), seq),
            )
        return self.get(seq)

    def requeue(self, seq: int, *, worker_died: bool) -> Job:
        """Put a running job back where it was in the queue."""
        with self._write() as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', attempts = attempts + ? WHERE seq = ?",
                (int(worker_died), seq),
            )
        return self.get(seq)

    def acknowledge(self, seq: int) -> None:
        """The client knows how the job ended, or was told often enough."""
        with self._write() as db:
            db.execute("UPDATE jobs SET settled = 1 WHERE seq = ?", (seq,))

    # Files

    def take_keys(self, seq: int) -> list[str]:
        """The keys of a job's takes, in their order; see :meth:`JobRequest.take_keys`."""
        with self._lock:
            rows = self._db.execute("SELECT key FROM takes WHERE seq = ? ORDER BY take", (seq,))
            return [key for (key,) in rows]

    def plan(self, key: str, folder: Path, stem: str) -> tuple[Path, bool]:
        """Where a take's file is or will be, and whether it is complete already.

        A file that was changed or removed since it was made is left alone, and another
        name is planned.

        Args:
            key: of the take.
            folder: where a new file goes.
            stem: what a new file is called, but for a number if the name is used already.
        """
        with self._write() as db:
            row = db.execute("SELECT path, stamp FROM files WHERE key = ?", (key,)).fetchone()
            if row is not None:
                path, stamp = Path(row[0]), row[1]
                if stamp and stamp == _stamp(path):
                    return path, True
                if not stamp and path.is_file():  # complete, but a crash came before the note
                    self._complete(db, key, path, *_wav_format(path))
                    return path, True
                if not stamp and path.parent == folder:
                    return path, False
            path = self._free_path(db, folder, stem)
            db.execute(
                "INSERT INTO files (key, path) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET "
                "path = excluded.path, stamp = ''",
                (key, str(path)),
            )
            return path, False

    def complete(self, key: str, path: Path, sample_rate: int, frames: int) -> None:
        """A planned file is complete."""
        with self._write() as db:
            self._complete(db, key, path, sample_rate, frames)

    @staticmethod
    def _complete(
        db: sqlite3.Connection, key: str, path: Path, sample_rate: int, frames: int
    ) -> None:
        db.execute(
            "UPDATE files SET stamp = ?, sample_rate = ?, frames = ? WHERE key = ? AND path = ?",
            (_stamp(path), sample_rate, frames, key, str(path)),
        )

    @staticmethod
    def _free_path(db: sqlite3.Connection, folder: Path, stem: str) -> Path:
        number = 1
        while True:
            path = folder / (f"{stem}.wav" if number == 1 else f"{stem}-{number}.wav")
            taken = db.execute("SELECT 1 FROM files WHERE path = ?", (str(path),)).fetchone()
            if taken is None and not path.exists():
                return path
            number += 1


def _own(path: Path) -> sqlite3.Connection:
    """A lock that ends with this process, whichever way it ends, on every system."""
    lock = sqlite3.connect(path, timeout=0.5, check_same_thread=False, isolation_level=None)
    try:
        lock.execute("PRAGMA locking_mode=EXCLUSIVE")
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        raise QueueUnusable(
            f"another Timbre Bridge is using {path.with_suffix('.sqlite')}; stop it, or give "
            "this one another TIMBRE_HOME"
        ) from None
    return lock


def _stamp(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _wav_format(path: Path) -> tuple[int, int]:
    import soundfile

    info = soundfile.info(path)
    return info.samplerate, info.frames
