"""Vocabulary and delay pattern: what goes in comes out again."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.clip import Note
from core.engines.tokensynth import tokens
from core.engines.tokensynth.delay import DelayPattern
from core.errors import MidiError

steps = st.integers(0, tokens.WINDOW_STEPS - 1)
quads = st.builds(
    lambda times, pitch, velocity: [
        tokens.ONSET + min(times),
        tokens.OFFSET + max(times),
        tokens.PITCH + pitch,
        tokens.VELOCITY + velocity,
    ],
    st.tuples(steps, steps),
    st.integers(0, 127),
    st.integers(0, 3),
)
notes = st.builds(
    lambda start, share, pitch, velocity: Note(
        start, pitch, velocity, max(1e-4, (4.999 - start) * share)
    ),
    st.floats(0, 4.99),
    st.floats(0, 1),
    st.integers(0, 127),
    st.integers(1, 127),
)


def test_the_vocabulary_has_the_published_size() -> None:
    assert (tokens.MIDI_VOCAB, tokens.AUDIO_VOCAB, tokens.CHANNELS) == (1133, 1025, 10)


def test_a_note_has_the_published_tokens() -> None:
    assert tokens.encode_notes([Note(1.234, 60, 64, 0.5)]) == [124, 501 + 173, 1061, 1130]


@given(st.lists(quads, max_size=20))
def test_tokens_survive_the_way_to_notes_and_back(given_quads: list[list[int]]) -> None:
    flat = [token for quad in given_quads for token in quad]
    assert tokens.encode_notes(tokens.decode_notes(flat)) == flat


@given(st.lists(notes, max_size=20))
def test_notes_survive_to_within_half_a_step(given_notes: list[Note]) -> None:
    decoded = tokens.decode_notes(tokens.encode_notes(given_notes))
    assert len(decoded) == len(given_notes)
    for before, after in zip(given_notes, decoded, strict=True):
        assert after.pitch == before.pitch
        assert after.velocity == tokens.nearest_velocity(before.velocity)
        assert abs(after.start_s - before.start_s) <= 0.0075 + 1e-9
        assert abs(after.end_s - before.end_s) <= 0.0075 + 1e-9


@given(st.integers(1, 127))
def test_the_nearest_velocity_is_nearest(velocity: int) -> None:
    chosen = tokens.nearest_velocity(velocity)
    assert all(abs(chosen - velocity) <= abs(level - velocity) for level in tokens.VELOCITIES)


@pytest.mark.parametrize("note", [Note(5.0, 60, 64, 0.1), Note(4.5, 60, 64, 0.5)])
def test_a_note_that_leaves_the_window_is_refused(note: Note) -> None:
    with pytest.raises(MidiError, match="one window"):
        tokens.encode_notes([note])


@pytest.mark.parametrize(
    "bad", [[1, 501, 1001], [0, 501, 1001, 1129], [1, 501, 1129, 1001], [10, 501, 1001, 1129]]
)
def test_tokens_that_are_no_note_are_refused(bad: list[int]) -> None:
    with pytest.raises(MidiError):
        tokens.decode_notes(bad)


def test_a_prompt_is_the_notes_and_one_empty_position() -> None:
    prompt = tokens.prompt_tokens([Note(0, 60, 100, 1), Note(1, 62, 100, 1)])
    assert prompt.shape == (9, 10)
    assert prompt[:8, 0].tolist() == tokens.encode_notes([Note(0, 60, 100, 1), Note(1, 62, 100, 1)])
    assert not prompt[8].any()
    assert not prompt[:, 1:].any()


def test_audio_tokens_are_codes_shifted_by_one() -> None:
    codes = torch.arange(1024)
    assert torch.equal(tokens.codec_codes(tokens.audio_tokens(codes)), codes)
    assert int(tokens.codec_codes(torch.tensor(tokens.NONE))) == 0


@given(st.integers(1, 12), st.integers(0, 40), st.integers(0, 1000))
def test_the_delay_pattern_undoes_itself(codebooks: int, frames: int, seed: int) -> None:
    pattern = DelayPattern(codebooks)
    made = torch.randint(1, 1025, (frames, codebooks), generator=torch.manual_seed(seed))
    delayed = pattern.apply(made)
    assert len(delayed) == pattern.steps(frames)
    assert torch.equal(pattern.revert(delayed), made)
    assert int((delayed == tokens.NONE).sum()) == (codebooks * (codebooks - 1) if frames else 0)


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_cut_sequence_gives_its_whole_frames(frames: int, cut: int) -> None:
    pattern = DelayPattern(9)
    made = torch.arange(frames * 9).reshape(frames, 9) + 1
    steps = pattern.apply(made)[:cut]
    reverted = pattern.revert(steps)
    assert torch.equal(reverted, made[: len(reverted)])
    assert len(reverted) == max(0, min(cut, pattern.steps(frames)) - 8)


@given(st.integers(1, 30), st.integers(0, 30))
def test_a_contexts_tokens_are_forced(total: int, context: int) -> None:
    pattern, context = DelayPattern(9), min(total, context)
    forced = pattern.forced_mask(pattern.steps(total), context)
    # Every token of a context frame, every corner before it, nothing of a later frame.
    made = torch.zeros(total, 9, dtype=torch.long)
    made[:context] = 1
    made[context:] = 2
    delayed = pattern.apply(made)
    assert bool(forced[delayed == 1].all())
    assert not forced[delayed == 2].any()


def test_a_pattern_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match="9"):
        DelayPattern(9).apply(torch.zeros(4, 8))
    with pytest.raises(ValueError, match="codebook"):
        DelayPattern(0)
