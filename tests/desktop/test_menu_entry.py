"""The entry in each system's menu."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtGui import QImage

from core.errors import OutputError
from desktop import menu_entry
from desktop.menu_entry import install, launch_command, remove


def test_linux_gets_an_entry_and_an_icon(tmp_path: Path) -> None:
    entry, icon = install(tmp_path, {"XDG_DATA_HOME": str(tmp_path / "data")}, "linux")
    lines = dict(
        line.split("=", 1) for line in entry.read_text().splitlines() if not line.startswith("[")
    )
    assert lines["Name"] == "Timbre Bridge"
    assert shlex.split(lines["Exec"]) == launch_command("linux")
    assert lines["Icon"] == str(icon)
    assert not QImage(str(icon)).isNull()
    assert remove(tmp_path, {"XDG_DATA_HOME": str(tmp_path / "data")}, "linux") == [entry, icon]
    assert not entry.exists()


def test_a_relative_data_home_counts_for_nothing(tmp_path: Path) -> None:
    entry, _ = install(tmp_path, {"XDG_DATA_HOME": "here"}, "linux")
    assert entry == tmp_path / ".local/share/applications/timbre-bridge.desktop"


def test_odd_folders_are_quoted_twice() -> None:
    # Desktop Entry Specification: escaped in the quotes, and backslashes again in the value.
    assert menu_entry._quoted('/a b/$x`"%') == '"/a b/\\\\$x\\\\`\\\\"%%"'


def test_macos_gets_an_application(tmp_path: Path) -> None:
    (bundle,) = install(tmp_path, {}, "darwin")
    information = plistlib.loads((bundle / "Contents/Info.plist").read_bytes())
    start = bundle / "Contents/MacOS" / information["CFBundleExecutable"]
    assert os.access(start, os.X_OK)
    assert shlex.split(start.read_text().splitlines()[1])[1:] == launch_command("darwin")
    drawn = QImage(str(bundle / f"Contents/Resources/{information['CFBundleIconFile']}.icns"))
    assert drawn.width() == 512
    assert install(tmp_path, {}, "darwin") == [bundle]  # again
    assert remove(tmp_path, {}, "darwin") == [bundle]
    assert not bundle.exists()


def test_windows_is_asked_to_make_its_own_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, str]] = []

    def run(command: list[str], env: dict[str, str], **_: object) -> None:
        assert command[0] == "powershell"
        asked.append(env)

    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(subprocess, "run", run)
    link, icon = install(tmp_path, {"APPDATA": str(tmp_path / "roaming")}, "win32")
    assert asked[0]["TIMBRE_LINK"] == str(link)
    assert asked[0]["TIMBRE_PROGRAM"] == sys.executable
    assert QImage(str(icon)).width() == 256


def test_where_windows_makes_none_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutputError, match="by hand"):
        install(tmp_path, {"APPDATA": str(tmp_path)}, "win32")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".local").write_bytes(b"a file where the folder should be")
    with pytest.raises(OutputError, match=str(tmp_path / ".local")):
        install(tmp_path, {}, "linux")


def test_what_the_entry_starts_is_there() -> None:
    program, *arguments = launch_command()
    found = subprocess.run(
        [program, "-P", "-c", "import desktop.__main__"], cwd="/", capture_output=True, text=True
    )
    assert (arguments, found.stderr) == (["-P", "-m", "desktop"], "")
