"""What the window remembers, whatever happened to its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import OutputError
from desktop import settings
from desktop.settings import SettingsFile, WindowSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "desktop.json"


def write(path: Path, values: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def test_what_was_chosen_is_there_next_time(path: Path) -> None:
    file = SettingsFile(path)
    assert file.values == WindowSettings()
    file.change(theme="dark", scale_percent=150, first_page_done=True)
    file.save()
    again = SettingsFile(path)
    assert again.values == file.values
    assert again.remark == ""


def test_only_values_that_can_be_are_taken() -> None:
    file = SettingsFile(Path("nowhere") / "desktop.json")
    for changes in ({"theme": "pink"}, {"scale_percent": "big"}, {"nothing": 1}, {"page": True}):
        with pytest.raises(TypeError):
            file.change(**changes)
    file.change(scale_percent=900)
    assert file.values.scale_percent == 200


def test_a_damaged_file_is_kept_beside_and_said(path: Path) -> None:
    path.parent.mkdir()
    for text in ("{", "[1]", "{}", '{"version": "one"}', "\udcff".encode("utf-8", "surrogatepass")):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        file = SettingsFile(path)
        assert file.values == WindowSettings()
        assert "damaged" in file.remark
        kept = path.with_suffix(".damaged.json")
        assert kept.exists()
        kept.unlink()


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_cannot_be_is_said(path: Path, port: int) -> None:
    write(path, {"version": 1, "bridge_port": port, "bridge_on": False})
    file = SettingsFile(path)
    assert file.values == WindowSettings(bridge_on=False)
    assert "bridge_port" in file.remark
    write(path, {"version": 1, "bridge_port": 65_535})
    assert SettingsFile(path).values.bridge_port == 65_535
    assert SettingsFile(path).remark == ""


def test_one_wrong_value_costs_no_other(path: Path) -> None:
    write(path, {"version": 1, "theme": 7, "scale_percent": 125, "unknown": 1})
    file = SettingsFile(path)
    assert file.values == WindowSettings(scale_percent=125)
    assert "theme" in file.remark


def test_a_newer_file_is_used_and_left_as_it_is(path: Path) -> None:
    write(path, {"version": 99, "theme": "dark", "moods": ["calm"]})
    before = path.read_bytes()
    file = SettingsFile(path)
    assert file.values.theme == "dark"
    assert "newer" in file.remark
    file.change(theme="light")
    file.save()
    assert path.read_bytes() == before


def test_older_files_are_brought_up_step_by_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colours_to_theme(values: dict[str, Any]) -> None:
        values["look"] = values.pop("colours")

    def look_to_theme(values: dict[str, Any]) -> None:
        values["theme"] = values.pop("look")

    monkeypatch.setattr(settings, "VERSION", 3)
    monkeypatch.setattr(settings, "UPGRADES", {1: colours_to_theme, 2: look_to_theme})
    write(path, {"version": 1, "colours": "dark"})
    assert SettingsFile(path).values.theme == "dark"
    write(path, {"version": 2, "look": "light"})
    assert SettingsFile(path).values.theme == "light"


def test_every_version_has_its_upgrade() -> None:
    assert sorted(settings.UPGRADES) == list(range(1, settings.VERSION))


def test_a_file_that_may_not_be_read_is_not_written_over(path: Path) -> None:
    path.mkdir(parents=True)  # as unreadable to root as to anyone
    file = SettingsFile(path)
    assert "cannot be read" in file.remark
    file.change(theme="light")
    file.save()
    assert path.is_dir()


def test_one_that_cannot_be_written_is_an_error_of_one_line(path: Path) -> None:
    file = SettingsFile(path)
    path.parent.write_bytes(b"a file where the folder should be")
    file.change(theme="dark")
    with pytest.raises(OutputError, match=path.name):
        file.save()


def test_nothing_is_written_without_need(path: Path) -> None:
    file = SettingsFile(path)
    file.change(theme="dark")
    file.save()
    path.unlink()
    file.save()
    assert not path.exists()
