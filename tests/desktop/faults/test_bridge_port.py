"""The bridge's port is somebody else's: said at the start, tried again, and still wanted later."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from desktop.settings import SettingsFile
from tests.desktop.faults.conftest import OpenWindow


def test_a_taken_port_is_said_with_a_way_out(
    open_window: Callable[..., OpenWindow], home: Path
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        window = open_window(port)
        window.fault(f"DAWs are not answered: another program uses port {port}")
        bridge = window.desktop.services.bridge
        assert not bridge.state.is_on
        assert bridge.is_wanted
    window.take_way_out("Turn it on again")
    window.wait(lambda: bridge.state.is_on)


def test_a_bridge_that_was_kept_from_starting_is_tried_at_the_next_start(
    open_window: Callable[..., OpenWindow], home: Path
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", tcp.getsockname()[1]))
        window = open_window(tcp.getsockname()[1])
        window.fault("DAWs are not answered")
        window.desktop.close()
    assert SettingsFile.open().values.bridge_on


def test_a_bridge_that_the_user_turned_off_stays_off(
    open_window: Callable[..., OpenWindow], home: Path
) -> None:
    window = open_window(0)
    bridge = window.desktop.services.bridge
    window.wait(lambda: bridge.state.is_on)
    bridge.turn_off()
    window.desktop.close()
    assert not SettingsFile.open().values.bridge_on
