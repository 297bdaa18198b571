"""The user's machine as far as finding a DAW needs it; tests make one of each system."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class UserEnvironment:
    """A system, a home and environment variables.

    Attributes:
        platform: as ``sys.platform`` has it; what is neither ``darwin`` nor ``win32`` is taken
            for a Linux.
        home: the user's.
        variables: of the environment.
        root: where programs of all users lie below.
    """

    platform: str
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    root: Path = Path("/")

    @classmethod
    def current(cls) -> UserEnvironment:
        """This machine and this user."""
        root = Path(os.environ.get("SYSTEMDRIVE", "C:") + "\\") if os.name == "nt" else Path("/")
        return cls(sys.platform, Path.home(), dict(os.environ), root)

    @property
    def is_mac(self) -> bool:
        """Whether it is macOS."""
        return self.platform == "darwin"

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows."""
        return self.platform == "win32"

    def folder(self, variable: str, default: Path) -> Path:
        """A folder that a variable of the environment may name.

        Args:
            variable: its name; an empty one, or no absolute path, counts as none.
            default: if it names none.
        """
        value = self.variables.get(variable, "").strip()
        return Path(value) if value and Path(value).is_absolute() else default

    @property
    def config_home(self) -> Path:
        """Where programs keep their settings on a Linux."""
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")

    @property
    def roaming_data(self) -> Path:
        """Windows' folder for settings that follow the user."""
        return self.folder("APPDATA", self.home / "AppData" / "Roaming")

    @property
    def local_data(self) -> Path:
        """Windows' folder for settings that stay on a machine."""
        return self.folder("LOCALAPPDATA", self.home / "AppData" / "Local")

    def search_path(self) -> list[Path]:
        """The folders in which commands are looked for."""
        separator = ";" if self.is_windows else ":"
        return [Path(part) for part in self.variables.get("PATH", "").split(separator) if part]
