"""The file itself: steps of the schema, other programs, damage, a full disk, many processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from core.errors import OutputError
from core.library import Library, schema
from core.library.errors import LibraryBug, LibraryNewer, LibraryUnusable
from core.sqlite import Connection, Database, Migration
from core.timbre import AudioTimbre, TextTimbre
from tests.helpers.library import MakeTone

WARM = TextTimbre("warm")


def one_line(caught: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_steps_make_the_tables_the_code_knows(library: Library) -> None:
    made = inspect(library._database._engine)
    for table in schema.METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in made.get_columns(table.name)}
        known = {c.name: c.nullable for c in table.columns}
        # A primary key of one integer is SQLite's row number, never null, never declared so.
        assert set(columns) == set(known)
        for name in known:
            if not table.columns[name].primary_key:
                assert columns[name] == known[name], (table.name, name)


def test_every_step_is_recorded_in_order(library: Library) -> None:
    with library._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT number, name FROM migration").all()
    assert [tuple(row) for row in rows] == [
        (number, step.name) for number, step in enumerate(schema.MIGRATIONS, 1)
    ]


@pytest.mark.parametrize("steps", range(1, len(schema.MIGRATIONS)))
def test_an_older_library_is_brought_up_to_date(tmp_path: Path, steps: int) -> None:
    old = replace(schema.SCHEMA, migrations=schema.MIGRATIONS[:steps])
    Database(tmp_path / "l.sqlite", old).close()
    with Library.open(tmp_path / "l.sqlite", with_factory_bank=False, model=None) as library:
        library.add("warm", WARM)
        assert library.search("warm").total == 1


class _Plain:
    """What a released step needs of a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.exec_driver_sql = connection.execute


def test_a_library_of_before_the_steps_were_counted_opens_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with sqlite3.connect(path) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.execute("PRAGMA application_id = 1414090050")
        old.execute(
            "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
            "applied_at TEXT NOT NULL)"
        )
        names = ("create presets", "create full-text search", "create the record of embeddings")
        for number, (name, step) in enumerate(
            zip(names, schema.MIGRATIONS[: len(names)], strict=True), 1
        ):
            step.apply(_Plain(old))  # type: ignore[arg-type]
            old.execute("INSERT INTO migration VALUES (?, ?, '2026-01-01')", (number, name))
        old.execute(
            "INSERT INTO preset VALUES (1, 'a1', 'Old flute', 'old flute', 1, 'text', 5, 1, NULL, "
            "'2026-01-01', '2026-01-01')"
        )
        old.execute(
            "INSERT INTO version VALUES (1, 1, 1, 'hollow flute', "
            """'{"kind": "text", "words": "hollow flute"}', '{}', x'00', '2026-01-01')"""
        )
        old.execute("INSERT INTO preset_text (rowid, name) VALUES (1, 'Old flute')")
        before = list(old.iterdump())
    old.close()
    with Library.open(path, with_factory_bank=False, model=None) as library:
        (preset,) = library.list().presets
        assert (preset.name, preset.rating, preset.favourite) == ("Old flute", 5, True)
        assert library.recipe(preset) == TextTimbre("hollow flute")
        assert library.search("flute").total == library.list(kind="text").total == 1
    with sqlite3.connect(path) as after:
        tables = [line for line in after.iterdump() if "CREATE TABLE" in line]
        assert {line for line in before if "CREATE TABLE" in line} <= set(tables)
        steps = after.execute("SELECT count(*) FROM migration").fetchone()
        assert steps == (len(schema.MIGRATIONS),)


