"""The parts of Ardour's scripts that need no Ardour, under a plain Lua of Ardour's version."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import platformdirs
import pytest

import bridge

SCRIPTS = Path(bridge.__file__).parent / "daws" / "ardour"
LUA, COMPILER = shutil.which("lua5.3"), shutil.which("luac5.3")

pytestmark = pytest.mark.skipif(LUA is None or COMPILER is None, reason="lua5.3 is not installed")


def run(*command: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "TIMBRE_HOME"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_parts_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMBRE_HOME", raising=False)
    tests = Path(__file__).with_name("ardour_parts.lua")
    said = run(str(LUA), str(tests), str(SCRIPTS / "timbre-bridge"), str(tmp_path))
    assert said.count("ok\t") == tests.read_text().count("function tests.") > 0
    expected = platformdirs.user_data_dir("timbre-bridge", appauthor=False)
    assert f"data_dir {expected}\n" in said


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.lua")), ids=lambda path: path.name)
def test_a_script_is_lua_and_sets_no_global_by_mistake(path: Path) -> None:
    listing = run(str(COMPILER), "-l", "-l", "-p", str(path))
    written = {
        line.split('_ENV "')[1].split('"')[0]
        for line in listing.splitlines()
        if "SETTABUP" in line and "_ENV" in line
    }
    is_script = path.parent == SCRIPTS
    assert written <= ({"factory", "signals"} if is_script else set())
