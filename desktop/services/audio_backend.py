"""Which library speaks to the sound device: PortAudio, or Qt where that is not installed.

PortAudio is the quicker one (13 ms from a key to the output of a PulseAudio device, Qt 22 ms),
and Qt's is always there: it comes with PyQt6.
"""

from __future__ import annotations

import logging
from typing import Any

from core.audio.output_devices import PlaybackUnavailable, load_backend

_log = logging.getLogger(__name__)


def load_audio_backend() -> Any:
    """A module, or what is used like it: ``sounddevice`` or :class:`QtSoundDevice`."""
    try:
        return load_backend()
    except PlaybackUnavailable as error:
        from desktop.services.qt_sound import QtSoundDevice

        _log.info("%s; playing through Qt", error)
        return QtSoundDevice()
