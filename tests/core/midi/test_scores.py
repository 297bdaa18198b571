"""Clips out of other libraries' scores, arrays and notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mido
import music21
import numpy as np
import pandas
import pretty_midi
import pytest
import torch

from core import Clip, Note, TextTimbre, as_clip
from core.errors import MidiError
from core.midi import as_notes, read_midi, write_midi

NOTES = (Note(0.0, 60, 90, 0.5), Note(0.5, 64, 80, 1.5))
ROWS = [[0.0, 0.5, 60, 90], [0.5, 2.0, 64, 80]]


def pretty() -> Any:
    score = pretty_midi.PrettyMIDI()
    piano = pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(row[3], row[2], row[0], row[1]) for row in ROWS]
    score.instruments = [piano]
    return score


class BorrowedScore:
    """An object of a library that is not installed here."""

    __module__ = "note_seq.protobuf"


@pytest.mark.parametrize(
    "given",
    [
        np.array(ROWS),
        np.array(ROWS, np.float32),
        torch.tensor(ROWS),
        ROWS,
        [tuple(row) for row in ROWS],
        list(NOTES),
        NOTES[::-1],
        (note for note in NOTES),
        pretty().instruments[0].notes,
        pandas.DataFrame(ROWS, columns=["start", "end", "pitch", "velocity"])[
            ["velocity", "pitch", "end", "start"]
        ],
        Clip("riff", NOTES),
    ],
)
def test_the_same_notes_in_every_form(given: Any) -> None:
    clip = as_clip(given)
    assert clip.notes == NOTES
    assert all(type(note.pitch) is int and type(note.velocity) is int for note in clip.notes)


def test_seconds_may_be_whole_numbers() -> None:
    assert as_clip(np.array([[1, 3, 60, 90]])).notes == (Note(1.0, 60, 90, 2.0),)


def test_scores_of_other_libraries_are_read_as_the_files_they_write(tmp_path: Path) -> None:
    score = pretty()
    score.instruments[0].pitch_bends = [pretty_midi.PitchBend(4096, 0.25)]
    score.instruments.append(pretty_midi.Instrument(0, is_drum=True))
    score.instruments[1].notes = [pretty_midi.Note(90, 36, 0.0, 0.5)]
    score.write(str(tmp_path / "score.mid"))
    from_file = read_midi(tmp_path / "score.mid")
    remarks: list[str] = []
    clip = as_clip(score, "mine", remarks.append)
    assert clip.notes == from_file.clip.notes
    assert clip.notes[0].is_bent
    assert clip.name == "mine"
    assert remarks == [remark.message for remark in from_file.remarks]
    assert any("channel 10" in remark or "drum" in remark for remark in remarks)
    assert as_clip(mido.MidiFile(tmp_path / "score.mid")) == from_file.clip

    stream = music21.stream.Stream()
    stream.append(music21.note.Note("E4", quarterLength=2))
    (note,) = as_clip(stream).notes
    assert note.pitch == 64
    assert note.duration_s == pytest.approx(1.0, abs=2e-3)


def test_what_pretty_midi_rounds_is_under_two_milliseconds() -> None:
    for one, other in zip(as_clip(pretty()).notes, NOTES, strict=True):
        assert abs(one.start_s - other.start_s) < 2e-3
        assert abs(one.end_s - other.end_s) < 2e-3


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.ones((4, 9)), "transpose it"),
        (np.ones((9, 3)), r"is \[K, 4\]"),
        ([[0, 1, 60, 0.8], [0, 1, 60, 1.0]], r"numpy\.round\(127 \* velocity\)"),
        ([[0, 1, 60, 0.8], [0, 1, 60, 90]], "row 0: velocity 0.8 is not a whole number"),
        ([[0, 1, 60.5, 90]], "row 0: pitch 60.5 .* bend"),
        ([[0, 1, 60, 90], [1, 1, 60, 90]], "row 1 ends at 1 s and starts at 1 s"),
        ([[0, 1, 60, 128]], "row 0: velocity 128"),
        ([[0, 1, 128, 90]], "row 0: pitch 128"),
        ([[-1, 1, 60, 90]], "row 0: note start -1"),
        ([[np.nan, 1, 60, 90]], "row 0: note start nan"),
        ([], "holds no notes"),
        (np.zeros((0, 4)), "holds no notes"),
        (np.zeros(99), r"of shape \(99,\)"),
        (pretty_midi.PrettyMIDI(), "no notes"),
    ],
)
def test_rows_out_of_range_are_named(rows: Any, words: str) -> None:
    with pytest.raises(MidiError, match=words) as caught:
        as_clip(rows)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "the clip is None; give a Clip"),
        (True, "True"),
        (3, "3 .int"),
        ({}, "a dict of 0"),
        (b"MThd", "bytes"),
        (Clip, "the class Clip"),
        (NOTES[0], "an object of Note"),
        (TextTimbre("bell"), "the clip comes first"),
        ([NOTES[0], 3], "item 1 of the notes is 3"),
        ([[1, 2, 3, 4], [1]], "a list of 2"),
        (np.ones((2, 4), bool), "type bool"),
        (pandas.DataFrame({"start": [0]}), "no column 'end'"),
        (pretty().instruments[0], "pretty_midi.Instrument"),
        (BorrowedScore(), "note_sequence_to_pretty_midi"),
    ],
)
def test_what_is_no_clip_is_one_type_error(given: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words) as caught:
        as_clip(given)
    assert "\n" not in str(caught.value)


def test_notes_may_be_none_where_a_transcription_is_scored() -> None:
    assert as_notes([]) == []
    assert as_notes(np.zeros((0, 4))) == []


def test_a_path_and_a_clip_are_not_taken_for_each_other(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"the clip is .* then comes the path"):
        write_midi(tmp_path / "x.mid", Clip("riff", NOTES))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the MIDI file is an object of Clip"):
        read_midi(Clip("riff", NOTES))  # type: ignore[arg-type]
