"""Scripts go where they belong, and what a user changed there stays."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from bridge.daw_install import DAWS, ScriptedDaw
from bridge.daw_install.installation import inspect, install, uninstall
from core import cli
from core.errors import OutputError

ARDOUR = DAWS["ardour"]


def names_in(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def old_release(folder: Path, *names: str, gone: str = "") -> None:
    """Make it look as if an older version had installed these files."""
    receipt = folder / ARDOUR.receipt
    data = json.loads(receipt.read_text())
    for name in filter(None, (*names, gone)):
        (folder / name).write_text("older")
        data["files"][name] = hashlib.sha256(b"older").hexdigest()
    receipt.write_text(json.dumps(data))


@pytest.mark.parametrize("daw", DAWS.values(), ids=DAWS)
def test_scripts_are_put_there_whole_and_taken_away_again(daw: ScriptedDaw, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    assert inspect(daw, folder).state == "missing"
    done = install(daw, folder)
    assert len(done) == len(daw.files()) > 0
    assert names_in(folder) == {*daw.files(), daw.receipt}
    for name, source in daw.files().items():
        assert (folder / name).read_bytes() == source.read_bytes()
    assert inspect(daw, folder).state == "current"
    assert install(daw, folder) == []
    other = folder / "my own.lua"
    other.write_text("mine")
    assert len(uninstall(daw, folder)) == len(daw.files())
    assert list(folder.rglob("*")) == [other]
    assert uninstall(daw, folder) == []


def test_older_files_of_ours_are_replaced(tmp_path: Path) -> None:
    install(ARDOUR, tmp_path)
    old_release(tmp_path, "timbre_send.lua", gone="timbre-bridge/gone.lua")
    (tmp_path / "timbre_import.lua").unlink()
    assert inspect(ARDOUR, tmp_path).state == "older"
    done = install(ARDOUR, tmp_path)
    assert [line.split()[0] for line in done] == ["added", "updated", "removed"]
    assert names_in(tmp_path) == {*ARDOUR.files(), ARDOUR.receipt}
    assert inspect(ARDOUR, tmp_path).state == "current"


def test_what_the_user_changed_stays_unless_it_is_forced(tmp_path: Path) -> None:
    install(ARDOUR, tmp_path)
    mine = tmp_path / "timbre-bridge" / "score.lua"
    mine.write_text("mine")
    old_release(tmp_path, "timbre_send.lua")
    with pytest.raises(OutputError, match=r"score\.lua.*--force"):
        install(ARDOUR, tmp_path)
    assert (tmp_path / "timbre_send.lua").read_text() == "older"  # all or none
    install(ARDOUR, tmp_path, force=True)
    assert mine.read_bytes() == ARDOUR.files()["timbre-bridge/score.lua"].read_bytes()
    kept = mine.with_name("score.lua.bak")
    assert kept.read_text() == "mine"
    mine.write_text("mine again")
    install(ARDOUR, tmp_path, force=True)
    assert (kept.read_text(), mine.with_name("score.lua.bak2").read_text()) == (
        "mine",
        "mine again",
    )
    mine.write_text("and again")
    assert any("left" in line for line in uninstall(ARDOUR, tmp_path))
    assert mine.read_text() == "and again"
    uninstall(ARDOUR, tmp_path, force=True)
    assert names_in(tmp_path) == {"timbre-bridge/score.lua.bak", "timbre-bridge/score.lua.bak2"}


def test_files_copied_by_hand_are_known_if_they_are_current(tmp_path: Path) -> None:
    for name, source in ARDOUR.files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(source.read_bytes())
    assert inspect(ARDOUR, tmp_path).state == "current"
    assert install(ARDOUR, tmp_path) == []
    assert (tmp_path / ARDOUR.receipt).is_file()  # so that the next version knows them


@pytest.mark.parametrize("receipt", ["{", "[]", '{"files": 3}', '{"files": {"../x.lua": "0"}}'])
def test_a_damaged_receipt_costs_nothing(receipt: str, tmp_path: Path) -> None:
    folder = tmp_path / "scripts"
    install(ARDOUR, folder)
    (tmp_path / "x.lua").write_text("another's")
    (folder / ARDOUR.receipt).write_text(receipt)
    assert inspect(ARDOUR, folder).state == "current"
    uninstall(ARDOUR, folder, force=True)
    assert (tmp_path / "x.lua").read_text() == "another's"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "scripts").write_text("a file")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        install(ARDOUR, tmp_path / "scripts")


def timbre(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["timbre", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no programs; a Linux user's, whatever runs the test."""
    if sys.platform != "linux":
        pytest.skip("the other systems' folders are in test_finding.py")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    return tmp_path


def test_the_command_from_nothing_to_uninstalled(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert timbre(monkeypatch, "daw", "install", "ardour") == 2
    assert "--to FOLDER" in capsys.readouterr().err
    assert timbre(monkeypatch, "daw", "install", "cubase") == 2
    assert "ardour, reaper and ableton" in capsys.readouterr().err
    for version in (7, 8):
        (home / ".config" / f"ardour{version}").mkdir(parents=True)
    assert timbre(monkeypatch, "daw", "install", "ardour", "--dry-run") == 0
    assert "would add" in capsys.readouterr().out
    assert not names_in(home)
    assert timbre(monkeypatch, "daw", "install", "ardour") == 0
    said = capsys.readouterr().out
    assert "1. In Ardour: Edit > Lua Scripts" in said
    for version in (7, 8):
        folder = home / ".config" / f"ardour{version}" / "scripts"
        assert inspect(ARDOUR, folder).state == "current"
        assert str(folder) in said
    # One version's trouble keeps no other from its scripts.
    (home / ".config/ardour7/scripts/timbre_send.lua").write_text("mine")
    (home / ".config/ardour8/scripts/timbre_send.lua").unlink()
    assert timbre(monkeypatch, "daw", "install", "ardour") == 2
    assert inspect(ARDOUR, home / ".config/ardour8/scripts").state == "current"
    assert "ardour7" in capsys.readouterr().err
    assert timbre(monkeypatch, "daw", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["daws"]
    assert [(item["title"], item["state"]) for item in listed] == [
        ("Ardour 7", "changed"),
        ("Ardour 8", "current"),
    ]
    assert timbre(monkeypatch, "daw", "list") == 0
    assert "REAPER: not found" in capsys.readouterr().out
    assert timbre(monkeypatch, "daw", "uninstall", "ardour") == 0
    assert names_in(home) == {".config/ardour7/scripts/timbre_send.lua"}


def test_a_folder_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reaper.ini").touch()
    assert timbre(monkeypatch, "daw", "install", "reaper", "--to", str(tmp_path)) == 0
    assert (tmp_path / "Scripts" / "Timbre" / "timbre" / "json.lua").is_file()
    assert f'--spool "{tmp_path / "TimbreBridge"}"' in capsys.readouterr().out
    assert timbre(monkeypatch, "daw", "install", "ableton", "--to", str(tmp_path / "no")) == 2
    assert "is no folder" in capsys.readouterr().err
    assert timbre(monkeypatch, "daw", "install", "ableton", "--to", str(tmp_path)) == 0
    assert "AbletonOSC" in capsys.readouterr().out
    assert os.listdir(tmp_path / "TimbreBridge")
