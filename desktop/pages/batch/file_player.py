"""A sound file heard: read on another thread, played on the window's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from desktop.services.interfaces import AudioOut
from desktop.tasks import Lane, TaskControl, Tasks

if TYPE_CHECKING:
    from core.types import FloatArray


def play_file(
    file: Path,
    audio: AudioOut,
    tasks: Tasks,
    failed: Callable[[Exception], object],
    owner: QObject,
) -> None:
    """Play a file in place of what plays; of several wishes the last.

    Args:
        file: to play.
        audio: plays.
        tasks: the door to threads.
        failed: called with the error if it cannot be read.
        owner: without it nothing is played any more.
    """

    def read(_control: TaskControl) -> tuple[FloatArray, int]:
        from core.audio import read_audio

        return read_audio(file)

    tasks.run(
        read,
        lambda sound: audio.play(*sound),
        failed=failed,
        lane=Lane.AUDITION,
        owner=owner,
        replaces="play a take",
    )
