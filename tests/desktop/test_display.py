"""Where no window can open, one line says why: Qt would end the program."""

from __future__ import annotations

import pytest

from desktop.display import DisplayUnavailable, check_display


def found(name: str) -> str:
    return f"lib{name}.so"


def test_without_a_display_it_is_said() -> None:
    with pytest.raises(DisplayUnavailable, match="no display"):
        check_display({}, "linux", found)


def test_missing_libraries_come_with_their_packages() -> None:
    with pytest.raises(DisplayUnavailable, match=r"sudo apt install libxcb-cursor0$"):
        check_display(
            {"DISPLAY": ":0"}, "linux", lambda name: None if name == "xcb-cursor" else found(name)
        )


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({"DISPLAY": ":0"}, "linux"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        ({}, "darwin"),
        ({}, "win32"),
    ],
)
def test_where_one_can_open_nothing_is_said(environment: dict[str, str], platform: str) -> None:
    check_display(environment, platform, found)
