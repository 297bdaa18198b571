"""Stands in for Ableton Live with AbletonOSC and our control surface, over real UDP sockets.

What AbletonOSC does is done as its documentation and its users' reports have it: messages wait
for a tick of 100 ms; an answer goes to the sender's address, at one fixed port, and repeats the
indices asked about; an error goes out as ``/live/error`` with no word on its cause, and ends the
tick; an answer that the system will not send is such an error.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import random
import socket
import sys
import threading
import time
import types
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.hosts.ableton.link import Ports

EXTENSION = Path(__file__).parents[4] / "bridge" / "daws" / "ableton" / "TimbreBridge"


# The song, as Live's own Python shows it


@dataclass
class MidiNote:
    pitch: int
    start_time: float
    duration: float
    velocity: float = 100.0
    mute: bool = False


@dataclass(eq=False)
class LiveClip:
    name: str = "riff"
    notes: list[MidiNote] = field(default_factory=list)
    loop_start: float = 0.0
    loop_end: float = 4.0
    looping: bool = True
    start_marker: float = 0.0
    is_midi_clip: bool = True
    file_path: str = ""
    warping: bool = True

    def get_notes_extended(
        self, from_pitch: int, pitch_span: int, from_time: float, time_span: float
    ) -> list[MidiNote]:
        assert isinstance(from_pitch, int)
        assert isinstance(pitch_span, int)
        return [
            note
            for note in self.notes
            if from_pitch <= note.pitch < from_pitch + pitch_span
            and from_time <= note.start_time < from_time + time_span
        ]


@dataclass(eq=False)
class ClipSlot:
    is_audio: bool
    clip: LiveClip | None = None

    @property
    def has_clip(self) -> bool:
        return self.clip is not None

    def create_audio_clip(self, path: str) -> None:
        if not self.is_audio or self.has_clip:
            raise RuntimeError("Only empty slots of audio tracks can take audio clips")
        with wave.open(path) as sound:
            seconds = sound.getnframes() / sound.getframerate()
        self.clip = LiveClip(
            Path(path).stem, loop_end=seconds, is_midi_clip=False, file_path=path, looping=False
        )


class OldClipSlot(ClipSlot):
    """Of Live before 12.0.5."""

    @property
    def create_audio_clip(self) -> Any:
        raise AttributeError("create_audio_clip")


@dataclass(eq=False)
class Track:
    name: str
    has_audio_input: bool
    clip_slots: list[ClipSlot]


class Song:
    """Three scenes and no tracks."""

    def __init__(self, slot: type[ClipSlot] = ClipSlot) -> None:
        self.tempo = 120.0
        self.tracks: list[Track] = []
        self.scenes = ["1", "2", "3"]
        self.selected = (0, 0)
        self.undo: list[list[str]] = []
        self._slot = slot
        self._is_in_step = False

    def add_track(self, name: str, is_audio: bool = False, index: int = -1) -> Track:
        track = Track(name, is_audio, [self._slot(is_audio) for _ in self.scenes])
        self.tracks.insert(len(self.tracks) if index < 0 else index, track)
        return track

    def create_audio_track(self, index: int) -> None:
        assert self._is_in_step
        self.add_track(f"{index + 1}-Audio", True, index)

    def delete_track(self, index: int) -> None:
        del self.tracks[index]

    def begin_undo_step(self) -> None:
        assert not self._is_in_step
        self._is_in_step = True
        self.undo.append([track.name for track in self.tracks])

    def end_undo_step(self) -> None:
        assert self._is_in_step
        self._is_in_step = False


# AbletonOSC


class AbletonOsc:
    """The control surface AbletonOSC, as far as we ask it.

    Args:
        song: what it tells of.
        port: where it listens; 0 takes any.
        reply_port: where it answers.

    Attributes:
        max_datagram: most bytes the system sends; macOS's default is the lowest.
        loss: of answers, a probability.
        late_s: an answer may come so much too late, by chance.
        chatter: an error and a beat that nobody here asked for, at every tick.
        shown: lines in Live's status bar.
        heard: messages that came.
    """

    def __init__(self, song: Song, port: int, reply_port: int, seed: int = 0) -> None:
        self.song = song
        self.reply_port = reply_port
        self.max_datagram = 65_507
        self.loss, self.late_s, self.chatter = 0.0, 0.0, False
        self.shown: list[str] = []
        self.heard: list[tuple[str, list[Any]]] = []
        self._random = random.Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self._late: list[tuple[float, bytes, str]] = []

    def close(self) -> None:
        self._socket.close()

    def tick(self) -> None:
        """Handle what has come, as far as the first error."""
        now = time.monotonic()
        for due, packet, host in list(self._late):
            if due <= now:
                self._late.remove((due, packet, host))
                self._socket.sendto(packet, (host, self.reply_port))
        if self.chatter:
            self._send("/live/error", ("Error handling OSC message: of another client",))
            self._send("/live/song/get/beat", (7,))
        try:
            while True:
                data, (host, _port) = self._socket.recvfrom(65_536)
                message = OscMessage(data)
                self.heard.append((message.address, message.params))
                answer = self._answer(message.address, message.params)
                if answer is not None:
                    self._send(message.address, answer, host)
        except BlockingIOError:
            pass
        except OSError as error:
            self._send(
                "/live/error", (f"Socket error: Traceback (most recent call last):\n{error}",)
            )
        except Exception as error:
            self._send("/live/error", (f"Error handling OSC message: {error}",))

    def _send(self, address: str, values: tuple[Any, ...], host: str = "127.0.0.1") -> None:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        packet = builder.build().dgram
        if len(packet) > self.max_datagram:
            raise OSError(errno.EMSGSIZE, "Message too long")
        if self._random.random() < self.loss:
            return
        if self.late_s and self._random.random() < 0.5:
            due = time.monotonic() + self._random.random() * self.late_s
            self._late.append((due, packet, host))
        else:
            self._socket.sendto(packet, (host, self.reply_port))

    def _answer(self, address: str, params: list[Any]) -> tuple[Any, ...] | None:
        handlers: dict[str, Callable[..., Any]] = {
            "/live/view/get/selected_clip": lambda: self._selected(),
            "/live/song/get/tempo": lambda: (self.song.tempo,),
            "/live/track/get/name": lambda track: (track, self.song.tracks[track].name),
            "/live/clip_slot/get/has_clip": lambda track, scene: (
                track, scene, self.song.tracks[track].clip_slots[scene].has_clip,
            ),
            "/live/clip/get/notes": self._notes,
            "/live/api/show_message": self.shown.append,
        }  # fmt: skip
        kind, _, name = address.rpartition("/")
        if kind == "/live/clip/get" and name != "notes":
            track, scene = params
            clip = self.song.tracks[track].clip_slots[scene].clip
            return track, scene, getattr(clip, name)
        if address not in handlers:
            self._send("/live/error", (f"Unknown OSC address: {address}",))
            return None
        answer = handlers[address](*params)
        assert answer is None or isinstance(answer, tuple)
        return answer

    def _selected(self) -> tuple[int, int]:
        if self.song.selected[0] >= len(self.song.tracks):
            raise ValueError("<Track.Track object at 0x104f> is not in list")
        return self.song.selected

    def _notes(self, track: int, scene: int, *window: Any) -> tuple[Any, ...]:
        clip: Any = self.song.tracks[track].clip_slots[scene].clip
        found = clip.get_notes_extended(*(window or (0, 127, -8192, 16384)))
        values: list[Any] = [track, scene]
        for n in found:
            values += [n.pitch, n.start_time, n.duration, n.velocity, n.mute]
        return tuple(values)


# Live


class ControlSurface:
    """What Live's scripts are built on."""

    def __init__(self, c_instance: FakeLive) -> None:
        self._fake_live = c_instance

    def schedule_message(self, ticks: int, work: Callable[[], object]) -> None:
        assert ticks == 1
        self._fake_live.scheduled.append(work)

    def disconnect(self) -> None:
        self._fake_live.scheduled.clear()


