"""What can play sound on this machine.

PortAudio does the work, through sounddevice (the extra ``play``), which is imported when it is
first needed. Without it, or without a device, :class:`PlaybackUnavailable` says what to do.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from core.errors import UserInputError


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


def look_again(backend: Any = None) -> None:
    """Ask the system anew which devices there are; nothing may play meanwhile.

    Args:
        backend: as in :func:`output_devices`.

    Raises:
        PlaybackUnavailable: if PortAudio is not there, or the system's sound is not.
    """
    backend = backend or load_backend()
    try:
        # The list is made when PortAudio starts, and sounddevice has no other name for that.
        backend._terminate()
        backend._initialize()
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
