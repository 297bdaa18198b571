"""What a terminal or a pipe cannot take: characters, more lines, anything at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import TextTimbre, cli
from core.library import Library
from tests.helpers.stages import without_stages

ROOT = Path(__file__).parents[2]
NAME = "Café ★ 日本"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with Library.open(folder / "library.sqlite", model=None) as library:
        library.add(NAME, TextTimbre("warm – soft"))
    return folder


def environment(home: Path, encoding: str = "utf-8") -> dict[str, str]:
    return {**os.environ, "TIMBRE_HOME": str(home), "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": encoding}  # fmt: skip


def timbre(home: Path, encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        env=environment(home, encoding),
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", rb"Caf\xe9 * \u65e5\u672c"),
        ("cp1252", b"Caf\xe9 * \\u65e5\\u672c"),
        ("utf-8", NAME.encode()),
    ],
)
def test_any_text_is_shown(home: Path, encoding: str, shown: bytes) -> None:
    done = timbre(home, encoding, "preset", "show", NAME)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"name:       " + shown in done.stdout.splitlines()
    done = timbre(home, encoding, "preset", "show", NAME, "--json")
    assert json.loads(done.stdout)["name"] == NAME
    done = timbre(home, encoding, "preset", "show", NAME + "?")
    assert done.returncode == 2
    assert shown in done.stderr


def test_arguments_that_are_no_text_are_the_users_mistake(home: Path) -> None:
    odd = os.fsdecode(b"a\xff")
    for arguments in (
        ("preset", "show", odd),
        ("preset", "list", "--tag", odd),
        ("preset", "list", "--kind", odd),
        ("preset", "add", "--name", odd, "--text", "warm"),
        ("preset", "add", "--name", "x", "--text", odd),
        ("preset", "import", odd),
        ("render", odd, "--text", "warm", "-o", "x.wav"),
        ("evaluate", "report", odd),
        ("models", "import", odd),
    ):
        done = timbre(home, "utf-8", *arguments)
        assert done.returncode in (2, 3), done.stderr
        assert len(without_stages(done.stderr.decode("utf-8", "replace")).splitlines()) == 1


def test_a_pipe_that_is_closed_ends_the_command_quietly(home: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "preset", "list"],
        env=environment(home), stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (cli.CLOSED_PIPE, b"")


@pytest.mark.parametrize("arguments", [("preset", "list"), ("--version",)])
def test_a_full_device_is_one_line(home: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "core.cli", *arguments],
            env=environment(home), stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert b"the disk is full" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_streams_at_all_are_no_fault(home: Path) -> None:
    """As under ``pythonw`` on Windows, or after ``>&- 2>&-``."""
    code = "import sys; sys.stdout = sys.stderr = None; from core import cli; cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "preset", "list"], env=environment(home), check=False
    )
    assert done.returncode == 0


def test_the_version_is_shown(home: Path) -> None:
    done = timbre(home, "utf-8", "--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Timbre Bridge ")


def test_what_finds_nothing_says_so(home: Path) -> None:
    done = timbre(home, "utf-8", "preset", "search", "zyxwv")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"no preset has the words 'zyxwv'" in done.stderr
    done = timbre(home, "utf-8", "preset", "list", "--tag", "zyxwv", "--json")
    assert json.loads(done.stdout) == {"total": 0, "presets": []}
