"""Vibrato, tremolo and shimmer: what is played can be measured, and taken out again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engines.embedded.controls import N_NOISE, N_PARTIALS, SAMPLE_RATE, held_times, partial_hz
from core.engines.embedded.modulation import Modulation, ModulationPhases, gains, lag_s
from core.engines.embedded.synthesis import NotePhases, NoteTracks, add_partials, read_late
from core.training.embedded.analysis.modulation import LEAST_S, remove_modulation

SECONDS = 2.5


def played(modulation: Modulation, f0_hz: float = 330.0, seed: int = 0) -> npt.NDArray[np.float32]:
    """Ten partials of constant level, modulated by the synthesizer."""
    knots_s = held_times(SECONDS)
    levels = torch.full((len(knots_s), N_PARTIALS), -200.0)
    levels[:, :10] = torch.linspace(-16.0, -34.0, 10)
    out = torch.zeros(round(SECONDS * SAMPLE_RATE))
    add_partials(
        out,
        NoteTracks(
            start=0,
            samples=len(out),
            knots_s=knots_s,
            partials_hz=partial_hz(f0_hz, 0.0),
            partial_db=levels,
            noise_db=torch.full((len(knots_s), N_NOISE), -200.0),
            phases=NotePhases.draw(seed, 0),
            modulation=modulation,
        ),
    )
    return out.numpy()


@pytest.mark.parametrize("f0_hz", [98.0, 330.0, 1200.0])
@pytest.mark.parametrize(("cents", "rate_hz"), [(12.0, 4.5), (35.0, 6.0), (60.0, 5.0)])
def test_vibrato_is_measured_as_it_was_played(f0_hz: float, cents: float, rate_hz: float) -> None:
    audio = played(Modulation(vibrato_cents=cents, vibrato_hz=rate_hz), f0_hz)
    still, found = remove_modulation(audio, f0_hz, SECONDS)
    assert found is not None
    assert found.vibrato_cents == pytest.approx(cents, rel=0.2)
    assert found.vibrato_hz == pytest.approx(rate_hz, abs=0.2)
    assert found.tremolo_db < 0.5
    rest = remove_modulation(still, f0_hz, SECONDS)[1]
    assert rest is not None
    assert rest.vibrato_cents < 0.15 * cents


@pytest.mark.parametrize(("level_db", "rate_hz"), [(1.5, 4.0), (4.0, 6.5)])
def test_tremolo_is_measured_as_it_was_played(level_db: float, rate_hz: float) -> None:
    audio = played(Modulation(tremolo_db=level_db, tremolo_hz=rate_hz))
    _, found = remove_modulation(audio, 330.0, SECONDS)
    assert found is not None
    assert found.tremolo_db == pytest.approx(level_db, rel=0.15)
    assert found.tremolo_hz == pytest.approx(rate_hz, abs=0.2)
    assert found.vibrato_cents == 0.0


def test_shimmer_is_measured_about_as_it_was_played() -> None:
    for size_db in (1.5, 4.0):
        found = [
            remove_modulation(
                played(Modulation(shimmer_db=size_db, shimmer_hz=5.0), seed=seed), 330.0, 2.5
            )[1]
            for seed in range(4)
        ]
        sizes = [modulation.shimmer_db for modulation in found if modulation]
        assert np.mean(sizes) == pytest.approx(size_db, rel=0.3)


def test_higher_partials_shimmer_faster() -> None:
    """As detuned voices beat: a rate measured over the lowest eight is the fourth's."""
    modulation = Modulation(shimmer_db=3.0, shimmer_hz=4.0)
    at_s = np.arange(0.0, 30.0, 0.01)
    phases = [NotePhases.draw(seed, 0).modulation for seed in range(8)]
    level_db = []
    for each in phases:
        moving = gains(modulation, each, at_s)
        assert moving is not None
        level_db.append(20 * np.log10(moving))
    turns = [(np.diff(np.signbit(track), axis=0) != 0).sum(axis=0) for track in level_db]
    rates_hz = np.mean(turns, axis=0) / 60.0  # [K]; a wave crosses its middle twice a period
    assert rates_hz[[1, 3, 7, 15]] == pytest.approx([2.0, 4.0, 8.0, 16.0], rel=0.25)
    assert rates_hz[30:].max() < 30.0


