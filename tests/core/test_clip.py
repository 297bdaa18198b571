"""Notes and clips check themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.clip import MAX_CLIP_S, Clip, Note, pitch_hz, pitch_name
from core.errors import MidiError


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.0, 128, 64, 1.0), "pitch 128"),
        ((0.0, -1, 64, 1.0), "pitch -1"),
        ((0.0, 60, 0, 1.0), "velocity 0"),
        ((0.0, 60, 128, 1.0), "velocity 128"),
        ((-0.1, 60, 64, 1.0), "start -0.1"),
        ((float("nan"), 60, 64, 1.0), "start nan"),
        ((0.0, 60, 64, 0.0), "duration 0.0"),
        ((0.0, 60, 64, float("inf")), "duration inf"),
    ],
)
def test_a_note_outside_its_range_cannot_be(
    values: tuple[float, int, int, float], words: str
) -> None:
    with pytest.raises(MidiError, match=words):
        Note(*values)


def test_a_clip_sorts_its_notes_and_holds_them_all() -> None:
    late, early = Note(1.0, 60, 64, 2.0), Note(0.0, 72, 64, 1.0)
    clip = Clip("a", (late, early), 0.5)
    assert clip.notes == (early, late)
    assert clip.length_s == 3.0
    assert Clip.of("a", iter([early]), 9.0).length_s == 9.0


def test_a_clip_of_days_is_refused() -> None:
    with pytest.raises(MidiError, match=r"5\.0 h long"):
        Clip("a", (), MAX_CLIP_S * 1.25)


def test_the_hash_is_of_the_music_alone() -> None:
    notes = (Note(0.0, 60, 64, 1.0), Note(0.0, 64, 64, 1.0))
    assert Clip("a", notes).content_hash == Clip("b", notes[::-1]).content_hash
    assert Clip("a", notes).content_hash != Clip("a", notes[:1], 1.0).content_hash
    assert Clip("a", notes).content_hash != Clip("a", notes, 2.0).content_hash


def test_pitches_have_names_and_frequencies() -> None:
    assert [pitch_name(pitch) for pitch in (0, 60, 69, 127)] == ["C-1", "C4", "A4", "G9"]
    assert pitch_hz(69) == 440.0
    assert pitch_hz(57) == pytest.approx(220.0)


def test_a_bend_is_checked_and_changes_the_hash() -> None:
    bent = Note(0.0, 60, 90, 1.0, ((0.0, 0.0), (0.5, 2.0)))
    plain = Clip.of("a", [Note(0.0, 60, 90, 1.0)])
    assert Clip.of("a", [bent]).content_hash != plain.content_hash
    for bend in (((0.5, 1.0), (0.5, 2.0)), ((-0.1, 0.0),), ((0.0, 97.0),), ((0.0, float("nan")),)):
        with pytest.raises(MidiError, match="bend"):
            Note(0.0, 60, 90, 1.0, bend)


def test_numbers_of_any_library_become_pythons() -> None:
    note = Note(np.float32(0.5), np.int64(60), np.float64(90), np.int32(1))  # type: ignore[arg-type]
    assert note == Note(0.5, 60, 90, 1.0)
    kinds = [type(value) for value in (note.start_s, note.pitch, note.velocity, note.duration_s)]
    assert kinds == [float, int, int, float]
    assert Clip.of("a", [note]).content_hash == Clip.of("a", [Note(0.5, 60, 90, 1)]).content_hash
    curve = np.array([[0.0, 0.0], [0.5, 2.0]])
    bent = Note(0.0, 60, 90, 1.0, curve)  # type: ignore[arg-type]
    assert bent.bend == ((0.0, 0.0), (0.5, 2.0))
    assert hash(bent) == hash(Note(0.0, 60, 90, 1.0, ((0.0, 0.0), (0.5, 2.0))))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Note(None, 60, 90, 1), "start_s is None; give seconds"),  # type: ignore[arg-type]
        (lambda: Note(0, "C4", 90, 1), "pitch is 'C4'"),  # type: ignore[arg-type]
        (lambda: Note(0, True, 90, 1), "pitch is True"),
        (lambda: Note(0, 60, 90, "1"), r"Note\(start_s, pitch, velocity"),  # type: ignore[arg-type]
        (lambda: Note(0, 60, 90, 1, 2.0), "bend is 2.0"),  # type: ignore[arg-type]
        (lambda: Note(0, 60, 90, 1, (1, 2)), "pairs of seconds and semitones"),  # type: ignore[arg-type]
        (lambda: Clip.of([], "a"), "the list of notes is 'a'|name of a clip"),  # type: ignore[arg-type]
        (lambda: Clip(None, ()), "the name of a clip is None"),  # type: ignore[arg-type]
        (lambda: Clip("a", None), "the list of notes is None"),  # type: ignore[arg-type]
        (lambda: Clip("a", ((0, 1, 60, 90),)), "item 0 of the notes"),  # type: ignore[arg-type]
        (lambda: Clip("a", (), "3"), "the length of a clip is '3'"),  # type: ignore[arg-type]
    ],
)
def test_values_of_other_types_are_one_type_error(make: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [(0, 60.5, 90, 1), (0, 60, 0.8, 1), (0, float("inf"), 90, 1)])
def test_keys_and_velocities_are_whole(values: tuple[float, int, int, float]) -> None:
    with pytest.raises(MidiError, match="is not a whole number"):
        Note(*values)
