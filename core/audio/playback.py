"""Sound to the machine's loudspeakers: one service for command lines and windows.

What can play here is in :mod:`core.audio.output_devices`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from types import TracebackType
from typing import Any

import numpy as np

from core.audio.conform import resample
from core.audio.loudness import fit_full_scale
from core.audio.output_devices import PlaybackUnavailable, choose_output_device, load_backend
from core.audio.playing_sound import PlayingSound
from core.types import FloatArray

_log = logging.getLogger(__name__)

LATENCY_S = 0.1
"""From a frame's being asked for to its being heard. At the 35 ms that a PulseAudio device has by
itself a sound has gaps while renders keep the machine busy."""

_STALLED_S = 2.0
"""A device that has asked for nothing for so long went away; the slowest ask every half second."""

_POLL_S = 0.1
"""How often a wait looks up: Ctrl-C is seen between, on every system."""


class Playback:
    """Plays one sound at a time. Any thread may use it; use it in a ``with`` block, or close it.

    Args:
        device: as in :func:`core.audio.output_devices.choose_output_device`.
        backend: as there.

    Raises:
        PlaybackUnavailable: if nothing can be heard here.
    """

    def __init__(self, device: str | None = None, backend: Any = None) -> None:
        self._backend = backend or load_backend()
        self.device = choose_output_device(device, self._backend)
        self._turn = threading.RLock()  # of several that begin a sound at once
        # Never held while a stream is closed: its callback takes it too.
        self._lock = threading.Lock()
        self._rates: dict[tuple[int, int], int] = {}
        self._stream: Any = None
        self._sound: PlayingSound | None = None
        self._asked_at = 0.0
        self._is_lost = False
        self._ended = threading.Event()
        self._ended.set()

    def __enter__(self) -> Playback:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_playing(self) -> bool:
        """Whether a sound has begun and not ended."""
        return not self._ended.is_set()

    @property
    def position_s(self) -> float:
        """Where the sound that is heard now is, seconds from its beginning; 0 without one."""
        sound, stream = self._sound, self._stream
        if sound is None:
            return 0.0
        ahead_s = float(getattr(stream, "latency", 0.0)) if self.is_playing else 0.0
        return max(0.0, sound.position_s - ahead_s)

    @property
    def level_db(self) -> float:
        """Peak of what was played last, dB under full scale; −inf when nothing plays."""
        sound = self._sound
        return sound.level_db if sound is not None and self.is_playing else -math.inf

    @property
    def is_lost(self) -> bool:
        """Whether the device went away under a sound: it ended too early, or stands still."""
        with self._lock:
            waits = self._stream is not None and not self._ended.is_set()
            return self._is_lost or (waits and time.monotonic() - self._asked_at > _STALLED_S)

    def play(self, audio: FloatArray, sample_rate: int, start_s: float = 0.0) -> None:
        """Begin a sound, in place of the one that plays; returns at once.

        A sound of the same rate takes over without a gap and without a click.

        Args:
            audio: float32 [channels, frames]; made softer as a whole if it exceeds ±1.
            sample_rate: Hz; converted if the device cannot play it.
            start_s: where to begin, seconds.

        Raises:
            PlaybackUnavailable: if the device refuses.
        """
        with self._turn:
            next_sound = self._made_ready(audio, sample_rate, start_s)
            if self._take_over(next_sound, goes_on=False):
                return
            self.stop()
            self._open(next_sound)

    def replace(self, audio: FloatArray, sample_rate: int) -> None:
        """Go on with another sound at the place where the one that plays is.

        Two of the same rate and channels change over at one frame, with a short cross-fade; of
        others the new one is opened at that place. A shorter one may be over there. When nothing
        plays nothing begins.

        Args:
            audio: as in :meth:`play`.
            sample_rate: Hz.

        Raises:
            PlaybackUnavailable: if the device refuses.
        """
        with self._turn:
            if not self.is_playing:
                return
            position_s = self.position_s
            next_sound = self._made_ready(audio, sample_rate, position_s)
            if self._take_over(next_sound, goes_on=True):
                return
            self.stop()
            if not next_sound.is_over:
                self._open(next_sound)

    def seek(self, position_s: float) -> None:
        """Go on elsewhere in the sound that plays, without a gap; nothing if none plays.

        Args:
            position_s: seconds from its beginning; beyond its end is its end.
        """
        with self._turn:
            sound = self._sound
            if sound is not None and self.is_playing:
                elsewhere = PlayingSound(sound.frames, sound.sample_rate, position_s)
                self._take_over(elsewhere, goes_on=False)

    def _made_ready(self, audio: FloatArray, sample_rate: int, start_s: float) -> PlayingSound:
        """A sound at a rate and with channels that the device plays."""
        channels = min(max(2, audio.shape[0]), self.device.channels)
        if (sample_rate, channels) not in self._rates:
            self.stop()  # a device that is in use may refuse to say what it plays
            rate = self._playable_rate(sample_rate, channels)
            self._rates[sample_rate, channels] = rate
        rate = self._rates[sample_rate, channels]
        sound = fit_full_scale(resample(audio, sample_rate, rate))
        frames = np.ascontiguousarray(_with_channels(sound, channels).T)  # [frames, channels]
        return PlayingSound(frames, rate, start_s)

    def _take_over(self, sound: PlayingSound, *, goes_on: bool) -> bool:
        """Play on in the stream that runs, if there is one that can.

        Args:
            sound: takes the place of the one that plays.
            goes_on: from where that one is.
        """
        with self._lock:
            before = self._sound
            if self._stream is None or before is None or before.is_over or self._ended.is_set():
                return False
            if (before.sample_rate, before.frames.shape[1]) != (
                sound.sample_rate,
                sound.frames.shape[1],
            ):
                return False
            if goes_on:
                sound.go_on_from(before)
            else:
                sound.take_place_of(before)
            self._sound = sound
            return True

    def _open(self, sound: PlayingSound) -> None:
        ended = threading.Event()

        def fill(out: FloatArray, _count: int, _time: Any, _status: Any) -> None:
            with self._lock:
                current = self._sound or sound
                self._asked_at = time.monotonic()
                current.fill(out)
                if current.is_over:
                    raise self._backend.CallbackStop

        def finished() -> None:
            current = self._sound
            if self._stream is not None and current is not None and not current.is_over:
                self._is_lost = True  # nobody stopped it
            ended.set()

        try:
            stream = self._backend.OutputStream(
                samplerate=sound.sample_rate,
                device=self.device.index,
                channels=sound.frames.shape[1],
                dtype="float32",
                latency=LATENCY_S,
                callback=fill,
                finished_callback=finished,
            )
            with self._lock:
                self._stream, self._ended, self._sound = stream, ended, sound
                self._asked_at, self._is_lost = time.monotonic(), False
            stream.start()
        except self._backend.PortAudioError as error:
            with self._lock:
                self._stream = None
            ended.set()
            raise PlaybackUnavailable(f"{self.device.name} does not play: {error}") from error

    def stop(self) -> None:
        """Be silent at once; nothing if nothing plays."""
        with self._lock:
            stream, self._stream = self._stream, None
            ended = self._ended
            self._is_lost = False
        if stream is not None:
            try:
                stream.abort()
                stream.close()
            except self._backend.PortAudioError:
                _log.info("%s cannot be closed: it went away", self.device.name)
            ended.set()

    def wait(self) -> None:
        """Return when the sound has ended, or was stopped by another thread.

        Ctrl-C stops it and goes on as ``KeyboardInterrupt``.
        """
        try:
            while not self._ended.wait(_POLL_S):
                pass
        except BaseException:
            self.stop()
            raise

    def _playable_rate(self, wanted: int, channels: int) -> int:
        try:
            self._backend.check_output_settings(
                device=self.device.index, channels=channels, dtype="float32", samplerate=wanted
            )
        except self._backend.PortAudioError:
            return self.device.sample_rate
        return wanted


def _with_channels(audio: FloatArray, channels: int) -> FloatArray:
    """As many channels as asked for: one on all of them, more mixed down if they must be."""
    if audio.shape[0] == channels:
        return audio
    if audio.shape[0] > channels:
        audio = audio.mean(axis=0, keepdims=True, dtype=np.float32)
    return np.repeat(audio, channels, axis=0)[:channels]
