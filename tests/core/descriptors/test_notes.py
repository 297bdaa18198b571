"""Measures of notes whose sound is known: each goes the way its adjective says."""

from __future__ import annotations

import numpy as np
import pytest

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange, adjective_named, beyond
from core.descriptors.notes import attack_time_s, describe, effective_duration_s, rms_envelope
from core.descriptors.phrase import HELD_S, MEASURING_PHRASE
from core.errors import SettingsError
from core.types import FloatArray

RATE = 44_100


def played(
    slope_db: float = -6.0,
    attack_s: float = 0.01,
    decay_s: float = 100.0,
    noise: float = 0.0,
    partials: int = 40,
) -> FloatArray:
    """The measuring phrase by partials that fall by some dB an octave, with noise beside them."""
    rng = np.random.default_rng(5)
    audio = np.zeros(round(MEASURING_PHRASE.length_s * RATE))
    for note in MEASURING_PHRASE.notes:
        times_s = np.arange(round((HELD_S + 0.2) * RATE)) / RATE
        hz = 440.0 * 2 ** ((note.pitch - 69) / 12)
        sound = np.zeros(len(times_s))
        for number in range(1, partials + 1):
            if number * hz < 16_000:
                level = 10 ** (slope_db * np.log2(number) / 20)
                sound += level * np.sin(2 * np.pi * number * hz * times_s)
        sound += noise * rng.standard_normal(len(times_s))
        sound *= np.minimum(1.0, times_s / attack_s) * np.exp(-times_s / decay_s)
        sound *= np.clip((HELD_S + 0.05 - times_s) / 0.05, 0.0, 1.0)
        start = round(note.start_s * RATE)
        audio[start : start + len(sound)] += note.velocity / 127 * sound
    return (0.1 * audio[None]).astype(np.float32)


def measured(name: str, **sound: float) -> float:
    return describe(played(**sound), RATE)[name]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "parameter", "ascending"),
    [
        ("brightness", "slope_db", (-24.0, -18.0, -12.0, -6.0, -3.0)),
        ("attack", "attack_s", (0.8, 0.4, 0.2, 0.1, 0.05, 0.02)),
        ("length", "decay_s", (0.05, 0.1, 0.3, 1.0)),
        ("noise", "noise", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)),
        ("fullness", "partials", (1, 2, 3, 5, 8)),
    ],
)
def test_each_measure_follows_what_it_is_about(
    name: str, parameter: str, ascending: tuple[float, ...]
) -> None:
    found = [measured(name, **{parameter: value}) for value in ascending]
    assert found == sorted(found)
    assert len(set(found)) == len(found)


def test_values_are_in_their_units() -> None:
    sine = describe(played(partials=1), RATE)
    assert sine["brightness"] == pytest.approx(np.log2(261.63), abs=0.1)  # of C3, C4, C4, C5
    assert sine["fullness"] == pytest.approx(1.5, abs=0.5)  # a window spreads over bands
    assert sine["noise"] < -50
    assert describe(played(partials=0, noise=1.0), RATE)["noise"] == pytest.approx(-2.0, abs=1.5)
    assert 10 ** sine["length"] == pytest.approx(HELD_S + 0.05, abs=0.02)


def test_an_attack_takes_as_long_as_the_ramp() -> None:
    ramp = np.minimum(1.0, np.arange(2000) / 500)
    assert attack_time_s(ramp, 0.001) == pytest.approx(0.4, abs=0.01)  # 10 to 90 % of 0.5 s
    # The weakest effort: a swell after a hard onset is no part of it.
    swell = np.concatenate([np.linspace(0, 0.8, 20), np.linspace(0.8, 1.0, 980)])
    assert attack_time_s(swell, 0.001) < 0.03


def test_a_decay_is_heard_to_a_tenth() -> None:
    times_s = np.arange(3000) / 1000
    assert effective_duration_s(np.exp(-times_s / 0.3), 0.001) == pytest.approx(
        0.3 * np.log(10), abs=0.005
    )
    envelope, step_s = rms_envelope(np.ones(RATE), RATE)
    assert effective_duration_s(envelope, step_s) == pytest.approx(1.0, abs=0.02)


def test_measures_do_not_depend_on_the_level() -> None:
    sound = played(noise=0.05)
    soft, loud = describe(0.05 * sound, RATE), describe(3.0 * sound, RATE)
    assert soft == pytest.approx(loud, abs=1e-3)


def test_a_sound_out_of_tune_with_itself_is_pure() -> None:
    """A bell's partials are not harmonic; they are no noise."""
    times_s = np.arange(round(MEASURING_PHRASE.length_s * RATE)) / RATE
    bell = sum(np.sin(2 * np.pi * hz * times_s) for hz in (392.0, 1083.0, 2117.0, 3498.0))
    assert describe(np.asarray(bell, np.float32), RATE)["noise"] < -50


@pytest.mark.parametrize("audio", [np.zeros((1, 1000)), np.full((2, RATE), np.nan)])
def test_silence_and_what_is_no_sound_measure_nothing(audio: FloatArray) -> None:
    assert describe(audio.astype(np.float32), RATE) == {}


def test_ranges_say_what_is_wrong_with_them() -> None:
    with pytest.raises(SettingsError, match="not measured by 'loudness'; there are brightness"):
        MeasuredRange("loudness")
    with pytest.raises(SettingsError, match="not measured by 'vibrato'"):
        adjective_named("vibrato")  # no pair: it has no word for its lower end
    assert MeasuredRange("vibrato", 0.12).high == 1.0
    with pytest.raises(SettingsError, match=r"not from 0\.8 to 0\.2"):
        MeasuredRange("brightness", 0.8, 0.2)
    with pytest.raises(SettingsError, match="nan"):
        MeasuredRange("brightness", float("nan"), 1.0)


def test_beyond_is_the_rest_of_the_scale() -> None:
    brightness = adjective_named("brightness")
    assert beyond(brightness, 0.6, is_higher=True) == MeasuredRange("brightness", 0.61, 1.0)
    assert beyond(brightness, 0.005, is_higher=False) == MeasuredRange("brightness", 0.0, 0.0)
    assert MeasuredRange("brightness").is_whole
    assert len({word for one in ADJECTIVES for word in (one.low, one.high)}) == 10