def test_partials_shimmer_as_much_as_stated() -> None:
    at_s = np.arange(0.0, 60.0, 0.02)
    moving = gains(Modulation(shimmer_db=3.0), NotePhases.draw(0, 0).modulation, at_s)
    assert moving is not None
    level_db = 20 * np.log10(moving)
    assert level_db.std(axis=0).mean() == pytest.approx(3.0, rel=0.03)
    assert np.abs(level_db.mean()) < 0.1


def test_a_steady_note_is_returned_untouched() -> None:
    audio = played(Modulation())
    still, found = remove_modulation(audio, 330.0, SECONDS)
    assert still is audio
    assert found is not None
    assert (found.vibrato_cents, found.tremolo_db) == (0.0, 0.0)
    assert found.shimmer_db < 0.3


@pytest.mark.parametrize("fall_db_s", [10.0, 30.0])
def test_a_decay_is_no_movement(fall_db_s: float) -> None:
    at_s = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    partials = [
        10 ** (-(fall_db_s * (1 + 0.2 * k) * at_s + 3 * k) / 20)
        * np.sin(2 * np.pi * 330.0 * k * at_s + k)
        for k in range(1, 8)
    ]
    audio = (0.2 * np.sum(partials, axis=0)).astype(np.float32)
    still, found = remove_modulation(audio, 330.0, SECONDS)
    assert found is not None
    assert found.shimmer_db < 0.4
    assert (found.vibrato_cents, found.tremolo_db) == (0.0, 0.0)
    assert still is audio


def test_a_short_note_does_not_show_how_it_moves() -> None:
    audio = played(Modulation(vibrato_cents=30.0))[: round(0.5 * SAMPLE_RATE)]
    assert LEAST_S > 0.5
    still, found = remove_modulation(audio, 330.0, 0.5)
    assert still is audio
    assert found is None


@given(
    cents=st.floats(0.5, 80.0),
    rate_hz=st.floats(2.5, 9.0),
    delay_s=st.floats(0.0, 1.5),
    seed=st.integers(0, 99),
)
@settings(max_examples=50, deadline=None)
def test_vibrato_never_looks_ahead_and_never_runs_backwards(
    cents: float, rate_hz: float, delay_s: float, seed: int
) -> None:
    phases = ModulationPhases.draw(np.random.default_rng(seed), np.arange(1.0, 4.0))
    modulation = Modulation(vibrato_cents=cents, vibrato_hz=rate_hz, vibrato_delay_s=delay_s)
    at_s = np.linspace(0, 4, 8000)
    lag = lag_s(modulation, phases, at_s)
    assert lag.min() >= 0.0
    assert lag[0] == 0.0
    assert np.diff(at_s - lag).min() > 0.0


def test_nothing_is_multiplied_when_nothing_moves() -> None:
    phases = ModulationPhases.draw(np.random.default_rng(0), np.arange(1.0, 5.0))
    assert gains(Modulation(), phases, np.arange(3.0)) is None


def test_reading_late_by_whole_samples_only_shifts() -> None:
    sound = torch.randn(1000, generator=torch.Generator().manual_seed(1))
    padded = torch.cat([torch.zeros(4), sound, torch.zeros(64)])
    late = read_late(padded, 0, np.full(1000, 7.0))
    assert torch.allclose(late[7:], sound[:-7], atol=1e-6)
    assert torch.allclose(late[:7], sound[:1].expand(7), atol=1e-6)


def test_reading_late_by_a_fraction_keeps_a_tone_pure() -> None:
    n = np.arange(4000)
    tone = torch.from_numpy(np.sin(2 * np.pi * 5000 / SAMPLE_RATE * n).astype(np.float32))
    padded = torch.cat([torch.zeros(4), tone, torch.zeros(64)])
    late = read_late(padded, 0, np.full(4000, 3.37)).numpy()[100:-100]
    wanted = np.sin(2 * np.pi * 5000 / SAMPLE_RATE * (n - 3.37))[100:-100]
    assert np.abs(late - wanted).max() < 0.005
