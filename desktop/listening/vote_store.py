"""Votes in a file of the user's data: SQLite, by :mod:`core.sqlite`, opened when first asked."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.paths import data_dir
from desktop.listening.sounds import VotedSound
from desktop.listening.votes import Vote

if TYPE_CHECKING:
    from core.sqlite import Connection, Database

_SOUND = tuple(field.name for field in fields(VotedSound))
_COLUMNS = (
    "test", "given_at", "listener", "mode", "x", "answer", "program_version",
    *(f"{letter}_{name}" for letter in "ab" for name in _SOUND),
)  # fmt: skip


class LocalVotes:
    """A :class:`~desktop.listening.votes.VoteService` over one file. Any thread may use it.

    Args:
        path: the file; None is the user's own.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._opening = threading.Lock()
        self._database: Database | None = None

    def add(self, vote: Vote) -> None:
        """As the interface says.

        Raises:
            DatabaseUnusable: if it cannot be kept.
        """
        marks = ", ".join("?" * len(_COLUMNS))
        with self._opened().write() as db:
            db.exec_driver_sql(
                f"INSERT INTO vote ({', '.join(_COLUMNS)}) VALUES ({marks})", _row(vote)
            )

    def votes(self) -> Sequence[Vote]:
        """As the interface says.

        Raises:
            DatabaseUnusable: if they cannot be read.
        """
        with self._opened().read() as db:
            rows = db.exec_driver_sql(f"SELECT {', '.join(_COLUMNS)} FROM vote ORDER BY id").all()
        return [_vote(tuple(row)) for row in rows]

    def export(self, file: Path) -> int:
        """As the interface says."""
        return write_csv(self.votes(), file)

    def close(self) -> None:
        """Let go of the file."""
        with self._opening:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _opened(self) -> Database:
        from core.sqlite import Database, Migration, Schema

        with self._opening:
            if self._database is None:
                schema = Schema(
                    "the file of votes",
                    (Migration("create votes", _create),),
                    application_id=0x54425654,  # TBVT
                )
                self._database = Database(self._path or data_dir() / "votes.sqlite", schema)
            return self._database


def write_csv(votes: Sequence[Vote], file: Path) -> int:
    """Write votes as a table, a row each, with a row of names above.

    Args:
        votes: to write.
        file: replaced if it is there.

    Returns:
        How many they were.

    Raises:
        OutputError: if it cannot be written.
    """
    from core.files import output_error, replacing

    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    table.writerows(_row(vote) for vote in votes)
    try:
        with replacing(file) as stream:
            stream.write(text.getvalue().encode("utf-8"))
    except OSError as error:
        raise output_error(file, error) from error
    return len(votes)


def _create(connection: Connection) -> None:
    # A clip's name and hash stand with each sound: they are the same but for files from elsewhere.
    sounds = "".join(
        f", {letter}_{name} {'INTEGER' if name in ('version', 'seed') else 'TEXT'} NOT NULL"
        for letter in "ab"
        for name in (
            "preset", "version", "seed", "model", "model_sha256", "clip", "clip_hash"
        )
    )  # fmt: skip
    connection.exec_driver_sql(
        f"""CREATE TABLE vote (
    id INTEGER PRIMARY KEY,
    test TEXT NOT NULL,
    given_at TEXT NOT NULL,
    listener TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('preference', 'abx')),
    x TEXT NOT NULL CHECK (x IN ('', 'a', 'b')),
    answer TEXT NOT NULL CHECK (answer IN ('a', 'b', 'none')),
    program_version TEXT NOT NULL{sounds}
)"""
    )


def _row(vote: Vote) -> tuple[str | int, ...]:
    return (
        vote.test,
        vote.given_at.isoformat(),
        vote.listener,
        vote.mode,
        vote.x,
        vote.answer,
        vote.program_version,
        *astuple(vote.a),
        *astuple(vote.b),
    )


def _vote(row: tuple[object, ...]) -> Vote:
    test, given_at, listener, mode, x, answer, version = cast(tuple[str, ...], row[:7])
    a, b = row[7 : 7 + len(_SOUND)], row[7 + len(_SOUND) :]
    return Vote(
        test,
        datetime.fromisoformat(given_at),
        listener,
        mode,  # type: ignore[arg-type] # the table checks it, and the answer
        VotedSound(*a),  # type: ignore[arg-type]
        VotedSound(*b),  # type: ignore[arg-type]
        x,
        answer,  # type: ignore[arg-type]
        version,
    )