def test_a_step_that_fails_leaves_the_library_as_it_was(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (x)")
        connection.exec_driver_sql("CREATE TABLE nonsense (")

    library.add("warm", WARM)
    with monkeypatch.context() as patched:
        steps = (*schema.MIGRATIONS, Migration("broken", break_off))
        patched.setattr(schema, "SCHEMA", replace(schema.SCHEMA, migrations=steps))
        with pytest.raises(LibraryBug):
            Library.open(library.path)
    assert library.get("warm").version == 1
    with library._database.read() as connection:
        assert not inspect(connection).has_table("half")


def test_a_newer_library_is_refused_and_left_alone(library: Library) -> None:
    library.add("warm", WARM)
    library.close()
    with sqlite3.connect(library.path) as connection:
        connection.execute("INSERT INTO migration VALUES (99, 'from the future', '2099')")
    with pytest.raises(LibraryNewer, match="update the program") as caught:
        Library.open(library.path)
    one_line(caught)
    with sqlite3.connect(library.path) as connection:
        assert connection.execute("SELECT name FROM preset").fetchall() == [("warm",)]


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LibraryUnusable, match="another program"):
        Library.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["other.sqlite"]


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    path.write_bytes(b"these are not the bytes you are looking for" * 100)
    before = path.read_bytes()
    with pytest.raises(LibraryUnusable, match="damaged") as caught:
        Library.open(path)
    one_line(caught)
    assert path.read_bytes() == before
    with pytest.raises(LibraryUnusable, match="cannot be opened"):
        Library.open(tmp_path)
    with pytest.raises(LibraryUnusable, match="cannot be made"):
        Library.open(path / "below" / "l.sqlite")


def test_damage_inside_is_one_clear_error(library: Library) -> None:
    for number in range(300):
        library.add(f"preset {number}", TextTimbre("word " * 50))
    library.close()
    with library.path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        for page in range(2, size // 4096):
            file.seek(4096 * page)
            file.write(b"\xa5" * 3000)

    def use() -> None:
        with Library.open(library.path, with_factory_bank=False, model=None) as damaged:
            damaged.list(limit=1000)
            damaged.search("word")

    with pytest.raises(LibraryUnusable, match="damaged") as caught:
        use()
    one_line(caught)


def test_a_full_disk_changes_nothing_and_is_survived(library: Library) -> None:
    library.add("before", WARM)
    with library._database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LibraryUnusable, match="disk is full") as caught:  # noqa: PT012 - any of them
        for number in range(200):
            library.add(f"preset {number}", TextTimbre("word " * 190))
    one_line(caught)
    present = library.list(limit=1000)
    assert all(library.recipe(preset) for preset in present.presets)
    with library._database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    library.add("after", WARM)
    assert library.list().total == present.total + 1


def test_no_room_for_a_recording_changes_nothing(
    library: Library, make_tone: MakeTone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OutputError, match="disk is full"):
        library.add("tone", AudioTimbre(make_tone("a.wav", 220)))
    assert library.list().total == 0
    held = library.path.with_suffix(".recordings")
    assert [path for path in held.rglob("*") if path.is_file()] == []


def test_a_lock_that_stays_is_named(library: Library) -> None:
    blocker = sqlite3.connect(library.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with Library.open(
        library.path, with_factory_bank=False, model=None, busy_timeout_s=0.1
    ) as waiting:
        assert waiting.list().total == 0  # reading goes on
        with pytest.raises(LibraryUnusable, match="another program"):
            waiting.add("warm", WARM)
        blocker.execute("ROLLBACK")
        blocker.close()
        waiting.add("warm", WARM)


def test_errors_are_of_two_families(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("SELECT nothing FROM nowhere")
    error = schema.SCHEMA.error(tmp_path, caught.value)
    assert isinstance(error, LibraryBug)
    assert (error.exit_code, LibraryUnusable("x").exit_code) == (1, 2)


def test_threads_share_a_library(library: Library) -> None:
    def work(number: int) -> None:
        for step in range(5):
            library.add(f"{number}/{step}", TextTimbre(f"sound {number} {step}"))
            library.search("sound")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert library.list().total == library.search("sound").total == 30


CHILD = """
import sys
from core.library import Library
from core.timbre import TextTimbre
path, own, count = sys.argv[1:]
with Library.open(path, model=None) as library:
    for number in range(int(count)):
        print(library.add(f"{own} {number}", TextTimbre(f"{own} {number}")).name, flush=True)
        library.search("bell")
"""


def child(path: Path, own: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(path), own, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_open_and_fill_a_new_library_at_once(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    children = [child(path, f"child{number}", 12) for number in range(4)]
    for process in children:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    with Library.open(path) as library:
        assert library.search("child").total == 48
        assert library.list().total == 48 + len(library.restore_factory())


def test_nothing_announced_is_lost_when_a_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    Library.open(path, with_factory_bank=False, model=None).close()
    process = child(path, "killed", 100_000)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    announced = [line.strip() for line in process.stdout.read().splitlines()]
    process.communicate()
    with Library.open(path) as library:
        assert announced
        for name in announced:
            library.recipe(name)
        with library._database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
