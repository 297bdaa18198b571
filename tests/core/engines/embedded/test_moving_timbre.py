"""A timbre that moves, in notes held and in notes struck while it does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.clip import Clip, Note
from core.engines.base import RenderRequest
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.moving_conditioning import MovingConditioning
from core.types import EmbeddingPath, FloatArray
from tests.helpers.decoders import lively_decoder, timbre

RATE = 44_100
A, B = timbre(1), timbre(2)
HELD = Clip.of("held", [Note(0.0, 57, 90, 10.0)], 10.0)
# Tuned alike in every timbre: what stays as it is through a note comes from its onset.
ENGINE = EmbeddedEngine(lively_decoder(moves=False))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small pieces of work are slower on two threads, and much slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def path(length_s: float) -> EmbeddingPath:
    return EmbeddingPath(np.array([0.0, length_s]), np.stack([A, B]))


def played(clip: Clip, embedding: FloatArray | EmbeddingPath, seed: int = 1) -> FloatArray:
    return ENGINE.render([RenderRequest(clip, embedding, seed=seed)])[0][0]


def bands_db(audio: FloatArray, from_s: float, to_s: float) -> FloatArray:
    """Levels in bands of a third of an octave, dB."""
    piece = audio[round(from_s * RATE) : round(to_s * RATE)]
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
    hz = np.fft.rfftfreq(len(piece), 1 / RATE)
    edges = 200.0 * 2.0 ** (np.arange(17) / 3)
    return np.array(
        [
            10 * np.log10(power[(hz >= low) & (hz < high)].sum())
            for low, high in itertools.pairwise(edges)
        ]
    )


def test_a_held_note_begins_in_one_timbre_and_ends_in_the_other() -> None:
    moving, first, last = (played(HELD, each) for each in (path(10.0), A, B))

    def apart(from_s: float, to_s: float) -> tuple[float, float]:
        here, a, b = (bands_db(audio, from_s, to_s) for audio in (moving, first, last))
        return float(np.abs(here - a).mean()), float(np.abs(here - b).mean())

    whole = float(np.abs(bands_db(first, 4.0, 6.0) - bands_db(last, 4.0, 6.0)).mean())
    assert whole > 3.0  # there is something to hear
    assert apart(0.0, 0.3)[0] < 0.15 * whole
    assert apart(9.7, 10.0)[1] < 0.15 * whole
    from_first, from_last = apart(4.8, 5.2)
    assert 0.2 * whole < from_first < 0.9 * whole
    assert 0.2 * whole < from_last < 0.9 * whole
    halfway = path(10.0).at(np.array([5.0]))[0]
    still = bands_db(played(HELD, halfway), 4.9, 5.1)
    assert np.abs(bands_db(moving, 4.9, 5.1) - still).mean() < 0.1 * whole


def test_a_short_note_sounds_as_at_its_onset() -> None:
    melody = Clip.of("melody", [Note(2.0 * i, 50 + i, 90, 0.1) for i in range(5)], 10.0)
    whole = played(melody, path(10.0))
    apart = np.abs(played(melody, A) - played(melody, B)).max()
    for index, note in enumerate(melody.notes):
        here = path(10.0).at(np.array([note.start_s]))[0]
        alone = played(melody, here)
        piece = slice(round(note.start_s * RATE), round((note.start_s + 0.1) * RATE))
        assert np.abs(whole[piece] - alone[piece]).max() < 0.05 * apart, index


def test_it_repeats_sample_for_sample() -> None:
    melody = replace(HELD, notes=(Note(0.0, 57, 90, 3.0), Note(1.0, 64, 70, 0.2)), length_s=3.0)
    assert np.array_equal(played(melody, path(3.0)), played(melody, path(3.0)))
    assert not np.array_equal(played(melody, path(3.0)), played(melody, path(3.0), seed=2))


@pytest.mark.parametrize("length_s", [0.05, 1.0, 30.0])
def test_what_is_mixed_between_stations_is_what_would_be_asked(length_s: float) -> None:
    decoder = lively_decoder()
    moving = MovingConditioning(decoder, path(length_s), torch.device("cpu"))
    at_s = np.concatenate([[-1.0, 0.0], np.linspace(0, length_s, 37), [length_s, length_s + 9]])
    pitches, velocities = np.linspace(40, 80, len(at_s)), np.linspace(1, 127, len(at_s))
    exact = np.arange(len(at_s)) % 5 == 0
    mixed = moving.conditioning(at_s, exact, pitches, velocities).of(torch.arange(len(at_s)))
    asked = decoder.conditioning(
        decoder.note_state(
            torch.from_numpy(path(length_s).at(at_s)),
            torch.from_numpy(pitches.astype(np.float32)),
            torch.from_numpy(velocities.astype(np.float32)),
        )
    )
    for name, rows in vars(asked).items():
        there = vars(mixed)[name]
        assert float((there - rows).abs().max()) < 1e-3 * max(1.0, float(rows.abs().max())), name
        torch.testing.assert_close(there[exact], rows[exact], atol=1e-5, rtol=1e-5)


def test_a_path_of_one_point_is_that_timbre() -> None:
    one = EmbeddingPath(np.array([2.0]), A[None])
    clip = Clip.of("two", [Note(0.0, 50, 90, 0.4), Note(0.2, 62, 60, 0.3)])
    np.testing.assert_allclose(played(clip, one), played(clip, A), atol=1e-4)
