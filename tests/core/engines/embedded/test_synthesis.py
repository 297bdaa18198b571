"""Controls become the sound they describe."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engines.embedded.controls import (
    N_NOISE,
    N_PARTIALS,
    NOISE_EDGES_HZ,
    SAMPLE_RATE,
    knot_times,
    partial_hz,
)
from core.engines.embedded.modulation import Modulation
from core.engines.embedded.noise import add_noise_power, filtered_noise
from core.engines.embedded.synthesis import TAPS, NotePhases, NoteTracks, add_partials

SILENT = -200.0


def steady_note(
    *,
    start: int = 0,
    seconds: float = 1.0,
    f0_hz: float = 440.0,
    levels: dict[int, float] | None = None,
    modulation: Modulation | None = None,
) -> NoteTracks:
    """A note of constant partial levels (dB by partial number, from 1)."""
    knots_s = knot_times(seconds, 0.1)
    partial_db = torch.full((len(knots_s), N_PARTIALS), SILENT)
    for number, level_db in (levels or {}).items():
        partial_db[:, number - 1] = level_db
    return NoteTracks(
        start=start,
        samples=round(seconds * SAMPLE_RATE),
        knots_s=knots_s,
        partials_hz=partial_hz(f0_hz, 0.0),
        partial_db=partial_db,
        noise_db=torch.full((len(knots_s), N_NOISE), SILENT),
        phases=replace(NotePhases.draw(0, 0), partials=np.zeros(N_PARTIALS)),
        modulation=modulation or Modulation(),
    )


@given(held_s=st.floats(0.001, 30.0), tail_s=st.floats(0.05, 3.0))
@settings(max_examples=200, deadline=None)
def test_knots_cover_the_note_and_meet_its_release(held_s: float, tail_s: float) -> None:
    times = knot_times(held_s, tail_s)
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(held_s + tail_s)
    assert np.all(np.diff(times) > 0)
    assert np.diff(times).max() <= 0.0901
    assert np.min(np.abs(times - held_s)) < 1e-9


def test_a_partial_is_a_sinusoid_of_its_frequency_and_level() -> None:
    out = torch.zeros(SAMPLE_RATE)
    add_partials(out, steady_note(f0_hz=441.0, levels={1: -20.0, 3: -26.0}))
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    expected = 0.1 * np.sin(2 * np.pi * 441 * t) + 10 ** (-26 / 20) * np.sin(2 * np.pi * 1323 * t)
    # The first block rises from zero; from then on the sound is exact.
    np.testing.assert_allclose(out.numpy()[64:], expected[64:], atol=3e-5)


def test_a_note_starts_on_its_sample() -> None:
    out = torch.zeros(20_000)
    add_partials(out, steady_note(start=7_777, seconds=0.2, levels={1: -10.0}))
    assert not out[:7_777].any()
    assert out[7_777 : 7_777 + 64].abs().max() > 0.1


@pytest.mark.parametrize("modulation", [Modulation(), Modulation(vibrato_cents=40.0)])
@pytest.mark.parametrize("room", [1, 10, 64, 65, 900])
def test_of_a_note_longer_than_what_is_rendered_its_beginning_sounds(
    room: int, modulation: Modulation
) -> None:
    """Sample for sample as in a clip with room for all of it, and nothing before it.

    But for the last samples of one with vibrato: they are read between samples, of which those
    past the cut are not rendered.
    """
    note = steady_note(start=1_000, levels={1: -10.0, 3: -20.0}, modulation=modulation)
    whole, cut = torch.zeros(1_000 + SAMPLE_RATE), torch.zeros(1_000 + room)
    add_partials(whole, note)
    add_partials(cut, note)
    assert torch.count_nonzero(whole[:1_000]) == 0
    assert whole[1_000:1_900].abs().max() > 0.2
    same = len(cut) - (TAPS // 2 if modulation.has_vibrato else 0)
    torch.testing.assert_close(cut[:same], whole[:same], rtol=0.0, atol=1e-6)
    torch.testing.assert_close(cut, whole[: len(cut)], rtol=0.0, atol=0.02)


def test_long_notes_are_rendered_in_pieces_without_a_seam() -> None:
    seconds = 14.0  # more than two pieces
    out = torch.zeros(round(seconds * SAMPLE_RATE))
    add_partials(out, steady_note(seconds=seconds, f0_hz=441.0, levels={1: -6.0}))
    t = np.arange(len(out)) / SAMPLE_RATE
    expected = 10 ** (-6 / 20) * np.sin(2 * np.pi * 441 * t)
    np.testing.assert_allclose(out.numpy()[64:-64], expected[64:-64], atol=2e-4)


def test_noise_has_the_variance_its_bands_state() -> None:
    samples = 4 * SAMPLE_RATE
    power = torch.zeros(samples // 128 + 4, N_NOISE)
    power[:, 20] = 1e-4
    noise = filtered_noise(power, samples, torch.Generator().manual_seed(3), lambda _: None)
    assert noise.var().item() == pytest.approx(1e-4, rel=0.15)
    spectrum = np.abs(np.fft.rfft(noise.numpy())) ** 2
    hz = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    low, high = NOISE_EDGES_HZ[20] - 200, NOISE_EDGES_HZ[21] + 200
    assert spectrum[(hz > low) & (hz < high)].sum() > 0.97 * spectrum.sum()


def test_noise_in_pieces_is_steady_across_their_border() -> None:
    border = 4096 * 128
    samples = border + 2 * SAMPLE_RATE
    power = torch.full((samples // 128 + 4, N_NOISE), 1e-4)
    noise = filtered_noise(power, samples, torch.Generator().manual_seed(3), lambda _: None)
    near = noise[border - 2048 : border + 2048].var().item()
    assert near == pytest.approx(noise.var().item(), rel=0.2)


def test_noise_of_notes_adds_as_power() -> None:
    note = steady_note(seconds=0.5)
    loud = NoteTracks(**{**vars(note), "noise_db": torch.full_like(note.noise_db, -20.0)})
    once, twice = torch.zeros(400, N_NOISE), torch.zeros(400, N_NOISE)
    add_noise_power(once, loud)
    add_noise_power(twice, loud)
    add_noise_power(twice, loud)
    torch.testing.assert_close(twice, 2 * once)
    assert once[50, 0].item() == pytest.approx(0.01, rel=1e-3)