def load_extension() -> types.ModuleType:
    """Our control surface's module, as Live loads it."""
    framework = types.ModuleType("ableton.v2.control_surface")
    framework.ControlSurface = ControlSurface  # type: ignore[attr-defined]
    names = ("ableton", "ableton.v2", "ableton.v2.control_surface")
    before = {name: sys.modules.get(name) for name in names}
    for name in names[:2]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules[names[2]] = framework
    try:
        spec = importlib.util.spec_from_file_location("TimbreBridge", EXTENSION / "__init__.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        for name, old in before.items():
            if old is None:
                del sys.modules[name]
            else:
                sys.modules[name] = old


class FakeLive:
    """Live, running in a thread: one tick after the other. Use it in a ``with`` block.

    Args:
        song: what is open in it.
        with_extension: whether our control surface is chosen.
        tick_s: 0.1 is Live's.
        seed: of its answers' luck.

    Attributes:
        stalled: it does nothing while this is set.
    """

    def __init__(
        self, song: Song, with_extension: bool = True, tick_s: float = 0.1, seed: int = 0
    ) -> None:
        self.scheduled: list[Callable[[], object]] = []
        self.messages: list[str] = []
        self.stalled = threading.Event()
        self._song, self._tick_s = song, tick_s
        self.osc = AbletonOsc(song, 0, free_port(), seed)
        self.ports = Ports(self.osc.port, self.osc.reply_port, free_port())
        self.extension: Any = None
        if with_extension:
            self.extension = load_extension().TimbreBridge(self, port=self.ports.extension)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def song(self) -> Song:
        return self._song

    def show_message(self, text: str) -> None:
        self.messages.append(text)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        self.osc.close()
        if self.extension is not None:
            self.extension.disconnect()

    def _run(self) -> None:
        while not self._stop.wait(self._tick_s):
            if not self.stalled.is_set():
                self.osc.tick()
                works, self.scheduled = self.scheduled, []
                for work in works:
                    work()


def free_port() -> int:
    """A UDP port nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def live_with(clip: LiveClip | None, **options: Any) -> Iterator[FakeLive]:
    """A Live with the tracks Drums and Keys; the clip is on Keys in scene 2, and selected."""
    song = Song(options.pop("slot", ClipSlot))
    song.add_track("Drums")
    song.add_track("Keys").clip_slots[1].clip = clip
    song.selected = (1, 1)
    with FakeLive(song, **options) as live:
        yield live
