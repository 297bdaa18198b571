"""``timbre preset …`` as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from core.errors import SettingsError, UserInputError
from core.library import Library
from core.library.cli import app
from core.library.errors import UnknownPreset
from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.library import MakeTone
from tests.helpers.stages import without_stages

Run = Callable[..., str]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command that succeeds in a library with no factory bank; its stdout."""
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    plain = Library.open
    monkeypatch.setattr(Library, "open", lambda: plain(with_factory_bank=False, model=None))

    def succeed(*arguments: str) -> str:
        result = call(*arguments)
        assert result.exit_code == 0, result.exception or result.output
        return result.stdout

    return succeed


def as_json(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text)
    return data


def test_a_name_is_said_once(run: Run) -> None:
    run("add", "Plain", "--text", "warm bass")
    assert as_json(run("show", "plain", "--json"))["name"] == "Plain"
    for arguments in (["--text", "bass"], ["A", "--name", "B", "--text", "bass"]):
        error = call("add", *arguments).exception
        assert isinstance(error, SettingsError)
        assert "say once what to call it" in str(error)


def test_the_life_of_a_preset(run: Run, make_tone: MakeTone, tmp_path: Path) -> None:
    run("add", "--name", "Tone", "--audio", str(make_tone("a.wav", 220)), "--tag", "pure")
    run("add", "--name", "Warm, soft", "--text", "warm bass", "--tag", "low", "--tag", "soft")
    run(
        "add", "--name", "Mix", "--blend", "Tone=0.6,Warm, soft=0.4", "--favourite", "--rating", "4"
    )
    run("edit", "mix", "--name", "Mixture", "--tag", "both", "--top-k", "10")
    run("edit", "mixture", "--temperature", "0.5", "--no-favourite")
    shown = as_json(run("show", "Mixture", "--json"))
    assert shown["settings"] == {"top_k": 10, "temperature": 0.5}
    assert (shown["kind"], shown["tags"], shown["rating"]) == ("blend", ["both"], 4)
    assert (shown["favourite"], shown["version"]) == (False, 3)
    assert "0.6 × Tone" in run("show", "Mixture")
    file = run("export", "Mixture", "-o", str(tmp_path)).strip()
    for name in ("Mixture", "Tone", "warm, SOFT"):
        run("remove", name)
    assert as_json(run("list", "--json"))["total"] == 0
    assert "Mixture" in run("import", file)
    assert as_json(run("list", "--json"))["total"] == 3


def test_lists_and_searches(run: Run) -> None:
    for number in range(5):
        run("add", "--name", f"p{number}", "--text", f"bell {number}", "--tag", f"t{number % 2}")
    listed = as_json(run("list", "--json", "--tag", "t0", "--limit", "2"))
    assert ([preset["name"] for preset in listed["presets"]], listed["total"]) == (["p0", "p2"], 3)
    assert run("list", "--kind", "audio") == ""
    found = as_json(run("search", "bel", "3", "--json"))
    assert [preset["name"] for preset in found["presets"]] == ["p3"]
    assert run("search", "bell", "3").split()[:2] == ["p3", "text"]


def test_an_empty_answer_says_so_and_what_to_do(run: Run, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "home" / "models" / "tiny")
    assert "the library is empty" in call("list").stderr
    assert "no other preset" in call("similar", "--text", "warm", "--model", "tiny").stderr
    run("add", "--name", "Bell", "--text", "struck glass", "--tag", "keys")
    for arguments, said in (
        (("search", "bell", "zither"), "'bell zither'"),
        (("list", "--kind", "audio"), "no preset is of the kind audio"),
        (("list", "--tag", "pads", "--favourites"), "is a favourite and has the tag 'pads'"),
        (("list", "--offset", "3"), "a smaller --offset"),
        (("search", "bell", "--offset", "3"), "a smaller --offset"),
        (("similar", "Bell", "--model", "tiny"), "no other preset"),
    ):
        result = call(*arguments)
        assert (result.exit_code, result.stdout) == (0, "")
        assert said in result.stderr
        assert len(without_stages(result.stderr).splitlines()) == 1
        assert "timbre preset" in result.stderr or "--offset" in result.stderr


def test_a_list_of_a_new_library_loads_no_numpy(tmp_path: Path) -> None:
    code = (
        "import sys; from core.library import Library; library = Library.open(); library.list(); "
        "library.search('bell'); library.get('Small Bell'); "
        "print([m for m in ('numpy', 'torch', 'soundfile') if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TIMBRE_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert loaded.stdout.strip() == "[]"


def test_similar_to_a_factory_preset_loads_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from core.library.cli import similar; similar('Small Bell'); "
        "print([m for m in ('torch', 'soundfile') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TIMBRE_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Tight Bell" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_similar_by_a_bundles_ear(run: Run, make_tone: MakeTone, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "home" / "models" / "tiny")
    low, high = make_tone("low.wav", 110), make_tone("high.wav", 3000)
    run("add", "--name", "low", "--audio", str(low))
    run("add", "--name", "high", "--audio", str(high))
    answer = as_json(run("similar", "--audio", str(high), "--model", "tiny", "--json"))
    assert [preset["name"] for preset in answer["presets"]] == ["high", "low"]
    assert answer["presets"][0]["similarity"] == pytest.approx(1.0, abs=1e-5)
    assert "high" in run("similar", "low", "--model", "tiny")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["add", "--name", "x"], SettingsError),
        (["add", "--name", "x", "--text", "a", "--blend", "b=1"], SettingsError),
        (["add", "--name", "x", "--blend", "nobody=1"], UnknownPreset),
        (["add", "--name", "x", "--text", "a", "--rating", "9"], SettingsError),
        (["show", "nobody"], UnknownPreset),
        (["similar"], SettingsError),
        (["similar", "a", "--text", "b"], SettingsError),
        (["list", "--kind", "drum"], SettingsError),
        (["list", "--order", "pk"], SettingsError),
        (["import", "nowhere.timbre"], UserInputError),
        (["edit", "nobody", "--tag", "a", "--no-tags"], SettingsError),
    ],
)
def test_mistakes_are_one_line(run: Run, arguments: list[str], kind: type[Exception]) -> None:
    error = call(*arguments).exception
    assert isinstance(error, kind)
    assert "\n" not in str(error)


def test_every_command_of_the_contract_is_there() -> None:
    names = {
        command.name or getattr(command.callback, "__name__", "")
        for command in app.registered_commands
    }
    assert names >= {
        "add", "list", "show", "search", "similar", "edit", "remove", "export", "import",
        "restore-factory",
    }  # fmt: skip


def test_mounting_the_commands_loads_nothing_heavy() -> None:
    code = (
        "import sys, core.library.cli; "
        "print([m for m in ('numpy', 'sqlalchemy', 'torch', 'soundfile') if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
