"""The parts of Ardour's scripts that need no Ardour, under a plain Lua of Ardour's version."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import platformdirs
import pytest

import bridge
from bridge.daw_install import DAWS
from bridge.daw_install.installation import install
from tests.helpers.waiting import LAST_RESORT_S

SCRIPTS = Path(bridge.__file__).parent / "daws" / "ardour"
SHARED = SCRIPTS.with_name("shared")


def run(*command: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "TIMBRE_HOME"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LAST_RESORT_S, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name}; .ci/run installs it")
    return path


@pytest.mark.parametrize("interpreter", ["lua5.3", "lua5.4"])
def test_the_parts_do_what_they_say(
    interpreter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIMBRE_HOME", raising=False)
    tests = Path(__file__).with_name("ardour_parts.lua")
    install(DAWS["ardour"], tmp_path / "scripts")
    parts = tmp_path / "scripts" / "timbre-bridge"
    said = run(program(interpreter), str(tests), str(parts), str(tmp_path))
    assert said.count("ok\t") == tests.read_text().count("function tests.") > 0
    expected = platformdirs.user_data_dir("timbre-bridge", appauthor=False)
    assert f"data_dir {expected}\n" in said


@pytest.mark.parametrize(
    "path", sorted([*SCRIPTS.rglob("*.lua"), *SHARED.glob("*.lua")]), ids=lambda path: path.name
)
def test_a_script_is_lua_and_sets_no_global_by_mistake(path: Path) -> None:
    listing = run(program("luac5.3"), "-l", "-l", "-p", str(path))
    written = {
        line.split('_ENV "')[1].split('"')[0]
        for line in listing.splitlines()
        if "SETTABUP" in line and "_ENV" in line
    }
    is_script = path.parent == SCRIPTS
    assert written <= ({"factory", "signals"} if is_script else set())


def test_the_scripts_find_the_shared_part_from_here_as_well() -> None:
    folder = SCRIPTS / "timbre-bridge"
    joined = "function (...) return table.concat ({...}, '/') end"
    ardour = f"ARDOUR = {{ LuaAPI = {{ build_filename = {joined} }} }}"
    load = f"print (type (assert (loadfile ('{folder}/main.lua')) ('{folder}').send))"
    assert run(program("lua5.3"), "-e", f"{ardour} {load}") == "function\n"
