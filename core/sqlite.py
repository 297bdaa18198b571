"""One SQLite file of ours: opened, kept up to date, shared by threads and processes.

A store says what it holds in a :class:`Schema` and works in :class:`Database`'s transactions;
it opens no file, takes no lock and sorts no error by itself. The write-ahead log lets others
read while one writes. Writers take the lock when they begin and wait for it, so a transaction
that has begun does not fail half way because of another.

Steps that were done are recorded in the table ``migration`` and counted in the header's
``user_version``. Either alone is believed: libraries were made with the first only, queues of
jobs with the second only, and both open as they are.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from core.errors import DatabaseBug, DatabaseNewer, DatabaseUnusable, TimbreError

__all__ = ["BUSY_TIMEOUT_S", "Connection", "Database", "Migration", "Schema"]

BUSY_TIMEOUT_S = 20.0
"""How long a writer waits for another before it gives up, seconds."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = {
    sqlite3.SQLITE_NOTADB: "it is damaged, or not a database",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
}
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space. Nothing was changed",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; close it or try again",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; close it or try again",
    sqlite3.SQLITE_READONLY: "it cannot be written; check the rights of the file and its folder",
    sqlite3.SQLITE_PERM: "no permission; check the rights of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the folder exists and its rights",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; check it, and its free space",
    sqlite3.SQLITE_PROTOCOL: "its locks do not work; keep it on a local disk",
    sqlite3.SQLITE_NOLFS: "the disk cannot hold large files; keep it on another one",
    sqlite3.SQLITE_NOMEM: "there is not enough memory; close other programs",
}


@dataclass(frozen=True)
class Migration:
    """One step of a schema. Once released it is never edited; a change is a new step.

    Attributes:
        name: for people.
        apply: what it does, inside a transaction that holds the write lock.
    """

    name: str
    apply: Callable[[Connection], None]


@dataclass(frozen=True)
class Schema:
    """What a file holds, and how it is spoken of.

    Attributes:
        name: what messages call it, with its article: ``the preset library``.
        migrations: the ordered steps that make its tables.
        application_id: in SQLite's header, tells our file from any other; 0 is none.
        if_damaged: what messages advise then.
        is_shared: several processes may open it; else one owns it until it closes or dies.
        synchronous: ``FULL`` survives a power cut; ``NORMAL`` is faster, and may lose the last
            moments to a power cut, but nothing to a crash.
        unusable, newer, bug: what is raised when the environment fails us, when a later version
            of the program wrote the file, and when SQLite refuses a statement of ours.
    """

    name: str
    migrations: tuple[Migration, ...]
    application_id: int = 0
    if_damaged: str = "move it away to begin a new one"
    is_shared: bool = True
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    unusable: type[DatabaseUnusable] = DatabaseUnusable
    newer: type[DatabaseUnusable] = DatabaseNewer
    bug: type[DatabaseBug] = DatabaseBug

    def error(self, path: Path, error: BaseException) -> TimbreError:
        """The one-line error for what SQLite said.

        Args:
            path: the file.
            error: a :class:`sqlite3.Error`; anything else counts as our bug.
        """
        code = _family(error)
        reason = _REASONS.get(code)
        if code in _DAMAGED:
            reason = f"{_DAMAGED[code]}; {self.if_damaged}"
        if reason is not None:
            return self.unusable(f"{self.name} {path} is unusable: {reason}")
        detail = " ".join(str(error).split())
        return self.bug(f"{self.name} {path} met a bug ({detail}); please report it")


