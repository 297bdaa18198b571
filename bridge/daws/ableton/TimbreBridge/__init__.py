# ruff: noqa: N999 (Live shows the folder's name to the user)
"""A control surface for Ableton Live that puts rendered files into the Session View.

Live runs this, not Timbre: it needs nothing but Live's own Python (3.7 or newer). It hears one
OSC message on UDP port 9271 of this machine,

    /timbre/live/place  s request_id, s path, i track, s track_name, i scene, s name

and answers its sender ``/timbre/live/placed s request_id, i track, i scene`` or
``/timbre/live/failed s request_id, s reason``. A repeated id is answered again, not done twice.
The socket is read once in 100 ms, as Live's Python has no threads.
"""

from __future__ import annotations

import os
import socket
import struct
from collections import OrderedDict
from typing import Any

from ableton.v2.control_surface import ControlSurface

PORT = 9271
SUFFIX = " – Timbre"
_REMEMBERED = 100


def create_instance(c_instance: Any) -> TimbreBridge:
    """Called by Live when the control surface is chosen."""
    return TimbreBridge(c_instance)


class TimbreBridge(ControlSurface):  # type: ignore[misc]
    """Hears the message, and does what it says."""

    def __init__(self, c_instance: Any, port: int = PORT) -> None:
        super().__init__(c_instance)
        self._live = c_instance
        self._answers: OrderedDict[str, bytes] = OrderedDict()  # by request id
        self._socket: socket.socket | None = None
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setblocking(False)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            listening.close()
            self._live.show_message(f"Timbre Bridge: port {port} cannot be had ({error})")
            return
        self._socket = listening
        self._live.show_message("Timbre Bridge: ready")
        self.schedule_message(1, self._tick)

    def disconnect(self) -> None:
        """Called by Live when the control surface is taken away."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        super().disconnect()

    def _tick(self) -> None:
        if self._socket is None:
            return
        while True:
            try:
                packet, sender = self._socket.recvfrom(65536)
            except OSError:  # nothing more has come
                break
            try:
                address, arguments = unpack(packet)
            except (ValueError, IndexError, struct.error):
                continue
            if address == "/timbre/live/place" and len(arguments) == 6:
                self._socket.sendto(self._answer(*arguments), sender)
        self.schedule_message(1, self._tick)

    def _answer(
        self, request_id: str, path: str, track: int, track_name: str, scene: int, name: str
    ) -> bytes:
        if request_id not in self._answers:
            try:
                where = place(self._live.song(), path, track, track_name, scene, name)
                answer = pack("/timbre/live/placed", request_id, *where)
                self._live.show_message(f"Timbre: {name} is on track {where[0] + 1}")
            except Exception as error:  # Live's errors are of many types
                answer = pack("/timbre/live/failed", request_id, str(error)[:500])
            self._answers[request_id] = answer
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return self._answers[request_id]


def place(
    song: Any, path: str, track: int, track_name: str, scene: int, name: str
) -> tuple[int, int]:
    """Put a file into a slot beside a clip, as one undo step.

    It goes to the audio track named after the clip's track that follows it, if its slot in the
    scene is free; else to a new track right behind the clip's.

    Returns:
        The track and the scene, from 0.

    Raises:
        ValueError: if it cannot be done; nothing is changed then.
    """
    source = find_track(song, track, track_name)
    if not 0 <= scene < len(song.scenes):
        raise ValueError(f"scene {scene + 1} is gone")
    if not hasattr(song.tracks[source].clip_slots[scene], "create_audio_clip"):
        raise ValueError("this Live cannot take files from scripts; 12.0.5 or newer can")
    if not os.path.isfile(path):
        raise ValueError(f"Live does not see the file {path}")
    wanted = song.tracks[source].name + SUFFIX
    index = source + 1
    song.begin_undo_step()
    try:
        is_new = not is_free(song, index, wanted, scene)
        if is_new:
            song.create_audio_track(index)
            song.tracks[index].name = wanted
        try:
            slot = song.tracks[index].clip_slots[scene]
            slot.create_audio_clip(path)
        except Exception:
            if is_new:
                song.delete_track(index)
            raise
        # As rendered: Live would guess a tempo, and stretch the sound to the song's.
        slot.clip.warping = False
        slot.clip.name = name
    finally:
        song.end_undo_step()
    return index, scene


def find_track(song: Any, track: int, name: str) -> int:
    """Where a track is now: where it was, or wherever one of its name is."""
    names = [other.name for other in song.tracks]
    if 0 <= track < len(names) and names[track] == name:
        return track
    if names.count(name) == 1:
        return names.index(name)
    raise ValueError(f"the track {name} is gone")


def is_free(song: Any, index: int, name: str, scene: int) -> bool:
    """Whether there is an audio track of this name with nothing in its slot."""
    if index >= len(song.tracks):
        return False
    track = song.tracks[index]
    is_ours = track.name == name and track.has_audio_input
    return bool(is_ours and not track.clip_slots[scene].has_clip)


def unpack(packet: bytes) -> tuple[str, list[Any]]:
    """The address and the arguments (strings and ints) of an OSC message."""
    address, at = _string(packet, 0)
    tags, at = _string(packet, at)
    arguments: list[Any] = []
    for tag in tags[1:]:
        if tag == "i":
            arguments.append(struct.unpack_from(">i", packet, at)[0])
            at += 4
        elif tag == "s":
            text, at = _string(packet, at)
            arguments.append(text)
        else:
            raise ValueError(f"an argument of type {tag}")
    return address, arguments


def pack(address: str, *arguments: Any) -> bytes:
    """An OSC message of strings and ints."""
    tags = "," + "".join("i" if isinstance(value, int) else "s" for value in arguments)
    parts = [_padded(address), _padded(tags)]
    for value in arguments:
        parts.append(struct.pack(">i", value) if isinstance(value, int) else _padded(value))
    return b"".join(parts)


def _string(packet: bytes, at: int) -> tuple[str, int]:
    end = packet.index(b"\0", at)
    return packet[at:end].decode("utf-8"), at + (end - at) // 4 * 4 + 4


def _padded(text: str) -> bytes:
    data = text.encode("utf-8").replace(b"\0", b"")
    return data + b"\0" * (4 - len(data) % 4)
