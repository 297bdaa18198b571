"""The microphone, by QtMultimedia: what it gives is written into a WAV as it comes.

A thread of its own writes: a slow disk holds no window, and a crash loses the last moment only.
"""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.files import output_error
from desktop.services.file_names import free_path
from desktop.services.making.interface import RecordingState
from desktop.services.making.recordings import microphone_folder

_BUFFER_S = 1.0
_OTHER = "plug it in again, or choose another"
NO_MICROPHONE = "no microphone was found; plug one in, or drop a sound file here instead"
REFUSED = (
    "this program may not use the microphone; allow it in the system's settings under privacy, "
    "then press Record again"
)


class WavWriter:
    """Writes 16-bit samples into a new WAV, on a thread of its own.

    Args:
        path: the file; its folder is made.
        sample_rate: Hz.
        channels: of the samples.

    Attributes:
        frames: handed over so far.
        error: why it cannot be written; None if it can.
        is_finished: whether the file is whole.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        self.path, self.frames, self.is_finished = path, 0, False
        self.error: str = ""
        self._rate, self._channels = sample_rate, channels
        self._blocks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="microphone")
        self._thread.start()

    def add(self, samples: bytes) -> None:
        """Hand over interleaved samples."""
        self.frames += len(samples) // (2 * self._channels)
        self._blocks.put(samples)

    def finish(self) -> None:
        """No more will come."""
        self._blocks.put(None)

    def join(self) -> None:
        """Wait until it is whole."""
        self._thread.join()

    def _write(self) -> None:
        import wave

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(self.path), "wb") as file:
                file.setparams((self._channels, 2, self._rate, 0, "NONE", ""))
                while (block := self._blocks.get()) is not None:
                    file.writeframes(block)
        except OSError as error:
            self.error = str(output_error(self.path, error))
        finally:
            self.is_finished = True


class Microphone:
    """A :class:`~desktop.services.making.interface.RecordingInput`; used on the window's thread.

    Args:
        open_source: opens a device by name and calls back with interleaved 16-bit samples; None
            opens Qt's.
    """

    def __init__(self, open_source: Callable[..., Any] | None = None) -> None:
        self._open = open_source or QtSource
        self._source: Any = None
        self._writer: WavWriter | None = None
        self._state = RecordingState()
        self._rest = b""

    def devices(self) -> Sequence[str]:
        """As the interface says."""
        from PyQt6.QtMultimedia import QMediaDevices

        return tuple(device.description() for device in QMediaDevices.audioInputs())

    def start(self, device: str = "") -> None:
        """As the interface says."""
        self._end_source()
        self._state = RecordingState()
        try:
            source = self._open(device, self._take, self._fail)
        except MicrophoneUnavailable as error:
            self._state = RecordingState(problem=str(error))
            return
        name = time.strftime("Recording %Y-%m-%d %H.%M.%S")
        path = free_path(microphone_folder(), name, ".wav")
        self._writer = WavWriter(path, source.sample_rate, source.channels)
        self._source, self._rest = source, b""
        self._state = RecordingState(is_recording=True)
        source.start()

    def stop(self) -> None:
        """As the interface says."""
        self._end_source()
        self._state = replace(self._state, is_recording=False, level_db=-math.inf)

    @property
    def state(self) -> RecordingState:
        """As the interface says."""
        writer = self._writer
        if writer is None:
            return self._state
        if writer.error:
            self._end_source()
            self._state = RecordingState(problem=writer.error)
            self._writer = None
        elif writer.is_finished and not self._state.is_recording:
            file = writer.path if writer.frames else None
            if file is None:
                with contextlib.suppress(OSError):
                    writer.path.unlink()
                nothing = "nothing came from the microphone; choose another device"
                self._state = replace(self._state, problem=self._state.problem or nothing)
            self._state = replace(self._state, file=file)
            self._writer = None
        return self._state

    def close(self) -> None:
        """Let go of the device; the file is finished."""
        self._end_source()
        if self._writer is not None:
            self._writer.join()

    def _take(self, samples: bytes) -> None:
        import numpy as np

        source, writer = self._source, self._writer
        if source is None or writer is None:
            return
        samples = self._rest + samples
        whole = len(samples) // (2 * source.channels) * 2 * source.channels
        samples, self._rest = samples[:whole], samples[whole:]
        if not samples:
            return
        writer.add(samples)
        peak = int(np.abs(np.frombuffer(samples, "<i2").astype(np.int32)).max())
        level_db = 20.0 * math.log10(peak / 32768) if peak else -math.inf
        self._state = replace(
            self._state,
            seconds=writer.frames / source.sample_rate,
            level_db=level_db,
            loudest_db=max(self._state.loudest_db, level_db),
        )

    def _fail(self, problem: str) -> None:
        """The device went away, or was never allowed; what came before is kept."""
        self._end_source()
        self._state = replace(self._state, is_recording=False, problem=problem)

    def _end_source(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.stop()
            if self._writer is not None:
                self._writer.finish()


class MicrophoneUnavailable(Exception):
    """Nothing can be recorded; the message says why, and what to do."""


class QtSource:
    """A device of Qt's.

    Args:
        device: by name; empty for the system's own.
        take: called with interleaved 16-bit samples.
        fail: called with why no more come.

    Attributes:
        sample_rate: Hz.
        channels: 1 or 2.

    Raises:
        MicrophoneUnavailable: if there is none, or it cannot be used.
    """

    def __init__(
        self, device: str, take: Callable[[bytes], None], fail: Callable[[str], None]
    ) -> None:
        from PyQt6.QtMultimedia import QAudioFormat, QAudioSource, QMediaDevices

        _check_permission()
        found = {one.description(): one for one in QMediaDevices.audioInputs()}
        if device and device not in found:
            raise MicrophoneUnavailable(f"{device} went away; plug it in again, or choose another")
        chosen = found[device] if device else QMediaDevices.defaultAudioInput()
        if chosen.isNull():
            raise MicrophoneUnavailable(NO_MICROPHONE)
        form = QAudioFormat()
        usual = chosen.preferredFormat()
        self.sample_rate = usual.sampleRate() or 44_100
        self.channels = min(2, max(1, usual.channelCount()))
        form.setSampleRate(self.sample_rate)
        form.setChannelCount(self.channels)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._take, self._fail = take, fail
        self._source = QAudioSource(chosen, form)
        self._source.setBufferSize(round(_BUFFER_S * self.sample_rate) * 2 * self.channels)
        self._io: Any = None

    def start(self) -> None:
        """Let samples come."""
        from PyQt6.QtMultimedia import QAudio

        self._io = self._source.start()
        # A source without a device says so here, and by no signal.
        if self._io is None or self._source.error() != QAudio.Error.NoError:
            self._fail(f"the microphone does not open ({self._source.error().name}); {_OTHER}")
            return
        self._io.readyRead.connect(self._read)
        self._source.stateChanged.connect(self._changed)

    def stop(self) -> None:
        """No more."""
        if self._io is not None:
            self._read()
            with contextlib.suppress(TypeError):  # it was never connected: it did not open
                self._io.readyRead.disconnect(self._read)
            self._io = None
        with contextlib.suppress(TypeError):  # nor this
            self._source.stateChanged.disconnect(self._changed)
        self._source.stop()

    def _read(self) -> None:
        if self._io is not None:
            self._take(bytes(self._io.readAll()))

    def _changed(self) -> None:
        from PyQt6.QtMultimedia import QAudio

        error = self._source.error()
        if self._source.state() == QAudio.State.StoppedState and error != QAudio.Error.NoError:
            self._fail(f"the microphone went away ({error.name}); {_OTHER}")


def _check_permission() -> None:
    """Ask the system whether the microphone may be used; only some ask the user.

    Raises:
        MicrophoneUnavailable: if it may not, or the user is being asked.
    """
    from PyQt6.QtCore import QCoreApplication, QMicrophonePermission, Qt

    application = QCoreApplication.instance()
    assert application is not None
    permission = QMicrophonePermission()
    status = application.checkPermission(permission)
    if status == Qt.PermissionStatus.Denied:
        raise MicrophoneUnavailable(REFUSED)
    if status == Qt.PermissionStatus.Undetermined:
        application.requestPermission(permission, lambda _: None)
        raise MicrophoneUnavailable(
            "the system asks whether this program may use the microphone; then press Record again"
        )
