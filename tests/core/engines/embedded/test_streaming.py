"""The stream plays what the offline engine renders, however it is cut into blocks."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clip import Clip, Note
from core.engines.base import RenderRequest
from core.engines.embedded.controls import held_time, held_times
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.streaming import Stream
from core.errors import MidiError, SettingsError
from core.types import Embedding, EmbeddingPath
from tests.helpers.decoders import lively_decoder, organ, random_decoder, timbre

RATE = 44_100
TOLERANCE = 1e-3
BLOCKS = (128, 1024, 256, 512)
SEED = 3

LIVELY = lively_decoder()
ORGAN = organ(1, -3.0, -6.0, -20.0)
DECODERS = {
    "random": random_decoder(),
    "lively": LIVELY,
    "steady": lively_decoder(8, moves=False),
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small pieces of work are slower on two threads, and much slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True, order=True)
class Key:
    """A key pressed at a sample, for some samples."""

    start: int
    pitch: int
    velocity: int
    length: int


def offline(decoder: Decoder, keys: Iterable[Key], embedding: Embedding) -> np.ndarray:
    notes = [Note(k.start / RATE, k.pitch, k.velocity, k.length / RATE) for k in keys]
    clip = Clip.of("keys", notes)
    (audio,) = EmbeddedEngine(decoder).render([RenderRequest(clip, embedding, seed=SEED)])
    return audio[0]


def live(
    stream: Stream, keys: Iterable[Key], samples: int, blocks: Iterable[int] = BLOCKS
) -> np.ndarray:
    """Play keys, each told to the stream just before the block it falls into."""
    told = sorted(
        [(k.start, 1, k) for k in keys] + [(k.start + k.length, 0, k) for k in keys],
        key=lambda event: event[:2],
    )
    ids: dict[int, int] = {}
    pieces, clock = [], 0
    for block in itertools.cycle(blocks):
        while told and told[0][0] < clock + block:
            at, is_on, key = told.pop(0)
            if is_on:
                ids[id(key)] = stream.note_on(key.pitch, key.velocity, at - clock)
            else:
                stream.release(ids[id(key)], at - clock)
        pieces.append(stream.process(block))
        assert pieces[-1].shape == (block,)
        clock += block
        if clock >= samples + stream.latency:
            return np.concatenate(pieces)[stream.latency :][:samples]
    raise AssertionError("unreachable")


def difference(
    decoder: Decoder, keys: Iterable[Key], embedding: Embedding, blocks: Iterable[int] = BLOCKS
) -> float:
    """The largest between the two forms, of a clip that does not exceed full scale."""
    keys = sorted(keys)
    wanted = offline(decoder, keys, embedding)
    assert 1e-3 < np.abs(wanted).max() < 0.99
    heard = live(Stream(decoder, embedding, seed=SEED), keys, len(wanted), blocks)
    return float(np.abs(heard - wanted).max())


CHORD = [Key(1000, pitch, 90, 20_000) for pitch in (48, 55, 60, 64)]


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("block", [64, 128, 256, 512, 1024, 100])
def test_a_chord_is_what_the_offline_engine_renders(decoder: str, block: int) -> None:
    assert difference(DECODERS[decoder], CHORD, timbre(1), [block]) < TOLERANCE
    assert difference(DECODERS[decoder], CHORD, ORGAN, [block]) < TOLERANCE


@given(
    keys=st.lists(
        st.builds(
            Key, st.integers(0, 20_000), st.integers(24, 98), st.integers(20, 110),
            st.one_of(st.integers(1, 63), st.integers(64, 2000), st.integers(2000, 30_000)),
        ),
        min_size=1, max_size=5, unique_by=lambda key: (key.start, key.pitch),
    ),
    blocks=st.lists(st.integers(128, 1024), min_size=1, max_size=8),
    embedding=st.sampled_from([timbre(1), timbre(2), ORGAN]),
)  # fmt: skip
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_notes_through_any_blocks(
    keys: list[Key], blocks: list[int], embedding: np.ndarray
) -> None:
    assert difference(LIVELY, keys, embedding, blocks) < TOLERANCE


def test_a_note_may_begin_and_end_within_one_block() -> None:
    keys = [Key(5, 60, 90, 1), Key(1030, 67, 90, 40), Key(1100, 55, 90, 700)]
    assert difference(LIVELY, keys, timbre(1), [1024]) < TOLERANCE


def test_a_note_held_past_what_the_decoder_knows_falls_on() -> None:
    keys = [Key(300, 45, 90, 6 * RATE), Key(4 * RATE, 57, 80, 5000)]
    assert difference(LIVELY, keys, timbre(2)) < TOLERANCE


@pytest.mark.parametrize("decoder", ["lively", "steady"])
def test_a_path_moves_the_timbre_as_offline(decoder: str) -> None:
    path = EmbeddingPath(np.array([0.1, 0.5, 1.2]), np.stack([timbre(1), ORGAN, timbre(4)]))
    keys = [Key(0, 50, 90, 60_000), Key(9000, 62, 70, 20_000), Key(30_000, 65, 90, 9000)]
    assert difference(DECODERS[decoder], keys, path) < TOLERANCE


def test_keys_pressed_twice_are_released_in_order() -> None:
    keys = [Key(0, 60, 90, 9000), Key(3000, 60, 60, 12_000), Key(3000, 64, 60, 5000)]
    wanted = offline(LIVELY, keys, timbre(1))
    stream = Stream(LIVELY, timbre(1), seed=SEED)
    for key in keys:
        stream.note_on(key.pitch, key.velocity, key.start)
    for key in keys:
        stream.note_off(key.pitch, key.start + key.length)
    heard = stream.process(len(wanted) + stream.latency)[stream.latency :]
    assert np.abs(heard - wanted).max() < TOLERANCE


def test_the_sizes_of_blocks_do_not_matter() -> None:
    one, other = (
        live(Stream(LIVELY, timbre(1), seed=SEED), CHORD, 60_000, blocks)
        for blocks in ([1], [7, 640, 3000])
    )
    assert np.abs(one - other).max() < 1e-4


def test_nothing_sounds_before_its_time_and_all_ends() -> None:
    stream = Stream(LIVELY, timbre(1), seed=SEED)
    assert not stream.process(5000).any()
    stream.note_on(60, 90, at=2000)
    stream.note_off(60, at=4000)
    heard = stream.process(2 * RATE)
    begins = 2000 + stream.latency
    assert not heard[: begins - 256].any()  # half a window of noise
    assert np.abs(heard[begins : begins + 2000]).max() > 1e-3
    assert stream.sounding == 0
    assert not stream.process(5000).any()


def test_all_notes_off_releases_what_is_held() -> None:
    stream = Stream(LIVELY, timbre(1))
    for pitch in (50, 60, 60):
        stream.note_on(pitch, 90)
    stream.process(2000)
    stream.all_notes_off(at=100)
    stream.process(RATE)
    assert stream.sounding == 3
    stream.process(RATE // 2)
    assert stream.sounding == 0


def test_a_new_timbre_is_heard_in_notes_that_sound() -> None:
    same, moved, wanted = (
        Stream(DECODERS["steady"], timbre(number), seed=SEED) for number in (1, 1, 2)
    )
    for stream in (same, moved, wanted):
        stream.note_on(50, 90)
        stream.note_on(57, 90, at=3000)
    first = [stream.process(8192) for stream in (same, moved, wanted)]
    assert np.array_equal(first[0], first[1])
    assert np.abs(first[0] - first[2]).max() > 0.01
    moved.set_timbre(timbre(2))
    for stream in (same, moved, wanted):
        stream.process(8192)
    then = [stream.process(8192) for stream in (same, moved, wanted)]
    assert np.abs(then[1] - then[2]).max() < 1e-4
    assert np.abs(then[0] - then[2]).max() > 0.01


def test_a_held_note_becomes_another_timbre_at_once_and_without_a_click() -> None:
    moved, wanted = (Stream(DECODERS["steady"], timbre(n), seed=SEED) for n in (1, 2))
    for stream in (moved, wanted):
        stream.note_on(50, 90)
        stream.process(RATE)
    before = moved.process(4096)
    wanted.process(4096)
    for number in (3, 1, 2):  # as a moving mouse does, faster than breakpoints come
        moved.set_timbre(timbre(number))
        heard, reached = moved.process(512), wanted.process(512)
    heard = np.concatenate([heard, moved.process(8192)])
    reached = np.concatenate([reached, wanted.process(8192)])
    there = moved.latency + 1323 + 640  # 30 ms, and where blocks and windows of noise begin
    assert np.abs(heard[there:] - reached[there:]).max() < 1e-3
    assert there < 0.06 * RATE
    assert np.abs(np.diff(heard)).max() < 2 * np.abs(np.diff(np.r_[before, reached])).max()


def test_a_note_whose_timbre_moves_is_released_as_ever() -> None:
    stream = Stream(LIVELY, timbre(1), seed=SEED)
    stream.note_on(50, 90)
    for number in range(60):
        stream.set_timbre(timbre(number % 3))
        assert np.isfinite(stream.process(256)).all()
    stream.note_off(50)
    stream.set_timbre(timbre(2))
    assert np.abs(stream.process(RATE)).max() > 1e-3
    stream.process(RATE // 2)
    assert stream.sounding == 0


def test_a_voice_that_makes_room_fades_without_a_click() -> None:
    decoder = DECODERS["steady"]
    stream = Stream(decoder, timbre(1), seed=SEED, max_voices=2)
    keys = [Key(0, 36, 100, RATE), Key(0, 43, 100, RATE), Key(10_000, 96, 10, 2 * RATE)]
    heard = live(stream, keys, 16_000)
    assert stream.sounding == 2
    both = live(Stream(decoder, timbre(1), seed=SEED), keys, 16_000)
    assert np.abs(heard[:9_700] - both[:9_700]).max() < 1e-4
    taken = both - heard  # the voice that is no more
    assert np.abs(taken[10_000 + 400 :]).max() > 1e-3
    steps = np.abs(np.diff(heard))
    assert steps[9_990:10_400].max() < 1.5 * steps[5000:9_900].max()


def test_held_notes_outlast_released_ones_when_room_is_made() -> None:
    stream = Stream(LIVELY, timbre(1), max_voices=2)
    held = stream.note_on(50, 90)
    stream.note_on(60, 90)
    stream.process(1024)
    stream.note_off(60)
    stream.note_on(70, 90, at=500)
    stream.process(4096)
    assert stream.sounding == 2
    stream.release(held)
    stream.note_off(60)
    stream.note_off(70)
    stream.process(2 * RATE)
    assert stream.sounding == 0


def test_more_notes_than_voices_at_once_keep_to_the_bound() -> None:
    stream = Stream(LIVELY, timbre(1), max_voices=3)
    rng = np.random.default_rng(0)
    for _ in range(50):
        for _ in range(20):
            stream.note_on(int(rng.integers(24, 98)), 60, int(rng.integers(0, 512)))
        sound = stream.process(512)
        assert np.isfinite(sound).all()
        assert stream.sounding <= 6
    stream.all_notes_off()
    stream.process(2 * RATE)
    assert stream.sounding == 0


def _kept(one: object, seen: set[int]) -> int:
    """Numbers held by a stream: elements of arrays, entries of containers; networks left out."""
    if id(one) in seen or isinstance(one, torch.nn.Module):
        return 0
    seen.add(id(one))
    if isinstance(one, np.ndarray):
        return one.size
    if isinstance(one, torch.Tensor):
        return one.untyped_storage().nbytes()
    if isinstance(one, dict):
        return len(one) + sum(_kept(value, seen) for value in one.values())
    if isinstance(one, list | tuple | set | deque):
        return len(one) + sum(_kept(value, seen) for value in one)
    return _kept(vars(one), seen) if hasattr(one, "__dict__") else 0


def test_hours_leave_nothing_behind() -> None:
    stream = Stream(random_decoder(), timbre(1), max_voices=4)

    def kept_after(notes: int) -> int:
        for i in range(notes):
            pitch = 40 + i % 20
            stream.note_on(pitch, 80, i % 100)
            stream.process(256)
            if i % 3:  # the others are never released
                stream.note_off(pitch, 10)
            stream.process(300)
        return _kept(stream, set())

    after_some = kept_after(300)  # every key is down as often as is remembered
    assert kept_after(600) <= after_some


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingsError, match="44100"):
        Stream(LIVELY, timbre(1), sample_rate=48_000)
    with pytest.raises(SettingsError, match="voice"):
        Stream(LIVELY, timbre(1), max_voices=0)
    with pytest.raises(SettingsError, match="512"):
        Stream(LIVELY, np.zeros(4, np.float32))
    stream = Stream(LIVELY, timbre(1))
    for pitch, velocity, at in ((128, 90, 0), (60, 0, 0), (60, 90, -1)):
        with pytest.raises(MidiError):
            stream.note_on(pitch, velocity, at)


def test_knots_of_a_key_that_is_down_are_known_one_by_one() -> None:
    wanted = held_times(300.0)
    found = [held_time(index) for index in range(len(wanted))]
    np.testing.assert_allclose(found, wanted, atol=1e-9)
