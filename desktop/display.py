"""Whether a window can open here. Qt, asked without looking first, ends the program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from ctypes.util import find_library

from core.errors import UserInputError

_NEEDED = {
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-keysyms": "libxcb-keysyms1",
    "xkbcommon-x11": "libxkbcommon-x11-0",
}
"""Libraries that Qt's plugin for X11 loads and PyQt6 does not bring, and Debian's packages."""


class DisplayUnavailable(UserInputError):
    """No window can open here; the message says why, and what to do."""


def check_display(
    environment: Mapping[str, str],
    platform: str = sys.platform,
    find: Callable[[str], str | None] = find_library,
) -> None:
    """See that there is a display and what Qt needs to use it.

    Args:
        environment: variables that say what to show windows on.
        platform: as of :data:`sys.platform`.
        find: gives a library's file by its name, None if it is not installed.

    Raises:
        DisplayUnavailable: if not.
    """
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return
    if environment.get("WAYLAND_DISPLAY"):
        return
    if not environment.get("DISPLAY"):
        raise DisplayUnavailable(
            "there is no display to open a window on (DISPLAY and WAYLAND_DISPLAY are empty); "
            "start it in a desktop session, or use the other commands: timbre --help"
        )
    missing = [package for library, package in _NEEDED.items() if find(library) is None]
    if missing:
        raise DisplayUnavailable(
            f"Qt needs libraries that are not installed: {', '.join(missing)}; on Debian and "
            f"Ubuntu: sudo apt install {' '.join(missing)}"
        )
