"""MIDI files to clips, without holding up the window however large they are.

Reading makes an object for each event, and sorts and frees them in steps during which no other
thread of the process runs: 135 ms were seen with 100,000 notes. A large file is therefore read
in a process, whose answer takes 30 ms at most at a time to be taken in.
"""

from __future__ import annotations

import re
from pathlib import Path

from core.clip import Clip
from desktop.services.processes.run import run_in_process
from desktop.tasks import TaskControl

LARGE_BYTES = 100_000
"""Some 14,000 notes; smaller files hold no other thread for 20 ms."""

_OPTION = re.compile(r" \(--\w[^)]*\)")
"""A hint at an option of the command line, which the window does not have."""


def read_clip(file: Path, control: TaskControl) -> tuple[Clip, tuple[str, ...]]:
    """A MIDI file's clip, with what is to be said about it, a line each; slow.

    Args:
        file: to read.
        control: of the task that waits.

    Raises:
        Cancelled: if nobody waits any more.
        UserInputError: if it is no MIDI file, or has nothing to play.
    """
    try:
        is_large = file.stat().st_size > LARGE_BYTES
    except OSError:
        is_large = False  # reading says what is wrong with it
    if not is_large:
        return read_here(file)
    read: tuple[Clip, tuple[str, ...]] = run_in_process(
        read_here, file, control, f"what was reading {file.name}"
    )
    return read


def read_here(file: Path) -> tuple[Clip, tuple[str, ...]]:
    """As :func:`read_clip`, in this process.

    Raises:
        MidiError: if it is no MIDI file, or has nothing to play.
    """
    from core.midi import read_midi

    reading = read_midi(file)
    return reading.clip, tuple(_OPTION.sub("", remark.message) for remark in reading.remarks)
