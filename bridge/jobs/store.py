"""Jobs and rendered files on disk: one SQLite file that survives a crash at any moment.

Each method is one transaction. A file is written down before it is rendered and again when
it is complete, so that after a crash a complete file is found and not made twice. One
process at a time owns the store.
"""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import replace
from pathlib import Path

from bridge.errors import Code
from bridge.jobs.errors import QueueUnusable
from bridge.jobs.model import Job, JobRequest, JobState, TakeFile
from core.sqlite import Connection, Database, Migration, Schema

KEEP_S = 30 * 24 * 3600.0
"""How long ended jobs are remembered, seconds. Their files stay."""

_COLUMNS = (
    "seq, client, job_id, priority, digest, length_s, model, state, attempts, code, message, "
    "settled"
)


def _create_jobs(connection: Connection) -> None:
    for statement in (
        """CREATE TABLE jobs (
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
)""",
        "CREATE INDEX jobs_by_state ON jobs (state, seq)",
        """CREATE TABLE files (
    key TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    stamp TEXT NOT NULL DEFAULT '',
    sample_rate INTEGER NOT NULL DEFAULT 0,
    frames INTEGER NOT NULL DEFAULT 0
)""",
        """CREATE TABLE takes (
    seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    take INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (seq, take)
)""",
    ):
        connection.exec_driver_sql(statement)


SCHEMA = Schema(
    "the queue",
    (Migration("create jobs", _create_jobs),),
    is_shared=False,
    synchronous="NORMAL",  # what a power cut takes, clients send again
    unusable=QueueUnusable,
    newer=QueueUnusable,
)
"""The queue's file, for :class:`core.sqlite.Database`."""


