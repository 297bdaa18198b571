"""Queues of users, as the program made them before, open as they are."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from dataclasses import replace
from pathlib import Path

from bridge.jobs.model import Job
from bridge.jobs.store import JobStore
from tests.bridge.jobs.test_model import REQUEST, STORED_DIGEST, STORED_KEYS

# What the queue's file was made with when its steps were only counted.
OLD = """
BEGIN IMMEDIATE;
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
PRAGMA user_version=1;
COMMIT;
"""


def tables(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as db:
        return db.execute(
            "SELECT name, sql FROM sqlite_master WHERE name != 'migration' ORDER BY name"
        ).fetchall()


def make_old_queue(path: Path, rendered: Path) -> None:
    """A queue with one job done, of three files that are there, and one that was running."""
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + OLD)
    packed = zlib.compress(json.dumps(REQUEST.to_json()).encode(), 1)
    for seq, (job_id, state) in enumerate((("1", "done"), ("2", "running")), 1):
        old.execute(
            "INSERT INTO jobs (client, job_id, priority, digest, length_s, model, request, state, "
            "changed_at) VALUES ('me', ?, 2, ?, 2.94, 'tiny', ?, ?, ?)",
            (job_id, STORED_DIGEST, packed, state, time.time()),
        )
        old.executemany(
            "INSERT INTO takes VALUES (?, ?, ?)",
            [(seq, take, key) for take, key in enumerate(STORED_KEYS)],
        )
    for number, key in enumerate(STORED_KEYS):
        file = rendered.with_name(f"{rendered.name}-{number}.wav")
        file.write_bytes(b"sound")
        stamp = f"5 {file.stat().st_mtime_ns}"
        old.execute("INSERT INTO files VALUES (?, ?, ?, 8000, 800)", (key, str(file), stamp))
    old.close()


def test_an_old_queue_opens_as_it_is_and_its_files_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    make_old_queue(path, tmp_path / "riff")
    before = tables(path)
    store = JobStore(path)
    (done,) = store.unacknowledged("me")
    assert [file.take for file in done.files] == [0, 1, 2]
    assert (done.files[2].path, done.files[2].frames) == (tmp_path / "riff-2.wav", 800)
    (interrupted,) = store.waiting()
    assert store.request(interrupted.seq) == REQUEST
    assert store.take_keys(interrupted.seq) == STORED_KEYS
    assert store.plan(STORED_KEYS[1], tmp_path, "new") == (tmp_path / "riff-1.wav", True)
    again = store.add(replace(REQUEST, client="you"))
    assert store.take_keys(again.seq) == STORED_KEYS
    store.close()
    assert tables(path) == before


def test_a_new_queue_has_the_same_tables_and_older_programs_can_open_it(tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    make_old_queue(old, tmp_path / "riff")
    JobStore(new).close()
    assert tables(new) == tables(old)
    with sqlite3.connect(new) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_ended_jobs_are_forgotten_after_a_month_and_their_files_stay(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    make_old_queue(path, tmp_path / "riff")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE jobs SET changed_at = changed_at - 31 * 24 * 3600")
    store = JobStore(path)
    jobs: list[Job] = [*store.unacknowledged("me"), *store.waiting()]
    assert [job.job_id for job in jobs] == ["2"]
    assert store.plan(STORED_KEYS[0], tmp_path, "new") == (tmp_path / "riff-0.wav", True)
    store.close()
