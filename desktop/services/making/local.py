"""The Make page's services of this machine, put together."""

from __future__ import annotations

from desktop.services.making.interface import MakingServices
from desktop.services.making.listener import ListeningProcess
from desktop.services.making.microphone import Microphone
from desktop.services.making.recordings import LocalRecordings
from desktop.services.making.words import LibraryByWords
from desktop.services.presets import LibraryPresets


def local_making(presets: LibraryPresets) -> MakingServices:
    """Over a library, this machine's files and its microphone; one process listens for all."""
    listener = ListeningProcess()
    words = LibraryByWords(lambda: presets.library, listener)
    return MakingServices(LocalRecordings(listener), Microphone(), words)
