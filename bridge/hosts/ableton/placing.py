"""A render back into Live: by our own extension where it is installed, else to drag and drop.

The extension (``bridge/daws/ableton/TimbreBridge``) is a control surface that takes one
message, ``/timbre/live/place``, on UDP port 9271 of this machine, and answers its sender. It
needs Live 12.0.5 or newer.
"""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import RequestRefused
from bridge.hosts.ableton.live import HOST, PORT
from bridge.protocol import osc

EXTENSION_PORT = 9271
_ASK_AGAIN_S = 0.4
_GIVE_UP_S = 4.0
_PLACE, _PLACED, _FAILED = (f"/timbre/live/{word}" for word in ("place", "placed", "failed"))


class NotPlaced(Exception):
    """Live did not take the file; its text says why."""


@dataclass(frozen=True)
class Placing:
    """Where a render belongs.

    Attributes:
        path: the file.
        track, scene: the clip it was made from.
        track_name: of that clip's track, should tracks have been added or removed since.
        name: for the new clip.
    """

    path: Path
    track: int
    scene: int
    track_name: str
    name: str


def place(placing: Placing, port: int = EXTENSION_PORT) -> tuple[int, int]:
    """Have the extension put a file into the Session View.

    Args:
        placing: what belongs where.
        port: where the extension listens, on this machine.

    Returns:
        The track and the scene it is in now, from 0.

    Raises:
        NotPlaced: if there is no extension, or Live cannot take the file.
    """
    request_id = uuid.uuid4().hex
    packet = osc.pack(
        _PLACE,
        [request_id, str(placing.path), placing.track, placing.track_name, placing.scene,
         placing.name],
    )  # fmt: skip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((HOST, 0))
        give_up = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < give_up:
            peer.sendto(packet, (HOST, port))
            peer.settimeout(_ASK_AGAIN_S)
            with contextlib.suppress(TimeoutError, ConnectionError, RequestRefused):
                for address, arguments in osc.unpack(peer.recv(osc.MAX_PACKET_BYTES)):
                    match address, arguments:
                        case str(_), [str(about), *_] if about != request_id:
                            continue
                        case "/timbre/live/placed", [_, int(track), int(scene)]:
                            return track, scene
                        case "/timbre/live/failed", [_, str(reason)]:
                            raise NotPlaced(reason)
    raise NotPlaced("the control surface TimbreBridge does not answer")


def show(placing: Placing, live_port: int = PORT) -> None:
    """Say in Live's status bar where the file is, for the user to drag it in.

    Args:
        placing: what belongs where.
        live_port: where AbletonOSC listens, on this machine.
    """
    text = f"Timbre: drag {placing.path.name} into Live, from {placing.path.parent}"
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        contextlib.suppress(OSError, RequestRefused),  # the terminal says it too
    ):
        peer.sendto(osc.pack("/live/api/show_message", [text]), (HOST, live_port))
