"""Where Ardour looks for scripts.

Its configuration's folder is named after the program and its major version, and lies in
``~/Library/Preferences`` on macOS, in ``XDG_CONFIG_HOME`` elsewhere if that is set, else in
``~/.config`` (Linux) or ``%LOCALAPPDATA%`` (Windows); scripts are in its folder ``scripts``.
Source: ``libs/ardour/filesystem_paths.cc``, and the manual's "Files and directories Ardour knows
about".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from bridge.daw_install.base import ScriptedDaw, ScriptsFolder, shipped_files
from bridge.daw_install.user_environment import UserEnvironment

OLDEST = 7
"""Our scripts use its way of telling times."""

_CONFIGURATION = re.compile(r"ardour(\d+)", re.IGNORECASE)
_PROGRAMS = re.compile(r"ardour(\d+)(?:-lua|\.app)?|ardour-(\d+)\..*", re.IGNORECASE)


class Ardour(ScriptedDaw):
    """Ardour, of any version from :data:`OLDEST` on."""

    name: ClassVar[str] = "ardour"
    title: ClassVar[str] = "Ardour"
    receipt: ClassVar[str] = "timbre-bridge/installed.json"

    def files(self) -> Mapping[str, Path]:
        """As :meth:`ScriptedDaw.files`."""
        shared = shipped_files("shared", "*.lua", prefix="timbre-bridge/")
        return {**shipped_files("ardour", "*.lua"), **shared}

    def find(self, environment: UserEnvironment) -> list[ScriptsFolder]:
        """As :meth:`ScriptedDaw.find`: those that have run, and those that are installed."""
        base, name = _base(environment)
        found: dict[int, Path] = {}
        for version in _installed(environment):
            found[version] = base / f"{name}{version}"
        if base.is_dir():
            for entry in base.iterdir():
                match = _CONFIGURATION.fullmatch(entry.name)
                if match and entry.is_dir():
                    found[int(match[1])] = entry
        return [
            ScriptsFolder(f"Ardour {version}", found[version] / "scripts")
            for version in sorted(found)
            if version >= OLDEST
        ]

    def usual_folder(self, environment: UserEnvironment) -> str:
        """As :meth:`ScriptedDaw.usual_folder`."""
        base, name = _base(environment)
        return str(base / f"{name}N" / "scripts") + f" (N is Ardour's version, from {OLDEST})"

    def folder_in(self, directory: Path) -> Path:
        """As :meth:`ScriptedDaw.folder_in`."""
        return directory / "scripts" if _CONFIGURATION.fullmatch(directory.name) else directory

    def next_steps(self, folder: Path) -> list[str]:
        """As :meth:`ScriptedDaw.next_steps`."""
        return [
            "In Ardour: Edit > Lua Scripts > Script Manager.",
            "Page Action Scripts: a free line, Add/Set, 'Timbre: Send Selected Regions', Add; the "
            "same for 'Timbre: Choose Preset' and 'Timbre: Import Finished Renders'.",
            "Page Action Hooks: New Hook, 'Timbre: Import Renders As They Finish', Add.",
            "A key: Window > Keyboard Shortcuts, page Editor, LuaAction.",
            "In a terminal: timbre serve. Then select MIDI regions and press the key.",
        ]


def _base(environment: UserEnvironment) -> tuple[Path, str]:
    """The folder that configurations are in, and how the name of one begins."""
    if environment.is_mac:
        return environment.home / "Library" / "Preferences", "Ardour"
    if environment.is_windows:
        return environment.folder("XDG_CONFIG_HOME", environment.local_data), "Ardour"
    return environment.config_home, "ardour"


def _installed(environment: UserEnvironment) -> Iterator[int]:
    """Versions of the programs that are there, whether or not they ever ran."""
    if environment.is_mac:
        folders = [environment.root / "Applications", environment.home / "Applications"]
    elif environment.is_windows:
        folders = [environment.root / "Program Files"]
    else:
        folders = [*environment.search_path(), environment.root / "opt"]
    for folder in folders:
        if folder.is_dir():
            for entry in folder.iterdir():
                match = _PROGRAMS.fullmatch(entry.name)
                if match:
                    yield int(next(number for number in match.groups() if number))