class Database:
    """Transactions on a file. Any thread may use it.

    Args:
        path: the file; its folder is made if it is not there.
        schema: what it holds; a file with fewer steps is brought up to date.
        busy_timeout_s: how long a writer waits for another process, seconds.

    A shared file that cannot be written, or whose folder or disk cannot, is opened to be read.

    Attributes:
        path: the file.
        is_read_only: whether :meth:`write` is refused.

    Raises:
        DatabaseUnusable: (the schema's) if it cannot be opened, is damaged, is another
            program's, or has another owner.
        DatabaseNewer: (the schema's) if a newer program wrote it; it is left as it is.
    """

    def __init__(self, path: Path, schema: Schema, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._reading_copy: tempfile.TemporaryDirectory[str] | None = None
        self.is_read_only = False
        self._schema = schema
        self._busy_timeout_s = busy_timeout_s
        # Threads queue up here: quicker than SQLite's own waiting, which looks now and then.
        self._write_lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.is_read_only = schema.is_shared and path.is_file() and not _is_writable(path)
            self._opened = self._to_be_read() if self.is_read_only else path
        except OSError as error:
            raise schema.unusable(
                f"the folder {path.parent} for {schema.name} cannot be made: {error.strerror}"
            ) from error
        self._owner = None if schema.is_shared else self._own()
        self._engine = self._make_engine()
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file. Nothing is lost if this is never called."""
        self._engine.dispose()
        if self._owner is not None:
            self._owner.close()
        if self._reading_copy is not None:
            self._reading_copy.cleanup()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock; committed if the block ends well."""
        if self.is_read_only:
            raise self._schema.unusable(
                f"{self._schema.name} {self.path} can be read only; to change it, check the "
                "rights of the file, its folder and the disk, or use another TIMBRE_HOME"
            )
        with self._migrating_or_writing() as connection:
            yield connection

    @contextlib.contextmanager
    def _migrating_or_writing(self) -> Iterator[Connection]:
        with self._write_lock, self._translated(), self._engine.connect() as plain:
            connection = plain.execution_options(timbre_write=True)
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimbreError:
            raise
        except DBAPIError as error:
            raise self._schema.error(self.path, error.orig or error) from error
        except sqlite3.Error as error:
            raise self._schema.error(self.path, error) from error

    def _own(self) -> sqlite3.Connection:
        """A lock that ends with this process, whichever way it ends, on every system."""
        with self._translated():
            lock = _open(self.path.with_suffix(".lock"), timeout_s=0.5)
            try:
                lock.execute("PRAGMA locking_mode = EXCLUSIVE")
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error as error:
                lock.close()
                if _family(error) in _BUSY:
                    raise self._schema.unusable(
                        f"another Timbre Bridge is using {self.path}; stop it, or give this one "
                        "another TIMBRE_HOME"
                    ) from None
                raise
        return lock

    def _bring_up_to_date(self) -> None:
        # A look first: most openings find all steps done and need no lock.
        with self.read() as connection:
            if _steps_done(connection.exec_driver_sql) == len(self._schema.migrations):
                return
        with self._migrating_or_writing() as connection:
            self._migrate(connection)

    def _migrate(self, connection: Connection) -> None:
        schema, execute = self._schema, connection.exec_driver_sql
        done, newest = _steps_done(execute), len(schema.migrations)
        if done > newest:
            raise schema.newer(
                f"{schema.name} {self.path} was written by a newer Timbre Bridge (step {done}, "
                f"this one knows {newest}); update the program"
            )
        if not done and schema.application_id:
            execute(f"PRAGMA application_id = {schema.application_id}")
        execute(
            "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, "
            "name TEXT NOT NULL, applied_at TEXT NOT NULL)"
        )
        for number, migration in enumerate(schema.migrations[done:], start=done + 1):
            migration.apply(connection)
            execute(
                "INSERT INTO migration VALUES (?, ?, ?)",
                (number, migration.name, datetime.now(UTC).isoformat()),
            )
            execute(f"PRAGMA user_version = {number}")

    def _make_engine(self) -> Engine:
        engine = create_engine(
            "sqlite+pysqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=32,
        )

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # The driver begins nothing by itself (isolation_level is None).
            writes = connection.get_execution_options().get("timbre_write", False)
            self._patiently(
                lambda: connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
            )

        return engine

    def _to_be_read(self) -> Path:
        """A copy of a file that cannot be written, with the log of its last changes.

        SQLite needs to write beside a file to read one that has a log, and older files have
        steps to be done. (Its ``immutable`` would overlook the log.)

        Raises:
            OSError: if it cannot be read, or there is no room.
        """
        self._reading_copy = tempfile.TemporaryDirectory(
            prefix="timbre-library-", ignore_cleanup_errors=True
        )
        copy = Path(self._reading_copy.name) / self.path.name
        shutil.copyfile(self.path, copy)
        log = self.path.with_name(f"{self.path.name}-wal")
        if log.is_file():
            shutil.copyfile(log, copy.with_name(log.name))
        return copy

    def _connect(self) -> sqlite3.Connection:
        connection = _open(self._opened, self._busy_timeout_s)
        try:
            self._require_ours(connection)
            # Switching to the log needs the file alone for a moment, and SQLite does not
            # always wait for that by itself.
            self._patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute(f"PRAGMA synchronous = {self._schema.synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -32768")
        except BaseException:
            connection.close()
            raise
        return connection

    def _require_ours(self, connection: sqlite3.Connection) -> None:
        """Look whether a file is ours, or empty, before anything is changed in it."""
        connection.execute("BEGIN")  # one state of it, though another process may be making it
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        is_ours = application == self._schema.application_id and (
            not tables or _steps_done(connection.execute) > 0
        )
        connection.execute("COMMIT")
        if tables and not is_ours:
            raise self._schema.unusable(
                f"{self.path} is a database of another program; choose another file"
            )

    def _patiently(self, attempt: Callable[[], object]) -> None:
        """Try again while another process holds the lock, up to the timeout."""
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                attempt()
                return
            except (DBAPIError, sqlite3.OperationalError) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                if _family(cause) not in _BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.005, 0.05))


def _is_writable(path: Path) -> bool:
    """Whether SQLite can write a file: it makes others beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)


def _open(path: Path, timeout_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        path,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )


def _family(error: BaseException | None) -> int:
    """SQLite's result code; the low byte is the family, the rest says which call failed."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _steps_done(execute: Callable[[str], Any]) -> int:
    """The number of the last step, by either record; 0 in a database with none.

    Args:
        execute: of a connection in a transaction; gives a cursor for a statement.
    """
    (counted,) = execute("PRAGMA user_version").fetchone()
    recorded = 0
    if execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone() is not None:
        (recorded,) = execute("SELECT coalesce(max(number), 0) FROM migration").fetchone()
    return max(int(counted), int(recorded))
