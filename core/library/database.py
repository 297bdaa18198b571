"""One SQLite file, shared by several processes.

The write-ahead log lets the desktop, the server and a command read while one of them
writes. Writers take the lock when they begin and wait for it, so a transaction that has
begun does not fail half way because of another. What SQLite reports becomes one of ours:
see :mod:`core.library.errors`.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from core.errors import TimbreError
from core.library import schema
from core.library.errors import LibraryUnusable, from_sqlite

BUSY_TIMEOUT_S = 20.0
"""How long a writer waits for another before it gives up, seconds."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Database:
    """Transactions on the library's file.

    Args:
        path: the file; its folder is made if it is not there.
        busy_timeout_s: see :data:`BUSY_TIMEOUT_S`.

    Raises:
        LibraryUnusable: if it cannot be opened, is damaged, or is not ours.
        LibraryNewer: if a newer program wrote it.
    """

    def __init__(self, path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryUnusable(
                f"the folder {path.parent} for the preset library cannot be made: {error.strerror}"
            ) from error
        self._engine = self._make_engine()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file. Nothing is lost if this is never called."""
        self._engine.dispose()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock; committed if the block ends well."""
        with self._translated(), self._engine.connect() as plain:
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
            raise from_sqlite(self.path, error.orig or error) from error
        except sqlite3.Error as error:
            raise from_sqlite(self.path, error) from error

    def _prepare(self) -> None:
        # A look first: most openings find the schema in place and need no lock.
        with self.read() as connection:
            if schema.steps_done(connection) == len(schema.MIGRATIONS):
                return
        with self.write() as connection:
            schema.migrate(connection, self.path)

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

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            schema.require_ours(connection, self.path)
            # Switching to the log needs the file alone for a moment, and SQLite does not
            # always wait for that by itself.
            self._patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -32768")
        except BaseException:
            connection.close()
            raise
        return connection

    def _patiently(self, attempt: Callable[[], object]) -> None:
        """Try again while another process holds the lock, up to the timeout."""
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                attempt()
                return
            except (DBAPIError, sqlite3.OperationalError) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error
                code = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
                if code not in _BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.005, 0.05))
