"""The Lakh MIDI dataset's folder layout: MIDI files at any depth, as lmd_full and lmd_matched have.

Source: Raffel, *Learning-Based Methods for Comparing Sequences, with Applications to
Audio-to-MIDI Alignment and Matching*, PhD thesis, 2016. Many of its files are damaged, and most
hold a whole band: what is read here is the busiest track of each file that can be read.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.clip import Clip
from core.errors import MidiError
from core.midi import read_midi

SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True)
class LakhTrack:
    """The busiest track of one file.

    Attributes:
        path: the file.
        name: what the file calls the track; may be empty.
        clip: its notes; drums are left out.
    """

    path: Path
    name: str
    clip: Clip


def list_files(folder: Path) -> list[Path]:
    """All MIDI files under a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def read_busiest_track(path: Path) -> LakhTrack:
    """The track of a file that has most notes; of equals the first.

    Raises:
        MidiError: if the file cannot be read, or has no notes but drums.
    """
    tracks = [track for track in read_midi(path).tracks if track.note_count]
    if not tracks:
        raise MidiError(f"{path}: no track has notes other than drums")
    busiest = max(tracks, key=lambda track: track.note_count)
    name = " ".join(busiest.name.split())
    return LakhTrack(path, name, read_midi(path, track=busiest.number).clip)


def iter_tracks(folder: Path, seed: int) -> Iterator[LakhTrack]:
    """The busiest track of every file that can be read.

    Args:
        folder: where the files lie, at any depth.
        seed: of the order, which depends on nothing else but the files' names.
    """
    files = list_files(folder)
    random.Random(seed).shuffle(files)
    for path in files:
        try:
            yield read_busiest_track(path)
        except MidiError:
            continue  # damaged, or nothing but drums: the collection has thousands of them
