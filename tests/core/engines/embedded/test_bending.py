"""Bends: the pitch is where the curve says at each moment, offline and live alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal.windows import blackmanharris

from core.clip import Bend, Clip, Note, pitch_hz
from core.engines.base import RenderRequest
from core.engines.embedded.bending import BentPartialBank, semitones_at
from core.engines.embedded.controls import N_NOISE, SAMPLE_RATE, TONE_NUMBERS, held_times, tone_hz
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.streaming import Stream
from core.engines.embedded.synthesis import NotePhases, NoteTracks, add_partials
from core.errors import MidiError
from core.types import Embedding, EmbeddingPath, FloatArray
from evaluation.metrics import pitch
from tests.helpers.decoders import lively_decoder, organ, timbre

LIVELY = lively_decoder()
STEADY = lively_decoder(8, moves=False)
TONAL = lively_decoder(8, moves=False)
# A strong fundamental, exact and soft multiples of it and no noise: a tracker of pitch asks for it.
TONAL.out.bias[:48] = torch.linspace(0.5, -6.0, 48)
TONAL.out.bias[48] += 4.0
TONAL.statics.bias[0] = -9.0
TONAL.out.bias[-N_NOISE:] = -9.0
ORGAN = organ(1, -3.0, -6.0, -20.0)
SEED = 3
GLIDE: Bend = ((0.25, 0.0), (0.75, 2.0))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small pieces of work are slower on two threads, and much slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def played(bend: Bend, slope_db: float = 0.0) -> FloatArray:
    """All the partials of key 57, the higher the softer by dB an octave, and no noise."""
    seconds = 1.2
    knots_s = held_times(seconds)
    hz = tone_hz(pitch_hz(57), 0.0)
    out = torch.zeros(round(seconds * SAMPLE_RATE))
    level_db = torch.from_numpy(-50.0 - slope_db * np.log2(TONE_NUMBERS)).float()
    note = NoteTracks(
        start=0,
        samples=len(out),
        knots_s=knots_s,
        partials_hz=hz,
        partial_db=level_db.repeat(len(knots_s), 1),
        noise_db=torch.full((len(knots_s), N_NOISE), -200.0),
        phases=NotePhases.draw(0, 0),
        bend=bend,
    )
    note.partial_db[:, 128:] = -200.0
    add_partials(out, note, BentPartialBank(note, out.device))
    return out.numpy()


def offline(decoder: Decoder, notes: Iterable[Note], embedding: Embedding) -> FloatArray:
    request = RenderRequest(Clip.of("bent", notes), embedding, seed=SEED)
    return EmbeddedEngine(decoder).render([request])[0][0]


def live(
    stream: Stream, notes: Sequence[Note], samples: int, blocks: Iterable[int] = (128, 1024, 300)
) -> FloatArray:
    told: list[tuple[int, int, Note]] = []
    for note in notes:
        begin = round(note.start_s * SAMPLE_RATE)
        told += [(begin, 1, note), (begin + round(note.duration_s * SAMPLE_RATE), 0, note)]
    told.sort(key=lambda event: event[:2])
    ids: dict[int, int] = {}
    pieces: list[FloatArray] = []
    clock = 0
    for block in itertools.cycle(blocks):
        while told and told[0][0] < clock + block:
            at, is_on, note = told.pop(0)
            if is_on:
                ids[id(note)] = stream.note_on(note.pitch, note.velocity, at - clock, note.bend)
            else:
                stream.release(ids[id(note)], at - clock)
        pieces.append(stream.process(block))
        clock += block
        if clock >= samples + stream.latency:
            break
    return np.concatenate(pieces)[stream.latency :][:samples]


def cents_off(sound: FloatArray, key: float, bend: Bend, from_s: float, to_s: float) -> FloatArray:
    """How far the measured pitch is from a key and its bend, at times in between."""
    hz = pitch.yin(sound)
    # A window of 4096 samples every 512, and its like a period later.
    times_s = (np.arange(len(hz)) * 512 + 2048) / SAMPLE_RATE + 0.5 / hz
    at = (times_s > from_s) & (times_s < to_s)
    assert at.sum() > 10
    wanted = key + semitones_at(bend, times_s[at])
    found = 69.0 + 12.0 * np.log2(hz[at] / 440.0)
    return np.asarray(100.0 * (found - wanted))


@pytest.mark.parametrize(
    "bend", [GLIDE, ((0.0, 0.0), (0.5, 2.0)), ((0.0, 2.0), (1.0, -2.0)), ((0.0, 0.37),)]
)
def test_the_measured_pitch_follows_the_curve(bend: Bend) -> None:
    assert np.abs(cents_off(played(bend, 9.0), 57, bend, 0.1, 1.05)).max() < 5.0


def spectrum_db(sound: FloatArray) -> FloatArray:
    """Of a second, bins of 1 Hz, dB below the largest."""
    second = sound[4410 : 4410 + SAMPLE_RATE]
    power = np.abs(np.fft.rfft(second * blackmanharris(SAMPLE_RATE))) ** 2
    return 10 * np.log10(power / power.max() + 1e-20)


@pytest.mark.parametrize("semitones", [12.0, -12.0, 24.0, 48.0, -24.0, -36.0, 7.0])
def test_a_constant_bend_moves_every_partial_and_folds_none(semitones: float) -> None:
    level_db = spectrum_db(played(((0.0, semitones),)))
    f0_hz = 220.0 * 2 ** (semitones / 12)
    numbers = np.arange(1, 129)
    sounding = numbers[numbers * f0_hz < 19_000.0]
    lines = np.rint(sounding * f0_hz).astype(int)
    assert level_db[lines].min() > -2.0
    if f0_hz > 20.0:
        rest = np.ones(len(level_db), bool)
        rest[(lines[:, None] + np.arange(-5, 6)).ravel()] = False
        assert level_db[rest].max() < -70.0


@pytest.mark.parametrize("semitones", [12.0, -12.0, 1.0, 24.0])
@pytest.mark.parametrize("embedding", [timbre(1), ORGAN])
def test_a_note_bent_from_its_onset_sounds_as_the_key_there(
    semitones: float, embedding: Embedding
) -> None:
    """So a file that is tuned up an octave sounds as if its keys were."""
    bent = offline(LIVELY, [Note(0.1, 60, 90, 0.5, ((0.0, semitones),))], embedding)
    wanted = offline(LIVELY, [Note(0.1, 60 + int(semitones), 90, 0.5)], embedding)
    assert np.abs(bent - wanted).max() < 1e-3 * np.abs(wanted).max()


def test_a_bend_of_nothing_changes_nothing() -> None:
    notes = [Note(0.1 * i, 50 + 7 * i, 90, 0.5) for i in range(4)]
    level = [Note(n.start_s, n.pitch, 90, 0.5, ((0.0, 0.0), (0.2, 0.0))) for n in notes]
    assert np.array_equal(offline(LIVELY, notes, timbre(1)), offline(LIVELY, level, timbre(1)))


BENDS: list[Bend] = [
    ((0.0, 0.0), (0.5, 2.0)),
    ((0.0, 12.0),),
    ((0.0, -12.0), (0.3, -12.0), (0.301, 12.0)),
    ((0.1, 0.0), (0.2, 48.0), (0.6, -48.0)),
]


@pytest.mark.parametrize("bend", BENDS)
@pytest.mark.parametrize("decoder", [LIVELY, STEADY], ids=["lively", "steady"])
@pytest.mark.parametrize("embedding", [timbre(1), ORGAN], ids=["plain", "organ"])
def test_a_stream_bends_as_offline(decoder: Decoder, bend: Bend, embedding: Embedding) -> None:
    notes = [
        Note(0.02, 60, 90, 0.8, bend), Note(0.1, 40, 90, 0.3, bend), Note(0.2, 67, 90, 0.5),
    ]  # fmt: skip
    wanted = offline(decoder, notes, embedding)
    peak = np.abs(wanted).max()
    assert 1e-3 < peak < 0.99
    heard = live(Stream(decoder, embedding, seed=SEED), notes, len(wanted))
    assert np.abs(heard - wanted).max() < 1e-3 * peak


def test_a_note_bent_past_hearing_is_silent_and_comes_back() -> None:
    notes = [Note(0.0, 98, 90, 0.6, ((0.0, 96.0), (0.2, 96.0), (0.4, 0.0)))]
    wanted = offline(TONAL, notes, timbre(1))
    assert np.abs(wanted[:8000]).max() < 1e-4 * np.abs(wanted).max()
    heard = live(Stream(TONAL, timbre(1), seed=SEED), notes, len(wanted))
    assert np.abs(heard - wanted).max() < 1e-3 * np.abs(wanted).max()


@given(
    points=st.dictionaries(st.floats(0.0, 1.0), st.floats(-48.0, 48.0), min_size=1, max_size=6),
    key=st.integers(24, 98),
    blocks=st.lists(st.integers(64, 1500), min_size=1, max_size=4),
)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_any_bend_through_any_blocks(
    points: dict[float, float], key: int, blocks: list[int]
) -> None:
    notes = [Note(0.01, key, 80, 0.4, tuple(sorted(points.items())))]
    path = EmbeddingPath(np.array([0.1, 0.5]), np.stack([timbre(1), ORGAN]))
    wanted = offline(LIVELY, notes, path)
    assert np.isfinite(wanted).all()
    heard = live(Stream(LIVELY, path, seed=SEED), notes, len(wanted), blocks)
    assert np.abs(heard - wanted).max() < 1e-3 * np.abs(wanted).max()


def wheeled(moves: Iterable[tuple[int, float, bool]], block: int) -> FloatArray:
    """A held note under wheels: the samples of their moves, semitones, and whether its own."""
    stream = Stream(TONAL, timbre(1), seed=SEED)
    note_id = stream.note_on(57, 100)
    left = sorted(moves)
    pieces = []
    for clock in range(0, 60_000, block):
        while left and left[0][0] < clock + block:
            at, semitones, is_own = left.pop(0)
            stream.bend(semitones, note_id if is_own else None, at - clock)
        pieces.append(stream.process(block))
    return np.concatenate(pieces)[:60_000]


MOVES = [(15_000, 2.0, False), (15_100, -1.0, True), (15_200, 1.5, False), (40_000, 0.0, False),
         (40_010, 0.0, True)]  # fmt: skip


def test_wheels_add_up_and_come_back() -> None:
    sound = wheeled(MOVES, 128)
    at_rest = wheeled([], 128)
    tuned = np.median(cents_off(at_rest, 57.0, (), 0.1, 1.3))
    for semitones, from_s, to_s in ((0.0, 0.1, 0.3), (0.5, 0.4, 0.85), (0.0, 0.97, 1.3)):
        off = cents_off(sound, 57.0 + semitones, (), from_s, to_s) - tuned
        assert np.abs(off).max() < 5.0


def test_wheels_do_not_depend_on_blocks_and_do_not_click() -> None:
    one, other = wheeled(MOVES, 128), wheeled(MOVES, 1000)
    # Levels follow with breakpoints, which are decoded as late as blocks allow.
    assert np.abs(one - other).max() < 0.02 * np.abs(one).max()
    curvature = np.abs(np.diff(one, 2))
    assert curvature[14_000:42_000].max() < 1.3 * curvature[5000:14_000].max()


def test_a_wheel_that_stands_somewhere_is_met_by_later_notes() -> None:
    stream = Stream(STEADY, timbre(1), seed=SEED)
    stream.bend(12.0)
    stream.note_on(57, 90, at=1)
    tuned = Stream(STEADY, timbre(1), seed=SEED)
    tuned.note_on(57, 90, at=1, bend=((0.0, 12.0),))
    heard, wanted = stream.process(20_000), tuned.process(20_000)
    assert np.abs(heard - wanted).max() < 1e-3 * np.abs(wanted).max()


def test_what_makes_no_sense_is_refused() -> None:
    stream = Stream(STEADY, timbre(1))
    for semitones in (97.0, -97.0, float("nan")):
        with pytest.raises(MidiError, match="semitones"):
            stream.bend(semitones)
    with pytest.raises(MidiError, match="past"):
        stream.bend(1.0, at=-1)
    with pytest.raises(MidiError, match="times of a bend"):
        stream.note_on(60, 90, bend=((0.5, 1.0), (0.5, 2.0)))
    stream.bend(1.0, note_id=99)  # of a note that is over


def test_a_bend_out_of_the_trained_range_is_said() -> None:
    notes = [Note(0.0, 60, 90, 1.0, ((0.0, 0.0), (0.5, 48.0))), Note(0.0, 60, 90, 1.0)]
    request = RenderRequest(Clip.of("bent", notes), timbre(1))
    (limit,) = EmbeddedEngine(STEADY).limits(request)
    assert (limit.code, limit.notes) == ("pitch_range", (notes[0],))