class JobStore:
    """The queue's memory. Any thread may use it.

    Args:
        path: the database; made if it is not there.

    Raises:
        QueueUnusable: if another process owns it, or it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA)
        with self._database.write() as db:
            db.exec_driver_sql("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
            db.exec_driver_sql(
                "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND changed_at < ?",
                (time.time() - KEEP_S,),
            )

    def close(self) -> None:
        """Let another process own it."""
        self._database.close()

    # Jobs

    def add(self, request: JobRequest) -> Job:
        """Queue a job, or find the one of this client and id that is there already."""
        present = self.find(request.client, request.job_id)
        if present is not None:
            return present
        packed = zlib.compress(json.dumps(request.to_json()).encode(), 1)
        keys = request.take_keys()
        with self._database.write() as db:
            cursor = db.exec_driver_sql(
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
            db.exec_driver_sql(
                "INSERT INTO takes (seq, take, key) VALUES (?, ?, ?)",
                [(seq, take, key) for take, key in enumerate(keys)],
            )
            return _job(db, seq)

    def find(self, client: str, job_id: str) -> Job | None:
        """The job as it stands; None if there is none.

        Args:
            client, job_id: name the job.
        """
        return next(iter(self._jobs("client = ? AND job_id = ?", client, job_id)), None)

    def waiting(self) -> list[Job]:
        """All queued jobs, oldest first."""
        return self._jobs("state = 'queued'")

    def recent(self, limit: int) -> list[Job]:
        """The jobs that came last, the newest first."""
        return self._jobs("seq IN (SELECT seq FROM jobs ORDER BY seq DESC LIMIT ?)", limit)[::-1]

    def prioritize(self, seq: int, priority: int) -> Job:
        """Give a job another priority.

        Args:
            seq: the job's number.
            priority: higher goes first.
        """
        with self._database.write() as db:
            query = "UPDATE jobs SET priority = ? WHERE seq = ?"
            db.exec_driver_sql(query, (priority, seq))
            return _job(db, seq)

    def unacknowledged(self, client: str) -> list[Job]:
        """The client's ended jobs it has not acknowledged, oldest first."""
        ended = "client = ? AND settled = 0 AND state IN ('done', 'failed', 'cancelled')"
        return self._jobs(ended, client)

    def request(self, seq: int) -> JobRequest:
        """What a job asked for."""
        with self._database.read() as db:
            query = "SELECT request FROM jobs WHERE seq = ?"
            packed = db.exec_driver_sql(query, (seq,)).scalar_one()
        return JobRequest.from_json(json.loads(zlib.decompress(packed)))

    def _jobs(self, condition: str, *values: object) -> list[Job]:
        with self._database.read() as db:
            return _select_jobs(db, condition, *values)

    def mark(self, seq: int, state: JobState, code: Code | str = "", message: str = "") -> Job:
        """Move a job to another state.

        Args:
            seq: the job's number.
            state: the new one.
            code, message: why, if it failed or was cancelled.
        """
        with self._database.write() as db:
            db.exec_driver_sql(
                "UPDATE jobs SET state = ?, code = ?, message = ?, changed_at = ? WHERE seq = ?",
                (state, code, message, time.time(), seq),
            )
            return _job(db, seq)

    def requeue(self, seq: int, *, worker_died: bool) -> Job:
        """Put a running job back where it was in the queue.

        Args:
            seq: the job's number.
            worker_died: whether that was over this job, and counts as an attempt.
        """
        with self._database.write() as db:
            db.exec_driver_sql(
                "UPDATE jobs SET state = 'queued', attempts = attempts + ? WHERE seq = ?",
                (int(worker_died), seq),
            )
            return _job(db, seq)

    def acknowledge(self, seq: int) -> None:
        """The client knows how the job ended, or was told often enough."""
        with self._database.write() as db:
            db.exec_driver_sql("UPDATE jobs SET settled = 1 WHERE seq = ?", (seq,))

    # Files

    def take_keys(self, seq: int) -> list[str]:
        """The keys of a job's takes, in their order; see :meth:`JobRequest.take_keys`."""
        with self._database.read() as db:
            query = "SELECT key FROM takes WHERE seq = ? ORDER BY take"
            return list(db.exec_driver_sql(query, (seq,)).scalars())

    def plan(self, key: str, folder: Path, stem: str) -> tuple[Path, bool]:
        """Where a take's file is or will be, and whether it is complete already.

        A file that was changed or removed since it was made is left alone, and another
        name is planned.

        Args:
            key: of the take.
            folder: where a new file goes.
            stem: what a new file is called, but for a number if the name is used already.
        """
        with self._database.write() as db:
            query = "SELECT path, stamp FROM files WHERE key = ?"
            row = db.exec_driver_sql(query, (key,)).fetchone()
            if row is not None:
                path, stamp = Path(row[0]), row[1]
                if stamp and stamp == _stamp(path):
                    return path, True
                if not stamp and path.is_file():  # complete, but a crash came before the note
                    _complete(db, key, path, *_wav_format(path))
                    return path, True
                if not stamp and path.parent == folder:
                    return path, False
            path = _free_path(db, folder, stem)
            db.exec_driver_sql(
                "INSERT INTO files (key, path) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET "
                "path = excluded.path, stamp = ''",
                (key, str(path)),
            )
            return path, False

    def complete(self, key: str, path: Path, sample_rate: int, frames: int) -> None:
        """A planned file is complete.

        Args:
            key: of its take.
            path: as it was planned.
            sample_rate: Hz.
            frames: of the file.
        """
        with self._database.write() as db:
            _complete(db, key, path, sample_rate, frames)


def _job(db: Connection, seq: int) -> Job:
    (job,) = _select_jobs(db, "seq = ?", seq)
    return job


def _select_jobs(db: Connection, condition: str, *values: object) -> list[Job]:
    query = f"SELECT {_COLUMNS} FROM jobs WHERE {condition} ORDER BY seq"
    jobs = []
    for row in db.exec_driver_sql(query, values).all():
        job = Job(*row[:-1])
        files = _files(db, job.seq) if job.state == "done" else ()
        jobs.append(replace(job, files=files, is_acknowledged=bool(row[-1])))
    return jobs


def _files(db: Connection, seq: int) -> tuple[TakeFile, ...]:
    rows = db.exec_driver_sql(
        "SELECT take, path, sample_rate, frames FROM takes JOIN files USING (key) "
        "WHERE seq = ? ORDER BY take",
        (seq,),
    )
    return tuple(TakeFile(take, Path(path), *sound) for take, path, *sound in rows)


def _complete(db: Connection, key: str, path: Path, sample_rate: int, frames: int) -> None:
    db.exec_driver_sql(
        "UPDATE files SET stamp = ?, sample_rate = ?, frames = ? WHERE key = ? AND path = ?",
        (_stamp(path), sample_rate, frames, key, str(path)),
    )


def _free_path(db: Connection, folder: Path, stem: str) -> Path:
    number = 1
    while True:
        path = folder / (f"{stem}.wav" if number == 1 else f"{stem}-{number}.wav")
        query = "SELECT 1 FROM files WHERE path = ?"
        if db.exec_driver_sql(query, (str(path),)).first() is None and not path.exists():
            return path
        number += 1


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
