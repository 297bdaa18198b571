"""Measures on the command line: presets compared, ordered and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.descriptors.adjectives import MEASURES
from core.library import Library
from core.library.cli import app
from core.timbre import TextTimbre


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    return tmp_path


def names(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [preset["name"] for preset in json.loads(result.stdout)["presets"]]


def test_lists_are_narrowed_by_comparison_and_ordered_by_an_adjective(home: Path) -> None:
    darkest = names("list", "--order", "dark", "--limit", "4")
    assert names("list", "--sort", "bright")[-4:] == darkest[::-1]
    darker = names("list", "--darker-than", darkest[3])
    assert set(darker) == set(darkest[:3])
    assert not set(darker) & set(names("list", "--brighter-than", darkest[3], "--longer-than",
                                       "Tight Bell"))  # fmt: skip
    assert "Round Triangle Pad" in names("search", "pad", "--darker-than", "Saw Brass")


def test_what_finds_nothing_says_why(home: Path) -> None:
    darkest = names("list", "--order", "dark", "--limit", "1")[0]
    result = CliRunner().invoke(app, ["list", "--darker-than", darkest])
    assert f"no preset is darker than {darkest!r}" in result.stderr
    with pytest.raises(Exception, match="brighter than 'Saw Brass'; leave one out"):
        CliRunner().invoke(
            app,
            ["list", "--brighter-than", "Saw Brass", "--darker-than", darkest],
            catch_exceptions=False,
        )
    with pytest.raises(Exception, match="there is no preset 'Nobody'"):
        CliRunner().invoke(app, ["list", "--darker-than", "Nobody"], catch_exceptions=False)


def test_a_preset_is_measured_when_it_is_compared_with(home: Path) -> None:
    with Library.open(model=None) as library:
        library.add("Mine", TextTimbre("dark soft pad"))
    shown = CliRunner().invoke(app, ["show", "Mine"], catch_exceptions=False)
    assert "not measured yet" in shown.stdout
    first = CliRunner().invoke(app, ["list", "--brighter-than", "Small Bell"])
    assert "1 presets were not measured yet" in first.stderr
    names("list", "--brighter-than", "Mine")
    with Library.open(model=None) as library:
        library.edit_place("Mine", "noise", 1.0)
    shown = CliRunner().invoke(app, ["show", "Mine"], catch_exceptions=False)
    assert "noise:       pure ▮▮▮▮▮▮▮▮▮▮ noisy  (your word)" in shown.stdout
    data = json.loads(CliRunner().invoke(app, ["show", "Mine", "--json"]).stdout)
    assert data["places"]["noise"] == 1.0
    assert set(data["measured"]) == set(MEASURES)
    assert "vibrato:    0 cents to either side" in shown.stdout
