"""Whether figures have sane scales: what is heard costs more than what is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.signal
import scipy.stats

from core.clip import Clip, Note
from core.types import FloatArray
from evaluation.metrics import consistency, mss, pitch
from tests.evaluation import sounds

RATE = mss.AUDIBLE.sample_rate
CLIP = sounds.melody()
TARGET = sounds.play(CLIP, RATE)
LEVEL = float(np.sqrt(np.mean(TARGET**2)))


def loss(sound: FloatArray, name: str = "mss_audible") -> float:
    value = mss.evaluate_both(sound, RATE, TARGET, RATE)[name]
    assert value is not None
    return value


def noisy(db: float) -> FloatArray:
    level = LEVEL * 10 ** (db / 20)
    return TARGET + sounds.noise(len(TARGET) / RATE, RATE, level=level)[: len(TARGET)]


def low_passed(hz: float) -> FloatArray:
    sections = scipy.signal.butter(8, hz, fs=RATE, output="sos")
    return np.asarray(scipy.signal.sosfilt(sections, TARGET), np.float32)


def played(change: Callable[[int, Note], list[Note]]) -> FloatArray:
    notes = [new for i, note in enumerate(CLIP.notes) for new in change(i, note)]
    notes.sort(key=lambda note: (note.start_s, note.pitch))
    return sounds.play(Clip.of("changed", notes, CLIP.length_s), RATE)


def detuned(cents: float) -> FloatArray:
    places = np.arange(len(TARGET)) * 2 ** (cents / 1200)
    return np.interp(places, np.arange(len(TARGET)), TARGET, right=0).astype(np.float32)


def missing(count: float) -> FloatArray:
    return played(lambda i, note: [] if i < count else [note])


def extra(count: float) -> FloatArray:
    wrong = [Note(n.start_s, n.pitch + 6, n.velocity, n.duration_s) for n in CLIP.notes]
    return played(lambda i, note: [note, wrong[i]] if i < count else [note])


def shifted(count: float) -> FloatArray:
    late = [Note(n.start_s + 0.12, n.pitch, n.velocity, n.duration_s) for n in CLIP.notes]
    return played(lambda i, note: [late[i] if i < count else note])


@pytest.mark.parametrize(
    ("degrade", "degrees"),
    [
        (noisy, [-50, -40, -30, -20, -10]),
        (low_passed, [2500, 2000, 1500, 1000, 600]),
        (detuned, [5, 10, 20, 40, 80]),
        (missing, [1, 3, 5, 7]),
        (extra, [1, 3, 5, 8]),
        (shifted, [1, 3, 5, 8]),
    ],
)
def test_the_headline_loss_ranks_every_degradation(
    degrade: Callable[[float], FloatArray], degrees: list[float]
) -> None:
    values = [loss(degrade(degree)) for degree in degrees]
    assert scipy.stats.spearmanr(values, range(len(values))).statistic >= 0.9, values


def test_what_nobody_hears_costs_a_small_part_of_what_everybody_hears() -> None:
    hiss, semitone = noisy(-65), detuned(100)
    share = loss(hiss) / loss(semitone)
    published = loss(hiss, "mss") / loss(semitone, "mss")
    assert share < 0.1
    assert published > 3 * share


def test_the_published_loss_is_at_its_conditions_whatever_the_level() -> None:
    peak, small = float(np.abs(TARGET).max()), np.float32(0.01)
    other = sounds.play(CLIP, RATE, partials=3, decay=5.0)
    expected = mss.evaluate(other / peak, RATE, TARGET / peak, RATE, mss.PUBLISHED)
    found = mss.evaluate_both(other * small, RATE, TARGET * small, RATE)
    assert mss.PUBLISHED.sample_rate == 16_000
    # The peak is that of the sound at 16 kHz, which the filter moves a little.
    assert found["mss_linear"] == pytest.approx(expected["mss_linear"], rel=0.02)
    assert found["mss_audible"] == pytest.approx(loss(other), rel=1e-3)
    silence = np.zeros(RATE, np.float32)
    assert set(mss.evaluate_both(silence, RATE, silence, RATE).values()) == {0.0}


def vibrato(cents: float, bias_cents: float = 0.0, rate: int = pitch.YIN_HZ) -> FloatArray:
    time_s = np.arange(round(1.2 * rate)) / rate
    deviation = (bias_cents + cents * np.sin(2 * np.pi * 5.5 * time_s)) / 1200
    phase = 2 * np.pi * np.cumsum(440 * 2**deviation) / rate
    return (0.2 * np.sum([np.sin(k * phase) / k for k in range(1, 5)], axis=0)).astype(np.float32)


@pytest.mark.parametrize("tracker", ["yin", "crepe"])
def test_vibrato_around_the_key_costs_nothing_and_is_the_spread(tracker: str) -> None:
    notes = [Note(0.0, 69, 100, 1.1)]
    still = pitch.evaluate(vibrato(0), pitch.YIN_HZ, notes, [tracker])
    wide = pitch.evaluate(vibrato(50), pitch.YIN_HZ, notes, [tracker])
    assert (wide[f"pitch_{tracker}_semitones"] or 0) < 0.1
    assert wide[f"pitch_{tracker}_within_50"] == 1
    assert 15 < (wide[f"pitch_{tracker}_spread_cents"] or 0) < 50
    assert (still[f"pitch_{tracker}_spread_cents"] or 0) < 3


@pytest.mark.parametrize("bias", [-70.0, 30.0])
def test_a_bias_has_its_sign(bias: float) -> None:
    found = pitch.evaluate(vibrato(20, bias), pitch.YIN_HZ, [Note(0.0, 69, 100, 1.1)], ["yin"])
    assert found["pitch_yin_bias_cents"] == pytest.approx(bias, abs=6)
    assert found["pitch_yin_semitones"] == pytest.approx(abs(bias) / 100, abs=0.06)
    assert found["pitch_yin_within_50"] == (abs(bias) <= 50)


def test_the_zero_of_tc_is_the_truths_own_and_lateness_moves_away_from_it() -> None:
    own = consistency.evaluate(TARGET, RATE, CLIP.notes, (TARGET, RATE))
    assert own["tc_target"] == pytest.approx(own["tc_zero"])
    late = np.concatenate([np.zeros(round(0.02 * RATE), np.float32), TARGET])
    found = consistency.evaluate(late, RATE, CLIP.notes, (TARGET, RATE))
    assert found["tc_zero"] == pytest.approx(own["tc_zero"])
    assert (found["tc_target"] or 0) > 1.05 * (own["tc_zero"] or 0)


def test_noise_is_more_alike_within_than_an_instrument() -> None:
    """Why ``tc`` alone has no direction."""
    hiss = sounds.noise(len(TARGET) / RATE, RATE)
    noise = consistency.evaluate(hiss, RATE, CLIP.notes)["tc"]
    assert noise is not None
    assert noise < (consistency.evaluate(TARGET, RATE, CLIP.notes)["tc"] or 0)
