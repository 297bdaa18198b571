"""Notes and clips check themselves."""

from __future__ import annotations

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
