"""Where a dialog for files begins: beside the last file, else in the music folder."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QStandardPaths


class StartFolder:
    """See the module's first line. Each place that asks for files has its own."""

    def __init__(self) -> None:
        self._last = ""

    @property
    def path(self) -> str:
        """The folder; never the one that the program happened to be started in."""
        if self._last and Path(self._last).is_dir():
            return self._last
        music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
        return music if music and Path(music).is_dir() else str(Path.home())

    def chosen(self, file: str) -> None:
        """Begin beside this file the next time."""
        self._last = str(Path(file).parent)
