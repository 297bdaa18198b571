"""Sound to the machine's loudspeakers: one service for command lines and windows.

PortAudio does the work, through sounddevice (the extra ``play``), which is imported when it is
first needed. Without it, or without a device, :class:`PlaybackUnavailable` says what to do.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from core.audio.conform import resample
from core.audio.loudness import fit_full_scale
from core.errors import UserInputError
from core.types import FloatArray

_POLL_S = 0.1
"""How often a wait looks up: Ctrl-C is seen between, on every system."""


class PlaybackUnavailable(UserInputError):
    """Nothing can be heard here; the message says why, and what to do."""


@dataclass(frozen=True)
class OutputDevice:
    """Something that plays sound.

    Attributes:
        index: PortAudio's number.
        name: the system's.
        channels: most it plays.
        sample_rate: its usual one, Hz.
        is_default: whether the system plays here unless told otherwise.
    """

    index: int
    name: str
    channels: int
    sample_rate: int
    is_default: bool


def load_backend() -> Any:
    """The module ``sounddevice``, with PortAudio behind it.

    Raises:
        PlaybackUnavailable: if either is not installed.
    """
    try:
        import sounddevice
    except ImportError:
        raise PlaybackUnavailable(
            "playing needs the extra 'play': uv sync --extra play, or "
            "pip install 'timbre-bridge[play]'"
        ) from None
    except OSError:  # sounddevice is there, the library it speaks to is not
        advice = " (Debian, Ubuntu: apt install libportaudio2)" if sys.platform == "linux" else ""
        raise PlaybackUnavailable(f"playing needs PortAudio; install it{advice}") from None
    return sounddevice


def output_devices(backend: Any = None) -> list[OutputDevice]:
    """What can play here; may be empty.

    Args:
        backend: None is :func:`load_backend`'s.

    Raises:
        PlaybackUnavailable: if PortAudio is not there.
    """
    backend = backend or load_backend()
    try:
        default = int(backend.default.device[1])
        if default < 0:
            default = min(
                (
                    int(api["default_output_device"])
                    for api in backend.query_hostapis()
                    if api["default_output_device"] >= 0
                ),
                default=-1,
            )
        return [
            OutputDevice(
                index,
                str(device["name"]),
                int(device["max_output_channels"]),
                round(device["default_samplerate"]),
                index == default,
            )
            for index, device in enumerate(backend.query_devices())
            if device["max_output_channels"] > 0
        ]
    except backend.PortAudioError as error:
        raise PlaybackUnavailable(f"the system's sound cannot be asked: {error}") from error


def choose_output_device(wanted: str | None, backend: Any = None) -> OutputDevice:
    """The device of a name, a part of one, or a number.

    Args:
        wanted: in upper or lower case; None is the system's own.
        backend: as in :func:`output_devices`.

    Raises:
        PlaybackUnavailable: if there is none, or no such.
    """
    devices = output_devices(backend)
    if not devices:
        raise PlaybackUnavailable("this machine has no device that plays sound")
    if wanted is None:
        return next((device for device in devices if device.is_default), devices[0])
    for device in devices:
        if wanted == str(device.index) or wanted.casefold() == device.name.casefold():
            return device
    for device in devices:
        if wanted.strip() and wanted.casefold() in device.name.casefold():
            return device
    listed = "; ".join(f"{device.index} {device.name}" for device in devices)
    raise PlaybackUnavailable(f"there is no sound device {wanted!r}; there are: {listed}")


class Playback:
    """Plays one sound at a time. Any thread may use it; use it in a ``with`` block, or close it.

    Args:
        device: as in :func:`choose_output_device`.
        backend: as in :func:`output_devices`.

    Raises:
        PlaybackUnavailable: if nothing can be heard here.
    """

    def __init__(self, device: str | None = None, backend: Any = None) -> None:
        self._backend = backend or load_backend()
        self.device = choose_output_device(device, self._backend)
        self._lock = threading.RLock()  # held while one sound takes the place of another
        self._stream: Any = None
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

    def play(self, audio: FloatArray, sample_rate: int) -> None:
        """Begin a sound, in place of the one that plays; returns at once.

        Args:
            audio: float32 [channels, frames]; made softer as a whole if it exceeds ±1.
            sample_rate: Hz; converted if the device cannot play it.

        Raises:
            PlaybackUnavailable: if the device refuses.
        """
        self.stop()  # a device that is in use may refuse to say what it plays
        channels = min(max(2, audio.shape[0]), self.device.channels)
        rate = self._playable_rate(sample_rate, channels)
        sound = fit_full_scale(resample(audio, sample_rate, rate))
        frames = np.ascontiguousarray(_with_channels(sound, channels).T)  # [frames, channels]
        ended = threading.Event()
        at = 0

        def fill(out: FloatArray, count: int, _time: Any, _status: Any) -> None:
            nonlocal at
            part = frames[at : at + count]
            out[: len(part)] = part
            out[len(part) :] = 0.0
            at += count
            if at >= len(frames):
                raise self._backend.CallbackStop

        with self._lock:
            self.stop()  # what another thread began meanwhile
            try:
                self._stream = self._backend.OutputStream(
                    samplerate=rate,
                    device=self.device.index,
                    channels=channels,
                    dtype="float32",
                    callback=fill,
                    finished_callback=ended.set,
                )
                self._ended = ended
                self._stream.start()
            except self._backend.PortAudioError as error:
                self.stop()
                raise PlaybackUnavailable(f"{self.device.name} does not play: {error}") from error

    def stop(self) -> None:
        """Be silent at once; nothing if nothing plays."""
        with self._lock:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.abort()
                stream.close()
                self._ended.set()

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
