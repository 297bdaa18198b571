"""QtMultimedia in the form in which :mod:`core.audio.playback` uses ``sounddevice``.

A thread hands frames to the sink as it takes them: pulled by the sink, they would come from the
thread of the window, and every pause of the window would be heard.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication, QIODevice
from PyQt6.QtMultimedia import QAudio, QAudioDevice, QAudioFormat, QAudioSink, QMediaDevices

from core.types import FloatArray

_BLOCK = 256
_BLOCKS_AHEAD = {"low": 2, "high": 4}
_PAUSE_S = 0.001


class QtSoundError(Exception):
    """A device that does not play."""


class QtSoundOver(Exception):
    """Raised by a callback that has no more."""


class _Defaults:
    device = (-1, -1)


class QtSoundDevice:
    """What :mod:`core.audio` asks of the module ``sounddevice``, by QtMultimedia."""

    PortAudioError = QtSoundError
    CallbackStop = QtSoundOver

    def __init__(self) -> None:
        self.default = _Defaults()
        # Qt's devices want an application; where there is a window there is one.
        self._application = QCoreApplication.instance() or QCoreApplication([])

    def _terminate(self) -> None:
        """Qt's list of devices is always the present one."""

    def _initialize(self) -> None:
        """As above."""

    def query_devices(self) -> list[dict[str, Any]]:
        """Devices in the order of their numbers."""
        return [
            {
                "name": device.description(),
                "max_output_channels": device.maximumChannelCount(),
                "default_samplerate": float(device.preferredFormat().sampleRate()),
            }
            for device in QMediaDevices.audioOutputs()
        ]

    def query_hostapis(self) -> list[dict[str, int]]:
        """One, with the system's own device."""
        own = QMediaDevices.defaultAudioOutput().id()
        numbers = [n for n, one in enumerate(QMediaDevices.audioOutputs()) if one.id() == own]
        return [{"default_output_device": numbers[0] if numbers else -1}]

    def check_output_settings(
        self, *, device: int, channels: int, dtype: str, samplerate: int
    ) -> None:
        """As sounddevice does.

        Raises:
            QtSoundError: if the device does not play that.
        """
        if not _device(device).isFormatSupported(_format(samplerate, channels)):
            raise QtSoundError(f"no {dtype} of {samplerate} Hz with {channels} channels")

    def OutputStream(self, **options: Any) -> QtOutputStream:  # noqa: N802
        """As sounddevice's."""
        return QtOutputStream(**options)


class QtOutputStream:
    """A device that plays what a callback writes.

    Args:
        samplerate: Hz.
        device: its number.
        channels: to play.
        callback: writes into its first argument, float32 [frames, channels]; the others are
            the count of frames, and None for what sounddevice tells.
        finished_callback: called when the callback has no more and all was heard, or it broke off.
        blocksize: frames asked for at once.
        latency: ``low``, ``high`` or seconds.

    Attributes:
        latency: seconds from a frame's being asked for to its being heard, as buffered here.
    """

    def __init__(
        self,
        *,
        samplerate: int,
        device: int,
        channels: int,
        callback: Callable[[FloatArray, int, Any, Any], object],
        finished_callback: Callable[[], object] = lambda: None,
        blocksize: int = _BLOCK,
        latency: str | float = "high",
        **_rest: Any,
    ) -> None:
        self._rate, self._device, self._channels = samplerate, device, channels
        self._callback, self._finished, self._block = callback, finished_callback, blocksize
        if isinstance(latency, str):
            self._ahead = _BLOCKS_AHEAD[latency]
        else:
            self._ahead = max(_BLOCKS_AHEAD["low"], math.ceil(latency * samplerate / blocksize))
        self.latency = self._ahead * blocksize / samplerate
        self._is_stopped = threading.Event()
        self._opened = threading.Event()
        self._refused = ""
        self._thread = threading.Thread(target=self._play, name="Qt sound", daemon=True)

    def start(self) -> None:
        """Begin.

        Raises:
            QtSoundError: if the device refuses.
        """
        self._thread.start()
        self._opened.wait()
        if self._refused:
            raise QtSoundError(self._refused)

    def abort(self) -> None:
        """Be silent at once."""
        self._is_stopped.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def close(self) -> None:
        """As :meth:`abort`."""
        self.abort()

    def _play(self) -> None:
        sink = QAudioSink(_device(self._device), _format(self._rate, self._channels))
        frame_bytes = 4 * self._channels
        sink.setBufferSize(self._ahead * self._block * frame_bytes)
        out = sink.start()
        if out is None or sink.error() != QAudio.Error.NoError:
            # A sink without a device says so here, and by no signal.
            self._refused = f"Qt says {sink.error().name}"
            self._opened.set()
            return
        self._opened.set()
        try:
            self._feed(sink, out, frame_bytes)
        finally:
            sink.reset() if self._is_stopped.is_set() else sink.stop()
            self._finished()

    def _feed(self, sink: QAudioSink, out: QIODevice, frame_bytes: int) -> None:
        block = np.zeros((self._block, self._channels), np.float32)
        while not self._is_stopped.is_set() and sink.error() in (
            QAudio.Error.NoError,
            QAudio.Error.UnderrunError,
        ):
            if sink.bytesFree() < self._block * frame_bytes:
                time.sleep(_PAUSE_S)
                continue
            is_last = False
            try:
                self._callback(block, self._block, None, None)
            except QtSoundOver:
                is_last = True
            out.write(block.tobytes())
            if is_last:
                self._is_stopped.wait(self.latency)  # until it is heard
                return


def _device(number: int) -> QAudioDevice:
    devices = QMediaDevices.audioOutputs()
    if not 0 <= number < len(devices):
        raise QtSoundError("the device went away")
    return devices[number]


def _format(rate: int, channels: int) -> QAudioFormat:
    form = QAudioFormat()
    form.setSampleRate(rate)
    form.setChannelCount(channels)
    form.setSampleFormat(QAudioFormat.SampleFormat.Float)
    return form
