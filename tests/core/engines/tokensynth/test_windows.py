"""The plan of windows: nothing lost, everything within a sequence's bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.clip import Clip, Note
from core.engines.tokensynth.generate import positions_needed
from core.engines.tokensynth.tokens import encode_notes
from core.engines.tokensynth.windows import WindowPlan, WindowRules, frames_for, plan_windows

RULES = WindowRules(frame_s=512 / 44100, positions=1024)

notes = st.builds(
    Note,
    st.floats(0, 40),
    st.integers(0, 127),
    st.integers(1, 127),
    st.floats(1e-4, 20),
)


def plan(clip: Clip, rules: WindowRules = RULES) -> WindowPlan:
    return plan_windows(clip, frames_for(clip.length_s + 0.5, rules.frame_s), rules)


@settings(max_examples=50, deadline=None)
@given(st.lists(notes, min_size=1, max_size=300))
def test_windows_cover_the_clip_within_bounds_and_say_every_note(given_notes: list[Note]) -> None:
    clip = Clip.of("any", given_notes)
    made = plan(clip)
    done, said = 0, 0
    for window in made.windows:
        assert window.start_frame + window.context_frames == done
        assert window.new_frames > 0
        assert window.frames * RULES.frame_s <= 5.0
        assert positions_needed(len(window.notes), window.frames) <= RULES.positions
        encode_notes(window.notes)  # raises for a time outside the window
        done += window.new_frames
        start_s, end_s = window.start_frame * RULES.frame_s, done * RULES.frame_s
        sounding = [n for n in clip.notes if n.end_s > start_s and n.start_s < end_s]
        said += len(window.notes)
        if not made.left_out:
            assert len(window.notes) == len(sounding)
    assert done == frames_for(clip.length_s + 0.5, RULES.frame_s)
    assert said >= len(given_notes) - len(made.left_out)


def test_a_short_clip_is_one_window_with_its_own_times() -> None:
    clip = Clip.of("short", [Note(0.1, 60, 100, 1.0), Note(2.0, 64, 100, 1.5)])
    (window,) = plan(clip).windows
    assert (window.start_frame, window.context_frames) == (0, 0)
    assert window.notes == clip.notes


def test_a_note_across_windows_is_held_in_each() -> None:
    clip = Clip.of("drone", [Note(0.5, 40, 100, 11.0)])
    windows = plan(clip).windows
    assert len(windows) == 3
    assert [w.notes[0].start_s for w in windows] == [0.5, 0.0, 0.0]
    assert windows[0].notes[0].end_s > 4.99
    assert windows[1].notes[0].end_s > 4.99
    last_s = windows[2].start_frame * RULES.frame_s
    assert abs(windows[2].notes[0].end_s + last_s - 11.5) < 1e-6
    assert all(w.context_frames == 86 for w in windows[1:])


def test_dense_notes_make_windows_shorter_and_lose_none() -> None:
    dense = Clip.of("trill", [Note(0.01 * n, 60 + n % 2, 100, 0.009) for n in range(1000)])
    made = plan(dense)
    assert made.left_out == ()
    assert made.windows[0].frames * RULES.frame_s < 2.5
    onsets = {
        round(note.start_s + window.start_frame * RULES.frame_s, 6)
        for window in made.windows
        for note in window.notes
    }
    assert {round(note.start_s, 6) for note in dense.notes} <= onsets


def test_more_at_once_than_a_sequence_holds_is_reported_softest_first() -> None:
    crowd = Clip.of("crowd", [Note(0.001 * n, n % 128, 1 + n % 100, 0.2) for n in range(300)])
    made = plan(crowd)
    assert 0 < len(made.left_out) < 100
    kept = set(crowd.notes) - set(made.left_out)
    assert max(n.velocity for n in made.left_out) <= min(n.velocity for n in kept)


def test_rests_ask_the_network_nothing() -> None:
    clip = Clip.of("late", [Note(30.0, 60, 100, 1.0)])
    windows = plan(clip).windows
    assert [bool(window.notes) for window in windows].count(True) <= 2
    assert plan(Clip.of("empty", [], 8.0)).windows[0].notes == ()
