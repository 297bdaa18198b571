"""A library on a disk or in a folder that cannot be written to."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import TextTimbre
from core.clip import Clip, Note
from core.library import Library
from core.midi import write_midi
from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.rights import bound_by_rights
from tests.helpers.stages import without_stages

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with a library whose last changes are still in its log, as after a crash."""
    folder = tmp_path / "live"
    write_tiny_bundle(folder / "models" / "tiny")
    library = Library.open(folder / "library.sqlite", model=None)
    library.add("Mine", TextTimbre("soft reeds"))
    home = tmp_path / "home"
    shutil.copytree(folder, home, ignore=shutil.ignore_patterns("*-shm"))
    library.close()
    assert (home / "library.sqlite-wal").stat().st_size > 0
    _close(home)
    yield home
    for path in (home, *home.rglob("*")):
        path.chmod(0o755)


def _close(home: Path) -> None:
    for path in (*home.rglob("*"), home):
        path.chmod(0o555 if path.is_dir() else 0o444)


def timbre(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        env={**os.environ, "TIMBRE_HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, preexec_fn=bound_by_rights,
    )  # fmt: skip


def test_it_is_listed_searched_shown_exported_and_played(home: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    write_midi(Clip.of("a", [Note(0, 60, 80, 0.25)]), tmp_path / "a.mid")
    assert json.loads(timbre(home, "preset", "list", "--json").stdout)["total"] == 61
    assert timbre(home, "preset", "search", "reeds").stdout.split()[0] == "Mine"
    assert json.loads(timbre(home, "preset", "show", "Mine", "--json").stdout)["version"] == 1
    done = timbre(home, "preset", "export", "Mine", "-o", str(tmp_path / "mine.timbre"))
    assert (done.returncode, done.stderr) == (0, "")
    done = timbre(
        home, "render", str(tmp_path / "a.mid"), "--preset", "Mine", "--model", "tiny",
        "-o", str(tmp_path / "a.wav"),
    )  # fmt: skip
    assert (done.returncode, without_stages(done.stderr)) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_similar_presets_are_found_with_nothing_to_be_written(home: Path) -> None:
    """The embeddings of the factory presets ship; those of one's own are computed."""
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    done = timbre(home, "preset", "similar", "Small Bell", "--limit", "60", "--json")
    assert (done.returncode, without_stages(done.stderr)) == (0, "")
    found = {preset["name"] for preset in json.loads(done.stdout)["presets"]}
    assert len(found) == 60
    assert {"Tight Bell", "Mine"} <= found
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_changes_are_refused_in_one_line(home: Path) -> None:
    for arguments in (
        ("preset", "add", "--name", "x", "--text", "warm"),
        ("preset", "edit", "Mine", "--rating", "3"),
        ("preset", "remove", "Mine"),
        ("preset", "restore-factory"),
    ):
        done = timbre(home, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert "can be read only" in done.stderr or "no permission" in done.stderr


def test_nothing_is_written_beside_a_library_without_a_log(home: Path) -> None:
    home.chmod(0o755)
    file = home / "library.sqlite"
    file.chmod(0o644)
    (home / "library.sqlite-wal").chmod(0o644)
    with sqlite3.connect(file) as connection:  # the log goes into the file
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    content = file.read_bytes()
    _close(home)
    assert "Mine" in timbre(home, "preset", "list").stdout
    assert file.read_bytes() == content
    assert [path.name for path in home.glob("library.sqlite*")] == ["library.sqlite"]
