"""Writing bent notes as MIDI, and how curves become few lines."""

from __future__ import annotations

import math
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.clip import Clip, Note
from core.errors import MidiError
from core.midi import TICKS_PER_BEAT, read_midi, write_midi
from core.midi.bend_curve import thinned, tidy

TICK_S = 0.5 / TICKS_PER_BEAT
CENT = 0.0101


def bends_at(note: Note, times_s: np.ndarray) -> np.ndarray:
    """Semitones from the key, as the definition of a bend says."""
    if not note.bend:
        return np.zeros_like(times_s)
    points_s, semitones = zip(*note.bend, strict=True)
    return np.interp(times_s, points_s, semitones)


def assert_same_pitch(one: Note, other: Note, until_s: float) -> None:
    """Within a cent, or what the curve does in two ticks, at each of many times."""
    assert other.pitch == one.pitch
    times_s = np.linspace(0, until_s, 500)
    near = [bends_at(one, times_s + offset * TICK_S) for offset in np.linspace(-2, 2, 33)]
    values = bends_at(other, times_s)
    assert (values >= np.min(near, axis=0) - CENT).all()
    assert (values <= np.max(near, axis=0) + CENT).all()


def round_trip(folder: Path, *notes: Note) -> tuple[Note, ...]:
    path = folder / "bent.mid"
    write_midi(Clip.of("bent", notes), path)
    score = read_midi(path)
    assert score.remarks == ()
    assert len(score.clip.notes) == len(notes)
    return score.clip.notes


@pytest.mark.parametrize(
    "bend",
    [
        ((0.0, 1.0),),
        ((0.0, 0.0), (1.0, 2.0)),
        ((0.0, -12.0), (0.5, 0.0)),
        ((0.0, 0.0), (0.4, 0.0), (0.401, 3.0), (0.9, 3.0), (0.95, -3.0)),
        ((0.2, 0.5), (2.5, 0.1)),
        ((0.0, 96.0), (1.0, -96.0)),
        ((0.0, 47.0), (0.3, 40.0)),
        ((0.0, 0.0), (1.2, 0.0), (2.0, 0.5)),  # in the release
        tuple((step * 0.01, 0.3 * math.sin(step * 0.37)) for step in range(150)),
    ],
)
def test_a_bend_is_read_back_within_a_cent(
    tmp_path: Path, bend: tuple[tuple[float, float], ...]
) -> None:
    note = Note(0.25, 60, 90, 1.5, bend)
    (read,) = round_trip(tmp_path, note)
    assert_same_pitch(note, read, 3.4)


def test_a_line_is_read_back_as_a_line(tmp_path: Path) -> None:
    (read,) = round_trip(tmp_path, Note(0, 60, 90, 4.0, ((0.0, 0.0), (3.0, 2.0))))
    assert len(read.bend) == 2


CURVES = st.lists(st.tuples(st.floats(0.005, 0.5), st.floats(-30, 30)), min_size=1, max_size=8).map(
    lambda steps: tuple(zip(np.cumsum([s for s, _ in steps]), [v for _, v in steps], strict=True))
)
BENT = st.builds(
    Note,
    start_s=st.integers(0, 60).map(lambda place: place * 0.25),
    pitch=st.integers(30, 100),
    velocity=st.integers(1, 127),
    duration_s=st.sampled_from([0.25, 1.0, 2.5]),
    bend=CURVES | st.just(()),
)


@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(BENT, min_size=1, max_size=14))
def test_any_bends_are_read_back_within_a_cent(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Note]
) -> None:
    """With fewer voices than channels, each note's release included."""
    read = round_trip(tmp_path_factory.getbasetemp(), *notes)

    def order(note: Note) -> tuple[float, int, int, float]:
        return round(note.start_s / TICK_S), note.pitch, note.velocity, round(note.duration_s, 2)

    if len({order(note) for note in notes}) < len(notes):
        return  # twins, which cannot be told apart
    for one, other in zip(sorted(notes, key=order), sorted(read, key=order), strict=True):
        assert_same_pitch(one, other, one.duration_s + 1.9)


