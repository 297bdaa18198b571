"""What training hears of a note is what is in it."""

import numpy as np
import pytest
import torch

from core.engines.embedded.controls import N_NOISE, SAMPLE_RATE, partial_hz
from core.engines.embedded.synthesis import NotePhases, NoteTracks, add_partials
from core.training.embedded.analysis.notes import analyse_note
from core.training.sources.procedural import KINDS, make_instrument

T = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE


def test_levels_of_partials_and_noise_are_measured() -> None:
    noise = 0.003 * np.random.default_rng(1).standard_normal(len(T))
    tone = sum(0.1 / k * np.sin(2 * np.pi * 220 * k * T) for k in range(1, 20))
    controls = analyse_note((tone + noise).astype(np.float32), 57, 1.5)
    middle = np.argmin(np.abs(controls.times_s - 0.7))
    for k in (1, 2, 5, 10):
        expected_db = 20 * np.log10(0.1 / k)
        assert controls.partial_db[middle, k - 1] == pytest.approx(expected_db, abs=0.7)
    near = (controls.times_s > 0.3) & (controls.times_s < 1.2)
    variance = (10 ** (controls.noise_db[near] / 10)).sum(axis=1).mean()
    assert 10 * np.log10(variance) == pytest.approx(20 * np.log10(0.003), abs=4)


def test_an_attack_is_not_blurred_by_the_window() -> None:
    tone = sum(0.1 / k * np.sin(2 * np.pi * 220 * k * T) for k in range(1, 20))
    controls = analyse_note((tone * (T > 0.0)).astype(np.float32), 57, 1.5)
    early = np.argmin(np.abs(controls.times_s - 0.012))
    assert controls.partial_db[early, 0] == pytest.approx(-20.0, abs=2.0)


@pytest.mark.parametrize("stiffness", [0.0, 1e-4, 1e-3])
def test_stiffness_and_detune_are_found(stiffness: float) -> None:
    f0_hz = 130.81 * 2 ** (8 / 1200)
    tone = sum(0.1 / k * np.sin(2 * np.pi * hz * T) for k, hz in
               enumerate(partial_hz(f0_hz, stiffness)[:30], 1))  # fmt: skip
    controls = analyse_note(tone.astype(np.float32), 48, 1.5)
    assert abs(1200 * np.log2(controls.f0_hz / f0_hz)) < 5
    assert controls.inharmonicity == pytest.approx(stiffness, abs=0.35 * stiffness + 2e-6)


@pytest.mark.parametrize("index", range(len(KINDS)))
def test_what_was_analysed_sounds_the_same_again(index: int) -> None:
    _, player = make_instrument(index)
    audio = player.play(57, 100, 1.0, 0.5)
    controls = analyse_note(audio, 57, 1.0)
    out = torch.zeros(len(audio))
    add_partials(
        out,
        NoteTracks(
            start=0,
            samples=len(audio),
            knots_s=controls.times_s,
            partials_hz=partial_hz(controls.f0_hz, controls.inharmonicity),
            partial_db=torch.from_numpy(controls.partial_db),
            noise_db=torch.zeros(len(controls.times_s), N_NOISE),
            phases=NotePhases.draw(0, 0),
        ),
    )
    blocks = len(audio) // 2205
    loudness = [
        np.sqrt((x[: blocks * 2205].reshape(blocks, 2205) ** 2).mean(axis=1))
        for x in (audio, out.numpy())
    ]
    heard = loudness[0] > 0.03 * loudness[0].max()
    error_db = 20 * np.log10((loudness[1][heard] + 1e-9) / loudness[0][heard])
    # Struck bars ring between the harmonics, which only the noise bands can follow.
    assert np.median(np.abs(error_db)) < (8.0 if KINDS[index] == "modal" else 1.5)


def test_procedural_instruments_are_reproducible_and_sound() -> None:
    for index in range(12):
        instrument, player = make_instrument(index)
        again = make_instrument(index)[1]
        audio = player.play(60, 90, 0.3, 0.3)
        assert np.array_equal(audio, again.play(60, 90, 0.3, 0.3)), instrument.id
        assert np.isfinite(audio).all()
        assert np.abs(audio).max() > 1e-3
