"""Partials at odd multiples of half the fundamental: stated by a timbre, and played so."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.clip import Clip, Note, pitch_hz
from core.encoders.embedded.fit_objective import FitObjective
from core.encoders.sphere import slerp
from core.engines.base import RenderRequest
from core.engines.embedded.controls import N_SUBHARMONICS, N_TONES, SAMPLE_RATE, tone_hz
from core.engines.embedded.decoder import Decoder, coordinates
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.subharmonics import (
    LEAST_DB,
    relative_levels,
    subharmonic_levels,
    to_coordinates,
    without,
)
from core.engines.embedded.synthesis import NotePhases
from tests.helpers.decoders import lively_decoder, organ

KEY = 60


def lines_db(audio: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Levels of sinusoids at multiples of the key's fundamental, relative to its lowest eight."""
    piece = audio[int(0.3 * SAMPLE_RATE) : int(0.9 * SAMPLE_RATE)]
    power = np.abs(np.fft.rfft(piece * np.blackman(len(piece)), 1 << 17)) ** 2

    def at(number: float) -> float:
        place = number * pitch_hz(KEY) * (1 << 17) / SAMPLE_RATE
        return float(power[int(place) - 12 : int(place) + 13].max())

    whole = sum(at(k) for k in range(1, 9))
    return np.array([10 * np.log10(at(number) / whole) for number in numbers])


def quiet_decoder() -> Decoder:
    """Partials that stay as they are, next to no noise."""
    decoder = lively_decoder(moves=False)
    decoder.out.bias[88:] -= 2.0
    return decoder


def rendered(embedding: np.ndarray) -> np.ndarray:
    clip = Clip.of("note", [Note(0.0, KEY, 90, 1.0)])
    engine = EmbeddedEngine(quiet_decoder())
    return engine.render([RenderRequest(clip, embedding)])[0][0]


def test_levels_come_back_from_coordinates() -> None:
    levels = torch.tensor([[-3.0, 5.0, -40.0, -52.0, *[LEAST_DB] * (N_SUBHARMONICS - 4)]])
    place = torch.cat([torch.randn(1, 511 - N_SUBHARMONICS), to_coordinates(levels)], dim=1)
    found = relative_levels(place)
    torch.testing.assert_close(found[0, :3], levels[0, :3], atol=0.2, rtol=0)
    assert -57.0 < float(found[0, 3]) < -52.0  # near silence a little less
    assert (found[0, 4:] < -150.0).all()


def test_what_is_almost_none_is_none() -> None:
    place = 0.004 * torch.randn(50, 511, generator=torch.Generator().manual_seed(1))
    assert (relative_levels(place) < -150.0).all()


def test_levels_are_relative_to_the_lowest_partials() -> None:
    partial_db = torch.full((2, 128), -20.0)
    partial_db[1, :8] = -40.0
    relative_db = torch.full((2, N_SUBHARMONICS), -9.0)
    found = subharmonic_levels(partial_db, relative_db)
    torch.testing.assert_close(found[:, 0], torch.tensor([-20.0 + 9.03 - 9, -40.0 + 9.03 - 9]),
                               atol=0.01, rtol=0)  # fmt: skip


def test_the_rest_of_a_timbre_is_as_it_was() -> None:
    embedding = torch.from_numpy(organ(3, -3.0, -6.0))[None]
    plain = without(embedding)
    assert float(plain.norm()) == pytest.approx(1.0, abs=1e-6)
    torch.testing.assert_close(
        coordinates(plain)[:, :-N_SUBHARMONICS], coordinates(embedding)[:, :-N_SUBHARMONICS]
    )


def test_an_organ_sounds_an_octave_below_its_key() -> None:
    heard = lines_db(rendered(organ(1, 0.0, -6.0, -20.0)), np.array([0.5, 1.5, 2.5, 3.5]))
    np.testing.assert_allclose(heard[:3], [0.0, -6.0, -20.0], atol=1.0)
    assert heard[3] < -35.0
    assert (lines_db(rendered(organ(1)), np.array([0.5, 1.5, 2.5])) < -30.0).all()


def test_half_of_an_organ_is_half_as_many_decibels() -> None:
    levels = [
        lines_db(rendered(slerp(organ(1), organ(1, 0.0, -6.0), weight)), np.array([0.5]))[0]
        for weight in (0.5, 0.75, 1.0)
    ]
    np.testing.assert_allclose(levels, [-30.0, -15.0, 0.0], atol=3.0)


def test_nothing_else_moves_when_there_are_none() -> None:
    """Phases of the other partials are what they were before half partials were thought of."""
    phases = NotePhases.draw(7, 2)
    rng = np.random.default_rng([17, 7, 2])
    np.testing.assert_array_equal(phases.partials[:128], rng.random(128))
    assert (phases.modulation.vibrato, phases.modulation.tremolo) == tuple(rng.random(2))
    assert phases.partials.shape == (N_TONES,)
    assert phases.modulation.rates.shape == (3, N_TONES)
    # Those of half partials shimmer as fast as their neighbours.
    assert phases.modulation.rates[:, -N_SUBHARMONICS:].max() < 16 * 1.6 / 4


def test_a_fit_expects_them_where_they_sound() -> None:
    decoder = quiet_decoder()
    embedding = organ(1, 6.0, 0.0)
    note = Note(0.0, 84, 90, 1.0)  # high enough that bands tell partials apart
    clip = Clip.of("note", [note])
    audio = EmbeddedEngine(decoder).render([RenderRequest(clip, embedding)])[0][0]
    heard = FitObjective(audio, [note])
    with torch.no_grad():
        expected, plain = (
            10 * torch.log10(heard.predicted(decoder, e, torch.zeros(1))[40] + 1e-9)
            for e in (torch.from_numpy(embedding)[None], without(torch.from_numpy(embedding)[None]))
        )
    target = heard.target[40]
    errors = [
        float((over_floor(level) - over_floor(target)).abs().mean()) for level in (expected, plain)
    ]
    assert errors[0] < 0.5
    assert errors[1] > 3.0


def over_floor(level_db: torch.Tensor) -> torch.Tensor:
    """Levels of bands relative to the loudest, down to −40 dB."""
    return (level_db - level_db.max()).clamp_min(-40.0)


def test_frequencies() -> None:
    hz = tone_hz(100.0, 0.0)
    np.testing.assert_allclose(hz[[0, 1, 127, 128, 129, 143]], [100, 200, 12_800, 50, 150, 1550])


def test_none_adds_nothing_to_what_a_fit_expects() -> None:
    partial_db = torch.full((3, 128), -96.0)
    none = relative_levels(torch.zeros(3, 511))
    assert (subharmonic_levels(partial_db, none) < -200.0).all()
