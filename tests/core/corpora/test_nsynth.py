"""NSynth's published layout: what is read of its listing, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.corpora.nsynth import NSynthNote, read_instruments
from core.errors import UserInputError

PUBLISHED = {
    "note": 201034,
    "sample_rate": 16000,
    "note_str": "bass_synthetic_033-050-100",
    "instrument": 417,
    "instrument_str": "bass_synthetic_033",
    "instrument_family": 0,
    "instrument_family_str": "bass",
    "instrument_source": 2,
    "instrument_source_str": "synthetic",
    "pitch": 50,
    "velocity": 100,
    "qualities": [0, 1, 0, 0, 0, 0, 0, 1, 0, 0],
    "qualities_str": ["dark", "multiphonic"],
}
"""An entry with all the fields that ``examples.json`` has."""


def write_listing(folder: Path, *notes: tuple[str, int]) -> None:
    """A listing of notes of instruments, each with a pitch."""
    examples = {
        f"{instrument}-{pitch:03d}-100": {**PUBLISHED, "instrument_str": instrument, "pitch": pitch}
        for instrument, pitch in notes
    }
    (folder / "examples.json").write_text(json.dumps(examples))


def test_every_field_of_a_note_is_read(tmp_path: Path) -> None:
    write_listing(tmp_path, ("bass_synthetic_033", 50))
    name = "bass_synthetic_033-050-100"
    assert read_instruments(tmp_path) == {
        "bass_synthetic_033": (
            NSynthNote(
                name=name,
                instrument="bass_synthetic_033",
                family="bass",
                source="synthetic",
                qualities=("dark", "multiphonic"),
                pitch=50,
                velocity=100,
                audio=tmp_path / "audio" / f"{name}.wav",
            ),
        )
    }


def test_instruments_stand_by_name_and_notes_by_pitch(tmp_path: Path) -> None:
    write_listing(tmp_path, ("reed_1", 70), ("bass_2", 100), ("bass_2", 9), ("bass_2", 40))
    found = read_instruments(tmp_path)
    assert list(found) == ["bass_2", "reed_1"]
    assert [note.pitch for note in found["bass_2"]] == [9, 40, 100]


@pytest.mark.parametrize("field", ["instrument_str", "pitch", "velocity"])
def test_an_entry_without_a_needed_field_is_refused(tmp_path: Path, field: str) -> None:
    entry = {name: value for name, value in PUBLISHED.items() if name != field}
    (tmp_path / "examples.json").write_text(json.dumps({"x": entry}))
    with pytest.raises(UserInputError, match=field):
        read_instruments(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "[1]", '{"a": 3}'])
def test_what_is_not_nsynths_listing_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "examples.json").write_text(content)
    with pytest.raises(UserInputError, match=r"examples\.json cannot be read"):
        read_instruments(tmp_path)
