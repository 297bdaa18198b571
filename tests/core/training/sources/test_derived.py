"""Instruments made out of others: what a design does to a sound, and to nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from core.training.sources.derived import DerivedPlayer, Design, random_design
from core.training.sources.instruments import SAMPLE_RATE, NotePlayer
from core.training.sources.procedural import make_instrument


@pytest.fixture(scope="module")
def players() -> tuple[NotePlayer, NotePlayer]:
    return make_instrument(0)[1], make_instrument(2)[1]


def play(players: tuple[NotePlayer, NotePlayer], design: Design, velocity: int = 100) -> np.ndarray:
    return DerivedPlayer(*players, design).play(57, velocity, 0.6, 0.3)


def spectrum(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power and frequencies, Hz, of the held part."""
    held = audio[: int(0.6 * SAMPLE_RATE)]
    power = np.abs(np.fft.rfft(held * np.hanning(len(held)), 2**17)) ** 2
    return power, np.fft.rfftfreq(2**17, 1 / SAMPLE_RATE)


def centroid_hz(audio: np.ndarray) -> float:
    power, hz = spectrum(audio)
    return float((power * hz).sum() / power.sum())


def test_nothing_done_changes_nothing(players: tuple[NotePlayer, NotePlayer]) -> None:
    assert np.array_equal(play(players, Design()), players[0].play(57, 100, 0.6, 0.3))


@pytest.mark.parametrize("semitones", [-7, 5])
def test_moved_formants_leave_the_pitch(
    players: tuple[NotePlayer, NotePlayer], semitones: int
) -> None:
    audio = play(players, Design(semitones=semitones))
    assert len(audio) == pytest.approx(0.9 * SAMPLE_RATE, abs=2)
    power, hz = spectrum(audio)
    near = np.min(np.abs(hz[:, None] - 220.0 * np.arange(1, 40)), axis=1) < 8.0
    assert power[near].sum() > 0.9 * power.sum()


def test_a_layer_is_the_other_instrument_at_its_level(
    players: tuple[NotePlayer, NotePlayer],
) -> None:
    added = play(players, Design(layer_db=-6.0)) - play(players, Design())
    other = players[1].play(57, 100, 0.6, 0.3)
    assert added == pytest.approx(10 ** (-6 / 20) * other, abs=1e-4)


def test_envelopes_shape_onset_decay_and_release(players: tuple[NotePlayer, NotePlayer]) -> None:
    plain = np.abs(play(players, Design()))

    def left(design: Design, at_s: float) -> float:
        here = slice(int((at_s - 0.02) * SAMPLE_RATE), int((at_s + 0.02) * SAMPLE_RATE))
        return float(np.abs(play(players, design))[here].sum() / plain[here].sum())

    assert left(Design(attack_s=0.3), 0.05) < 0.5 < left(Design(attack_s=0.3), 0.5)
    assert left(Design(decay_s=0.2), 0.4) == pytest.approx(np.exp(-2), rel=0.05)
    assert left(Design(release_s=0.05), 0.5) == pytest.approx(1.0)


def test_an_opening_filter_darkens_soft_notes(players: tuple[NotePlayer, NotePlayer]) -> None:
    design = Design(opening=12.0)
    assert centroid_hz(play(players, design, 40)) < 0.9 * centroid_hz(play(players, Design(), 40))
    loud = play(players, design, 127)
    assert loud == pytest.approx(play(players, Design(), 127), abs=1e-4)


def test_every_random_design_does_something() -> None:
    rng = np.random.default_rng(1)
    assert Design() not in {random_design(rng) for _ in range(200)}
