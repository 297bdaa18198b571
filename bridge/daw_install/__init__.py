"""Puts the scripts of :mod:`bridge.daws` where a DAW looks for them, and finds the DAWs."""

from bridge.daw_install.base import ScriptedDaw, ScriptsFolder
from bridge.daw_install.daws import DAWS
from bridge.daw_install.user_environment import UserEnvironment

__all__ = ["DAWS", "ScriptedDaw", "ScriptsFolder", "UserEnvironment"]
