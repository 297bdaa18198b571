"""Every DAW that scripts are shipped for."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.daw_install.ableton import AbletonLive
from bridge.daw_install.ardour import Ardour
from bridge.daw_install.base import ScriptedDaw
from bridge.daw_install.reaper import Reaper

DAWS: Mapping[str, ScriptedDaw] = {daw.name: daw for daw in (Ardour(), Reaper(), AbletonLive())}
"""By their names on the command line."""
