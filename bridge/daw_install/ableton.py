"""Where Ableton Live looks for control surfaces: ``Remote Scripts`` in the user's library.

The library is ``Music/Ableton/User Library`` on macOS and ``Documents\\Ableton\\User Library`` on
Windows, unless it was moved: then ``Library.cfg`` in the folder of a Live's preferences says where
(``ProjectPath`` and ``ProjectName`` in ``UserLibrary``). Sources: Ableton's help, "The User
Library" and "Installing third-party remote scripts"; the file itself, which is XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

from bridge.daw_install.base import ScriptedDaw, ScriptsFolder, shipped_files
from bridge.daw_install.user_environment import UserEnvironment

REMOTE_SCRIPTS = "Remote Scripts"
SURFACE = "TimbreBridge"
ABLETON_OSC = "AbletonOSC"
MOST_SETTINGS_BYTES = 16 << 20
"""Of a ``Library.cfg`` that is read."""

_LIVE = re.compile(r"Live (\d+[\d.]*)")


class AbletonLive(ScriptedDaw):
    """Ableton Live 11 and 12."""

    name: ClassVar[str] = "ableton"
    title: ClassVar[str] = "Ableton Live"
    receipt: ClassVar[str] = f"{SURFACE}/installed.json"

    def files(self) -> Mapping[str, Path]:
        """As :meth:`ScriptedDaw.files`."""
        return shipped_files("ableton", "*.py")

    def find(self, environment: UserEnvironment) -> list[ScriptsFolder]:
        """As :meth:`ScriptedDaw.find`: libraries that a Live names, and the usual one."""
        libraries: dict[Path, str] = {}
        for version, preferences in _preferences(environment):
            library = _library_of(preferences, environment.home) or _usual(environment)
            before = libraries.get(library)
            libraries[library] = f"{before}, {version}" if before else f"Live {version}"
        usual = _usual(environment)
        if not libraries and usual.is_dir():
            libraries[usual] = "Live"
        return [
            ScriptsFolder(title, library / REMOTE_SCRIPTS) for library, title in libraries.items()
        ]

    def usual_folder(self, environment: UserEnvironment) -> str:
        """As :meth:`ScriptedDaw.usual_folder`."""
        if not (environment.is_mac or environment.is_windows):
            return "no folder of its own: Live runs on macOS and Windows only"
        return str(_usual(environment) / REMOTE_SCRIPTS)

    def folder_in(self, directory: Path) -> Path:
        """As :meth:`ScriptedDaw.folder_in`."""
        is_library = directory.name == "User Library" or (directory / REMOTE_SCRIPTS).is_dir()
        return directory / REMOTE_SCRIPTS if is_library else directory

    def next_steps(self, folder: Path) -> list[str]:
        """As :meth:`ScriptedDaw.next_steps`."""
        steps = [
            "Start Live again. In Settings > Link, Tempo & MIDI choose AbletonOSC and TimbreBridge "
            "under Control Surface, each in a row of its own.",
            "In a terminal: timbre serve --ableton. Then select a clip in the Session View, and "
            'in another terminal: timbre send --ableton --preset "Warm Drawbars".',
        ]
        if not (folder / ABLETON_OSC).is_dir():
            steps.insert(
                0,
                "AbletonOSC, through which clips are read, is not there: get it from "
                f"https://github.com/ideoforms/AbletonOSC and put it, named {ABLETON_OSC}, into "
                f"{folder}.",
            )
        return steps


def _usual(environment: UserEnvironment) -> Path:
    music = "Documents" if environment.is_windows else "Music"
    return environment.home / music / "Ableton" / "User Library"


def _preferences(environment: UserEnvironment) -> Iterator[tuple[str, Path]]:
    """Every Live that has run: its version, and the folder of its preferences."""
    if environment.is_mac:
        base, inner = environment.home / "Library" / "Preferences" / "Ableton", ""
    elif environment.is_windows:
        base, inner = environment.roaming_data / "Ableton", "Preferences"
    else:
        return
    if not base.is_dir():
        return
    found = [(match[1], entry) for entry in base.iterdir() if (match := _LIVE.match(entry.name))]
    for version, entry in sorted(
        found, key=lambda item: [int(n) for n in re.findall(r"\d+", item[0])]
    ):
        if (entry / inner).is_dir():
            yield version, entry / inner


def _library_of(preferences: Path, home: Path) -> Path | None:
    """The user library that a Live's ``Library.cfg`` names; None if it names none."""
    settings = preferences / "Library.cfg"
    try:
        if settings.stat().st_size > MOST_SETTINGS_BYTES:
            return None
        root = ElementTree.fromstring(settings.read_bytes())
    except (OSError, ElementTree.ParseError):
        return None
    project = root.find(".//UserLibrary/LibraryProject")
    if project is None:
        return None
    values = {entry.tag: entry.get("Value", "") for entry in project}
    path = values.get("ProjectPath", "").replace("%%USERNAME%%", home.name)
    return Path(path) / (values.get("ProjectName") or "User Library") if path else None
