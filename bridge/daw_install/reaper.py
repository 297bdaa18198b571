"""Where REAPER looks for scripts: the folder ``Scripts`` of its resource path.

That is ``~/Library/Application Support/REAPER`` on macOS, ``%APPDATA%\\REAPER`` on Windows,
``~/.config/REAPER`` on Linux; a portable install, one with a ``reaper.ini`` beside the program,
has its own folder for it (REAPER's user guide, "Portable install").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from bridge.daw_install.base import ScriptedDaw, ScriptsFolder, shipped_files
from bridge.daw_install.user_environment import UserEnvironment

SCRIPTS = "Scripts/Timbre"
"""Our folder in a resource path."""

SETTINGS = "reaper.ini"
"""The file that every resource path has once REAPER has run."""

_PROGRAM_NAMES = ("reaper", "reaper.exe", "REAPER.app", "REAPER64.app")


class Reaper(ScriptedDaw):
    """REAPER 6 and 7, installed or portable."""

    name: ClassVar[str] = "reaper"
    title: ClassVar[str] = "REAPER"
    receipt: ClassVar[str] = "installed.json"

    def files(self) -> Mapping[str, Path]:
        """As :meth:`ScriptedDaw.files`."""
        shared = shipped_files("shared", "*.lua", prefix="timbre/")
        return {**shipped_files("reaper", "*.lua"), **shared}

    def find(self, environment: UserEnvironment) -> list[ScriptsFolder]:
        """As :meth:`ScriptedDaw.find`."""
        usual = _resource_path(environment)
        resources: dict[Path, str] = {}
        for folder in _program_folders(environment):
            if any((folder / name).exists() for name in _PROGRAM_NAMES):
                is_portable = (folder / SETTINGS).is_file()
                if is_portable and folder != usual:
                    resources[folder] = "REAPER (portable)"
                else:
                    resources[usual] = "REAPER"
        # XDG_CONFIG_HOME may be set for other programs only.
        for folder in (usual, environment.home / ".config" / "REAPER"):
            if folder.is_dir():
                resources[folder] = "REAPER"
        return [
            ScriptsFolder(title, resource / SCRIPTS)
            for resource, title in sorted(resources.items(), key=lambda item: item[1])
        ]

    def usual_folder(self, environment: UserEnvironment) -> str:
        """As :meth:`ScriptedDaw.usual_folder`."""
        return str(_resource_path(environment) / SCRIPTS)

    def folder_in(self, directory: Path) -> Path:
        """As :meth:`ScriptedDaw.folder_in`."""
        if (directory / SETTINGS).is_file():
            return directory / SCRIPTS
        if directory.name.casefold() == "scripts":
            return directory / "Timbre"
        return directory

    def next_steps(self, folder: Path) -> list[str]:
        """As :meth:`ScriptedDaw.next_steps`."""
        resource = folder.parents[1] if folder.name == "Timbre" else folder
        spool = resource / "TimbreBridge"
        return [
            "In REAPER: Actions > Show action list > New action > Load ReaScript, and choose "
            f"{folder / 'timbre_bridge.lua'}; once more for timbre_bridge_again.lua.",
            "Give both a key there (Add, under Shortcuts).",
            f'In a terminal: timbre serve --spool "{spool}". Then select MIDI items and press the '
            "key.",
        ]


def _resource_path(environment: UserEnvironment) -> Path:
    if environment.is_mac:
        return environment.home / "Library" / "Application Support" / "REAPER"
    if environment.is_windows:
        return environment.roaming_data / "REAPER"
    return environment.config_home / "REAPER"


def _program_folders(environment: UserEnvironment) -> Iterator[Path]:
    """Folders in which a REAPER may lie; a portable one lies where its user put it."""
    home, root = environment.home, environment.root
    if environment.is_mac:
        yield from (root / "Applications", home / "Applications", home / "REAPER")
        yield root / "Applications" / "REAPER"
    elif environment.is_windows:
        for programs in ("Program Files", "Program Files (x86)"):
            yield from (root / programs / "REAPER (x64)", root / programs / "REAPER")
        for name in ("REAPER", "REAPER (portable)", "REAPER (x64)"):
            yield from (root / name, home / name, home / "Documents" / name)
    else:
        yield from environment.search_path()
        yield from (root / "opt" / "REAPER", home / "opt" / "REAPER", home / "REAPER")
