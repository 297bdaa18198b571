"""A recording in words, and the region that is proposed of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from core.clip import pitch_name
from desktop.services.making.interface import MAX_REGION_S
from desktop.translations.words import translate

if TYPE_CHECKING:
    from core.audio.regions import SoundOutline
    from core.encoders.base import HeardNotes

PROPOSED_S = 8.0
"""Of a long recording: the loudest so many seconds, which is what the encoder looks at."""

_MOST_NAMES = 8
_CHANNELS = {1: QT_TRANSLATE_NOOP("Make", "mono"), 2: QT_TRANSLATE_NOOP("Make", "stereo")}


def describe(file: Path, outline: SoundOutline) -> str:
    """A recording in a line: name, length, form, and what is to be said about its file.

    Args:
        file: the recording.
        outline: of all of it.
    """
    form = (
        translate("Make", _CHANNELS[outline.channels])
        if outline.channels in _CHANNELS
        else translate("Make", "{channels} channels").format(channels=outline.channels)
    )
    parts = [file.name, length_words(outline.end_s), f"{outline.sample_rate / 1000:g} kHz", form]
    return " · ".join([*parts, *outline.remarks])


def length_words(seconds: float) -> str:
    """A length as people write it: ``4.2 s``, ``3:05``, ``1:02:00``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def first_region(outline: SoundOutline) -> tuple[float, float]:
    """What is proposed of a recording: all of it, or of a long one the loudest seconds."""
    import numpy as np

    if outline.end_s <= MAX_REGION_S:
        return 0.0, outline.end_s
    height = (outline.peaks[1] - outline.peaks[0]).astype(np.float64)
    column_s = outline.end_s / len(height)
    width = max(1, round(PROPOSED_S / column_s))
    sums = np.convolve(height, np.ones(width), "valid")
    start = min(float(np.argmax(sums)) * column_s, outline.end_s - PROPOSED_S)
    return start, start + PROPOSED_S


def heard_words(heard: HeardNotes, region: tuple[float, float]) -> str:
    """What was heard, in a line or two.

    Args:
        heard: in a region.
        region: its start and end, seconds.
    """
    count = len(heard.notes)
    if not count:
        words = translate("Make", "No notes are heard.")
    else:
        listed = names_of([note.pitch for note in heard.notes])
        words = (
            translate("Make", "Heard as one note: {listed}.")
            if count == 1
            else translate("Make", "Heard as {count} notes: {listed}.")
        ).format(count=count, listed=listed)
    left_out = (region[1] - region[0]) - (heard.end_s - heard.start_s)
    if region[1] - region[0] > PROPOSED_S and left_out > 0.5:
        words += translate(
            "Make",
            " The timbre is taken from the loudest part, {start_s:.1f} to {end_s:.1f} s "
            "(the line at the bottom).",
        ).format(start_s=heard.start_s, end_s=heard.end_s)
    return words


def names_of(pitches: Sequence[int]) -> str:
    """Pitches in a line, each once, in order, and how many were left out."""
    once = list(dict.fromkeys(pitches))
    listed = ", ".join(pitch_name(pitch) for pitch in once[:_MOST_NAMES])
    rest = len(once) - _MOST_NAMES
    return (
        translate("Make", "{listed} and {rest} more").format(listed=listed, rest=rest)
        if rest > 0
        else listed
    )