def test_every_bent_note_has_a_channel_for_itself(tmp_path: Path) -> None:
    """Forty at a time of one key: more than a port has channels."""
    notes = [Note(0.01 * place, 60, 90, 2.0, ((0.0, place / 10),)) for place in range(40)]
    read = round_trip(tmp_path, *notes)
    assert [bends_at(note, np.zeros(1))[0] for note in read] == pytest.approx(
        [place / 10 for place in range(40)], abs=CENT
    )


def test_a_fast_melody_of_bent_notes_stays_in_one_port(tmp_path: Path) -> None:
    notes = [Note(0.1 * place, 60, 90, 0.1, ((0.0, place % 7 / 10),)) for place in range(60)]
    read = round_trip(tmp_path, *notes, Note(0, 40, 90, 1.0))
    for one, other in zip(sorted([*notes, Note(0, 40, 90, 1.0)]), read, strict=True):
        assert_same_pitch(one, other, one.duration_s)
    messages = [
        message for track in mido.MidiFile(tmp_path / "bent.mid").tracks for message in track
    ]
    assert {message.type for message in messages} >= {"pitchwheel", "note_on"}
    assert "midi_port" not in {message.type for message in messages}
    assert 9 not in {getattr(message, "channel", 0) for message in messages}


def test_more_bent_notes_than_a_file_has_channels_are_refused(tmp_path: Path) -> None:
    crowd = [Note(0, 60, 90, 1 + place * 1e-3, ((0.0, 1.0),)) for place in range(1921)]
    with pytest.raises(MidiError, match="1921 bent notes sound at a time"):
        write_midi(Clip.of("crowd", crowd), tmp_path / "crowd.mid")


def test_other_readers_hear_the_bend(tmp_path: Path) -> None:
    """The wheel as pretty_midi has it, with the range we declared."""
    write_midi(Clip.of("a", [Note(0, 60, 90, 1.0, ((0.0, 0.0), (1.0, 2.0)))]), tmp_path / "a.mid")
    (instrument,) = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid")).instruments
    assert [(c.number, c.value) for c in instrument.control_changes][2] == (6, 12)
    for bend in instrument.pitch_bends:
        assert bend.pitch / 8192 * 12 == pytest.approx(2 * min(bend.time, 1.0), abs=0.005)
    gaps = np.diff([bend.time for bend in instrument.pitch_bends])
    assert gaps.max() < 0.045


def test_a_name_that_no_encoding_holds_is_written(tmp_path: Path) -> None:
    write_midi(Clip.of("a\udcff", [Note(0, 60, 90, 1.0)]), tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").tracks[1].name == "a?"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.floats(1e-3, 1), st.floats(-5, 5)), max_size=60),
    st.floats(1e-4, 0.5),
)
def test_thinning_keeps_every_point_within_the_tolerance(
    steps: list[tuple[float, float]], tolerance: float
) -> None:
    times_s = np.cumsum([step_s for step_s, _ in steps])
    points = list(zip(times_s.tolist(), [value for _, value in steps], strict=True))
    kept = thinned(points, tolerance)
    assert set(kept) <= set(points)
    if points:
        kept_s, values = zip(*kept, strict=True)
        line = np.interp(times_s, kept_s, values)
        assert np.abs(line - [value for _, value in points]).max() <= tolerance + 1e-9


def test_tidy_bends() -> None:
    assert tidy([(0.0, 0.003), (1.0, -0.003)]) == ()
    assert tidy([(0.0, 1.0), (0.5, 2.0), (0.6, 2.0), (0.7, 2.00001)]) == ((0.0, 1.0), (0.5, 2.0))
    assert tidy([(0.0, 1.0), (1e-9, 2.0)]) == ((0.0, 2.0),)
