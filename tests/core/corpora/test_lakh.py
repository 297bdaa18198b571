"""Lakh's published layout: files at any depth, and the busiest track of each."""

from __future__ import annotations

from pathlib import Path

import pretty_midi
import pytest

from core.corpora.lakh import iter_tracks, list_files, read_busiest_track
from core.errors import MidiError


def write_band(path: Path, **note_counts: int) -> None:
    """A file with one track a name; a track called ``drums`` is a drum kit's."""
    band = pretty_midi.PrettyMIDI()
    for name, count in note_counts.items():
        track = pretty_midi.Instrument(0, is_drum=name == "drums", name=name)
        track.notes = [pretty_midi.Note(90, 60, 0.5 * i, 0.5 * i + 0.4) for i in range(count)]
        band.instruments.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    band.write(str(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As lmd_full has them: a folder for each first digit of a hash."""
    write_band(tmp_path / "0" / "00a1.mid", bass=4, lead=9, drums=40)
    write_band(tmp_path / "f" / "fe32.MID", choir=3)
    write_band(tmp_path / "f" / "ff00.midi", drums=12)
    (tmp_path / "f" / "f001.mid").write_bytes(b"MThd\0\0")
    (tmp_path / "md5_to_paths.json").write_text("{}")
    return tmp_path


def test_files_are_listed_at_any_depth(folder: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in list_files(folder)]
    assert names == ["0/00a1.mid", "f/f001.mid", "f/fe32.MID", "f/ff00.midi"]


def test_the_busiest_track_is_read_alone(folder: Path) -> None:
    track = read_busiest_track(folder / "0" / "00a1.mid")
    assert track.name == "lead"
    assert len(track.clip.notes) == 9


def test_a_file_of_drums_alone_is_refused(folder: Path) -> None:
    with pytest.raises(MidiError):
        read_busiest_track(folder / "f" / "ff00.midi")


def test_what_cannot_be_read_is_passed_over(folder: Path) -> None:
    found = [track.path.name for track in iter_tracks(folder, seed=0)]
    assert sorted(found) == ["00a1.mid", "fe32.MID"]


def test_the_order_is_the_seeds(folder: Path) -> None:
    for number in range(12):
        write_band(folder / "1" / f"1{number:03d}.mid", lead=2)
    orders = [[track.path for track in iter_tracks(folder, seed)] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
