"""Where the user's files live."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import paths

PLACES = (paths.library_path, paths.models_dir, paths.cache_dir, paths.renders_dir)


def test_timbre_home_holds_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    assert all(place().is_relative_to(tmp_path) for place in PLACES)
    assert len({place() for place in PLACES}) == len(PLACES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["", "  "])
def test_without_it_the_platform_decides(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TIMBRE_HOME", value)
    assert all(place().is_absolute() for place in PLACES)
    monkeypatch.delenv("TIMBRE_HOME")
    assert "timbre-bridge" in str(paths.library_path())


def test_a_relative_or_home_path_becomes_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBRE_HOME", "~/timbre")
    assert paths.data_dir() == Path.home() / "timbre"
    monkeypatch.setenv("TIMBRE_HOME", "here")
    assert paths.models_dir() == Path.cwd() / "here" / "models"
