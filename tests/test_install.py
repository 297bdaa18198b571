"""What an install outside a clone needs is there, and says what the clone says."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.helpers.waiting import LAST_RESORT_S

ROOT = Path(__file__).parents[1]
ONLY_TESTS_IMPORT = ["wandb", "webdataset"]
"""What laion-clap trains with. A test of ours imports it whole, the program its network only."""

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, *_):
        if name.split(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import dac
from core.encoders.laion import encoder
assert encoder._import_htsat()
"""


def test_the_overrides_of_a_tool_install_are_those_of_the_clone() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]
    listed = (ROOT / "overrides.txt").read_text(encoding="utf-8").splitlines()
    left_out = [f"{name} ; sys_platform == 'never'" for name in ONLY_TESTS_IMPORT]
    assert listed == settings["override-dependencies"] + left_out


def test_what_a_tool_install_leaves_out_is_not_needed() -> None:
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT, *ONLY_TESTS_IMPORT]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=LAST_RESORT_S,
    )
    assert done.returncode == 0, done.stderr


def test_what_is_for_tests_is_no_dependency() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = " ".join(data["project"]["dependencies"])
    for name in ("pytest", "hypothesis", "music21", "tokensynth", "transformers", "ruff", "mypy"):
        assert name not in installed
