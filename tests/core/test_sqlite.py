"""A store of a few lines: what it gets from the helper that it does not write itself."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DatabaseBug, DatabaseNewer, DatabaseUnusable
from core.sqlite import Connection, Database, Migration, Schema


def _create_votes(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE vote (take TEXT PRIMARY KEY, points INTEGER)")


def _add_comments(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE vote ADD COLUMN comment TEXT NOT NULL DEFAULT ''")


VOTES = Schema("the votes file", (Migration("create votes", _create_votes),))
COMMENTED = replace(VOTES, migrations=(*VOTES.migrations, Migration("comments", _add_comments)))


def vote(database: Database, take: str, points: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO vote (take, points) VALUES (?, ?)", (take, points))


def votes(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM vote ORDER BY take").all()
    return [tuple(row) for row in rows]


def test_what_is_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "votes.sqlite"
    database = Database(path, VOTES)
    vote(database, "a", 3)
    with sqlite3.connect(path) as other:  # a reader of another program
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
    assert votes(Database(path, VOTES)) == [("a", 3)]


def test_steps_are_done_once_and_recorded_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "votes.sqlite"
    old = Database(path, VOTES)
    vote(old, "a", 3)
    old.close()
    assert votes(Database(path, COMMENTED)) == [("a", 3, "")]
    assert votes(Database(path, COMMENTED)) == [("a", 3, "")]
    with sqlite3.connect(path) as connection:
        recorded = connection.execute("SELECT number, name FROM migration").fetchall()
        assert recorded == [(1, "create votes"), (2, "comments")]
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


@pytest.mark.parametrize(
    "forget", ["DROP TABLE migration", "PRAGMA user_version = 0"], ids=["counted", "recorded"]
)
def test_either_record_of_steps_is_enough(tmp_path: Path, forget: str) -> None:
    path = tmp_path / "votes.sqlite"
    old = Database(path, VOTES)
    vote(old, "a", 3)
    old.close()
    with sqlite3.connect(path) as connection:
        connection.execute(forget)
    assert votes(Database(path, VOTES)) == [("a", 3)]
    assert votes(Database(path, COMMENTED)) == [("a", 3, "")]
    with pytest.raises(DatabaseNewer, match=r"the votes file .* newer Timbre Bridge"):
        Database(path, VOTES)


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    def fail(connection: Connection) -> None:
        _add_comments(connection)
        raise KeyError("half way")

    path = tmp_path / "votes.sqlite"
    vote(Database(path, VOTES), "a", 3)
    with pytest.raises(KeyError):
        Database(path, replace(VOTES, migrations=(*VOTES.migrations, Migration("x", fail))))
    assert votes(Database(path, VOTES)) == [("a", 3)]


def test_a_block_that_fails_writes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "votes.sqlite", VOTES)
    same_twice = "INSERT INTO vote VALUES (?, 1)"
    with pytest.raises(DatabaseBug, match=r"the votes file .*UNIQUE"), database.write() as db:
        db.exec_driver_sql(same_twice, [("a",), ("b",), ("a",)])
    assert votes(database) == []


@pytest.mark.parametrize("application_id", [0, 99])
def test_another_programs_file_is_refused_and_left_alone(
    tmp_path: Path, application_id: int
) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.execute(f"PRAGMA application_id = {application_id}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match="another program"):
        Database(path, VOTES)
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "votes.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseUnusable, match=r"the votes file .* move it away to begin a new"):
        Database(path, VOTES)


def test_a_file_that_cannot_be_written_is_still_read(tmp_path: Path) -> None:
    database = Database(tmp_path / "votes.sqlite", VOTES)
    vote(database, "a", 3)
    with database.read() as connection:  # as on a disk that has become read-only
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(DatabaseUnusable, match="cannot be written; check the rights"):
        vote(database, "b", 1)
    assert votes(database) == [("a", 3)]


def test_an_older_file_that_cannot_be_written_is_brought_up_to_date_in_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "votes.sqlite"
    old = Database(path, VOTES)
    vote(old, "a", 3)
    old.close()
    before = path.read_bytes()
    monkeypatch.setattr("core.sqlite._is_writable", lambda _path: False)
    database = Database(path, COMMENTED)
    assert database.is_read_only
    assert votes(database) == [("a", 3, "")]
    with pytest.raises(DatabaseUnusable, match=r"the votes file .* can be read only"):
        vote(database, "b", 1)
    database.close()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["votes.sqlite"]


def test_a_lock_that_stays_is_named(tmp_path: Path) -> None:
    database = Database(tmp_path / "votes.sqlite", VOTES, busy_timeout_s=0.1)
    blocker = sqlite3.connect(database.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert votes(database) == []
    with pytest.raises(DatabaseUnusable, match="another program keeps it locked"):
        vote(database, "a", 3)
    blocker.execute("ROLLBACK")
    vote(database, "a", 3)


def test_threads_write_in_turn(tmp_path: Path) -> None:
    database = Database(tmp_path / "votes.sqlite", VOTES)

    def work(number: int) -> None:
        for step in range(20):
            vote(database, f"{number}/{step}", step)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(votes(database)) == 120


OWNER = """
import sys
from pathlib import Path
from core.sqlite import Database
from tests.core.test_sqlite import OWNED
Database(Path(sys.argv[1]), OWNED)
print("mine", flush=True)
sys.stdin.read()
"""
OWNED = replace(VOTES, is_shared=False)


def test_a_file_with_one_owner_is_free_again_when_the_owner_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "votes.sqlite"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "mine\n"
        with pytest.raises(DatabaseUnusable, match=r"another Timbre Bridge is using .*votes\.sq"):
            Database(path, OWNED)
        owner.kill()
    mine = Database(path, OWNED)
    with pytest.raises(DatabaseUnusable, match="another Timbre Bridge"):
        Database(path, OWNED)
    mine.close()
    Database(path, OWNED).close()
