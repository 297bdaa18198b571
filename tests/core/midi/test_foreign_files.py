"""Files that others wrote: those that music21 brings, and scores it writes; whole and damaged."""

from __future__ import annotations

import time
import warnings
from functools import cache
from pathlib import Path

import music21
import numpy as np
import pretty_midi
import pytest

from core.errors import MidiError
from core.midi import MidiReading, read_midi

BROUGHT = sorted(Path(music21.__file__).parent.rglob("*.mid"))
"""From a dozen programs, in English, Japanese, Chinese and Romanian."""

PRETTY_MIDI_DIFFERS = {
    "test04.mid",  # its tempo is in the second track, where pretty_midi does not look
    "test16.mid",  # a note of zero length, which pretty_midi drops
}
WORKS = [
    "corelli/opus3no1/1grave",
    "joplin/maple_leaf_rag",
    "schoenberg/opus19/movement6",
    "schumann_robert/opus48no2",
]


def reference(path: Path) -> pretty_midi.PrettyMIDI:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of tempos in later tracks
        return pretty_midi.PrettyMIDI(str(path))


def strikes(score: MidiReading) -> list[tuple[float, int, int]]:
    return sorted((note.start_s, note.pitch, note.velocity) for note in score.clip.notes)


def reference_strikes(path: Path) -> list[tuple[float, int, int]]:
    return sorted(
        (note.start, note.pitch, note.velocity)
        for instrument in reference(path).instruments
        if not instrument.is_drum
        for note in instrument.notes
    )


def assert_same_strikes(path: Path) -> None:
    heard, expected = strikes(read_midi(path)), reference_strikes(path)
    assert len(heard) == len(expected) > 0
    # Rounded times order chords alike in both.
    order = [sorted((round(at, 5), *rest) for at, *rest in some) for some in (heard, expected)]
    assert np.allclose(order[0], order[1], atol=2e-5)


def test_music21_still_brings_its_files() -> None:
    assert len(BROUGHT) > 20


@pytest.mark.parametrize("path", BROUGHT, ids=lambda path: path.name)
def test_files_that_music21_brings_agree_with_pretty_midi(path: Path) -> None:
    if path.name in PRETTY_MIDI_DIFFERS:
        assert len(strikes(read_midi(path))) >= len(reference_strikes(path))
    else:
        assert_same_strikes(path)


@pytest.mark.parametrize(
    ("name", "track", "title"),
    [
        ("test04.mid", 0, "ベートーベン 交響曲第７番 第２楽章"),
        ("test19.mid", 1, "音轨1"),
        ("test09.mid", 0, "Prokofiev - Studiul op.2 nr.1 in re minor"),
    ],
)
def test_names_of_real_files_are_text(name: str, track: int, title: str) -> None:
    path = next(path for path in BROUGHT if path.name == name)
    assert read_midi(path).tracks[track].name == title


def test_a_real_wheel_agrees_with_pretty_midi() -> None:
    """Guzheng music with 3,363 moves of the wheel: 34 notes with some ten points each."""
    path = next(path for path in BROUGHT if path.name == "test19.mid")
    notes = read_midi(path).clip.notes
    (instrument,) = reference(path).instruments
    ranges = {control.value for control in instrument.control_changes if control.number == 6}
    semitones_full = ranges.pop() if ranges else 2
    compared = 0
    for note in notes:
        for bend in instrument.pitch_bends:
            if note.start_s < bend.time < note.end_s:
                times_s, semitones = zip(*(note.bend or ((0.0, 0.0),)), strict=True)
                heard = np.interp(bend.time - note.start_s, times_s, semitones)
                assert heard == pytest.approx(bend.pitch / 8192 * semitones_full, abs=0.01)
                compared += 1
    assert compared > 300
    assert sum(len(note.bend) for note in notes) < compared


@cache
def written(work: str, folder: Path) -> Path:
    path = folder / f"{work.replace('/', '-')}.mid"
    music21.corpus.parse(work).write("midi", fp=path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("works")


@pytest.mark.parametrize("work", WORKS)
def test_scores_of_many_hands_agree_with_pretty_midi(folder: Path, work: str) -> None:
    assert_same_strikes(written(work, folder))


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """Some bytes changed, left out, put in or repeated, or the end cut off."""
    data = bytearray(content)
    for _ in range(random.integers(1, 20)):
        at = int(random.integers(0, len(data)))
        size = int(random.integers(1, 9))
        match random.integers(0, 5):
            case 0:
                data[at] = int(random.integers(0, 256))
            case 1:
                data[at : at + size] = b""
            case 2:
                data[at:at] = random.bytes(size)
            case 3:
                data[at:at] = data[at : at + 40 * size]
            case _:
                data[at : at + 4] = bytes((0xFF, 0xFF, 0xFF, 0x7F))
    return bytes(data[: int(random.integers(1, len(data)))] if random.random() < 0.2 else data)


@pytest.mark.parametrize("seed", range(4))
def test_real_files_with_random_damage_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    """The bound is twenty times what the slowest took on one busy core."""
    random = np.random.default_rng(seed)
    path = tmp_path / "damaged.mid"
    read = 0
    sources = [source.read_bytes() for source in BROUGHT if source.stat().st_size < 40_000]
    for _ in range(60):
        path.write_bytes(damaged(sources[random.integers(len(sources))], random))
        began = time.process_time()
        message = ""
        try:
            read += bool(read_midi(path).clip.notes)
        except MidiError as error:
            message = str(error)
        assert "\n" not in message
        assert time.process_time() - began < 10
    assert read > 20  # most damage leaves something to play
