"""The window's sound, by :mod:`core.audio.playback` on a thread of its own.

Opening a device takes up to a fifth of a second, and a sound of another rate has to be
converted: nothing of this is done on the thread of the window, which only leaves orders here.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.types import FloatArray

if TYPE_CHECKING:
    from core.audio.playback import Playback

_log = logging.getLogger(__name__)
_WATCH_S = 0.1
"""How often a device that plays is looked after."""


@dataclass(frozen=True)
class _GivenSound:
    audio: FloatArray
    sample_rate: int
    start_s: float = 0.0


class SystemAudio:
    """An :class:`~desktop.services.interfaces.AudioOut`.

    Args:
        load_backend: gives what stands for ``sounddevice``; None chooses PortAudio, or Qt's
            where that is not installed (:mod:`desktop.services.audio_backend`).
    """

    def __init__(self, load_backend: Callable[[], Any] | None = None) -> None:
        self._load = load_backend or _chosen_backend
        self._orders: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._backend: Any = None
        self._playback: Playback | None = None
        self._sound: _GivenSound | None = None
        self._device = ""
        self._devices: tuple[str, ...] = ()
        self._problem = self._remark = ""
        # Sounds asked for, and begun or refused: between the two it counts as playing.
        self._asked = self._done = 0
        self._thread = threading.Thread(target=self._work, name="audio out", daemon=True)
        self._thread.start()
        self.look_again()

    def play(self, audio: FloatArray, sample_rate: int, start_s: float = 0.0) -> int:
        """As the interface says."""
        self._asked += 1
        number = self._asked
        self._orders.put(lambda: self._begin(_GivenSound(audio, sample_rate, start_s), number))
        return number

    def seek(self, position_s: float) -> None:
        """As the interface says."""
        number = self._asked
        self._orders.put(lambda: self._seek(position_s, number))

    def replace(self, audio: FloatArray, sample_rate: int) -> None:
        """As the interface says."""
        number = self._asked
        self._orders.put(lambda: self._go_on(_GivenSound(audio, sample_rate), number))

    def stop(self) -> None:
        """As the interface says."""
        self._asked += 1
        number = self._asked
        self._orders.put(lambda: self._end(number))

    @property
    def sound_number(self) -> int:
        """As the interface says."""
        return self._asked

    @property
    def is_playing(self) -> bool:
        """As the interface says."""
        playback = self._playback
        return self._done < self._asked or (playback is not None and playback.is_playing)

    @property
    def position_s(self) -> float:
        """As the interface says."""
        playback = self._playback
        return 0.0 if self._done < self._asked or playback is None else playback.position_s

    @property
    def level_db(self) -> float:
        """As the interface says."""
        playback = self._playback
        return -math.inf if playback is None else playback.level_db

    def devices(self) -> Sequence[str]:
        """As the interface says."""
        return self._devices

    @property
    def device(self) -> str:
        """The one that was chosen; empty for the system's own."""
        return self._device

    def choose(self, device: str) -> None:
        """As the interface says; what plays goes on there."""
        self._device = device
        self._orders.put(self._move)

    def look_again(self) -> None:
        """As the interface says."""
        self._orders.put(self._list_devices)

    @property
    def problem(self) -> str:
        """As the interface says."""
        return self._problem

    @property
    def remark(self) -> str:
        """As the interface says."""
        return self._remark

    def close(self) -> None:
        """Be silent, and let go of the device."""
        self._orders.put(None)
        self._thread.join()

    # What follows runs on the thread of the sound.

    def _work(self) -> None:
        while True:
            try:
                order = self._orders.get(timeout=_WATCH_S if self._playback else None)
            except queue.Empty:
                order = self._watch
            if order is None:
                self._let_go()
                return
            try:
                order()
            except Exception as error:
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        from core.errors import TimbreError

        if not isinstance(error, TimbreError):
            _log.error("the sound failed", exc_info=error)
        self._problem = str(error) or type(error).__name__
        self._done = max(self._done, self._asked)
        self._let_go()

    def _begin(self, sound: _GivenSound, number: int) -> None:
        if number == self._asked:  # else something newer waits behind it
            self._sound = sound
            self._open().play(sound.audio, sound.sample_rate, sound.start_s)
            self._problem = ""
        self._done = number

    def _go_on(self, sound: _GivenSound, number: int) -> None:
        playback = self._playback
        if number == self._asked and playback is not None and playback.is_playing:
            self._sound = sound
            playback.replace(sound.audio, sound.sample_rate)

    def _seek(self, position_s: float, number: int) -> None:
        if number == self._asked and self._playback is not None:
            self._playback.seek(position_s)

    def _end(self, number: int) -> None:
        if self._playback is not None:
            self._playback.stop()
        self._sound = None
        self._done = number

    def _open(self, device: str | None = None) -> Playback:
        if self._playback is None:
            from core.audio.playback import Playback

            self._playback = Playback((device or self._device) or None, self._loaded())
        return self._playback

    def _loaded(self) -> Any:
        self._backend = self._backend or self._load()
        return self._backend

    def _let_go(self) -> None:
        playback, self._playback = self._playback, None
        if playback is not None:
            playback.stop()

    def _move(self) -> None:
        """Go to the chosen device, with what plays."""
        self._remark = ""
        playback, sound = self._playback, self._sound
        was_playing = playback is not None and playback.is_playing
        position_s = playback.position_s if playback is not None else 0.0
        self._let_go()
        opened = self._open()
        self._problem = ""
        if was_playing and sound is not None:
            opened.play(sound.audio, sound.sample_rate, position_s)

    def _watch(self) -> None:
        playback, sound = self._playback, self._sound
        if playback is None or sound is None or not playback.is_lost:
            return
        gone, position_s = playback.device.name, playback.position_s
        self._let_go()
        self._list_devices()
        wanted, self._device = self._device, ""
        try:
            self._open().play(sound.audio, sound.sample_rate, position_s)
        finally:
            self._device = "" if wanted == gone else wanted
        assert self._playback is not None
        self._remark = f"{gone} went away; playing through {self._playback.device.name}"

    def _list_devices(self) -> None:
        from core.audio.output_devices import look_again, output_devices

        if self._playback is not None and self._playback.is_playing:
            return  # PortAudio looks anew only when nothing plays
        is_first = self._backend is None
        backend = self._loaded()
        self._let_go()
        if not is_first:
            look_again(backend)
        self._devices = tuple(dict.fromkeys(device.name for device in output_devices(backend)))
        self._problem = "" if self._devices else "this machine has no device that plays sound"


def _chosen_backend() -> Any:
    from desktop.services.audio_backend import load_audio_backend

    return load_audio_backend()
