"""DAWs for tests and the gallery: one with scripts, one without, one that is not here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desktop.services.interfaces import DawFound


class FakeDaws:
    """A :class:`desktop.services.interfaces.DawService`."""

    def __init__(self) -> None:
        self._rows = [
            DawFound("ardour", "Ardour 8", True, "scripts there, up to date", False),
            DawFound("reaper", "REAPER", True, "no scripts of ours there", True),
            DawFound("ableton", "Ableton Live", False, "not found in ~/Music/Ableton", False),
        ]

    def found(self) -> Sequence[DawFound]:
        """The three."""
        return tuple(self._rows)

    def install(self, name: str) -> Sequence[str]:
        """Nothing, but from now on it is said to be there."""
        self._rows = [
            replace(row, state="scripts there, up to date", can_install=False)
            if row.name == name
            else row
            for row in self._rows
        ]
        return ("Open the action list and run “Timbre Bridge”.",)
