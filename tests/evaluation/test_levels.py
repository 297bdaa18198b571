"""What is judged of a sound: neither its gain nor what comes after the target."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio import read_audio, write_wav
from core.types import FloatArray
from evaluation import datasets
from evaluation.metrics import levels
from evaluation.scoring import Scorer, ScoringSettings
from evaluation.systems import System, Task
from tests.evaluation import sounds
from tests.evaluation.fakes import load_fake


def scored(
    item: datasets.Item, folder: Path, audio: FloatArray, rate: int = sounds.RATE
) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write_wav(folder / f"{item.id}.wav", audio, rate, subtype="FLOAT")  # no grain of 16 bits
    scorer = Scorer(ScoringSettings(judge="fake", followers=("yin",)), load=load_fake)
    return scorer(Task(System("theirs", "folder", folder=folder), item, item.timbre, 0))


@pytest.fixture
def item(dataset: datasets.Dataset) -> datasets.Item:
    return next(item for item in dataset.items if item.id == "buzzy")


@pytest.mark.parametrize("gain", [0.01, 0.2, 1.5])
def test_a_gain_costs_nothing(item: datasets.Item, tmp_path: Path, gain: float) -> None:
    audio, rate = read_audio(item.target or Path())
    plain = scored(item, tmp_path / "a", audio, rate)
    louder = scored(item, tmp_path / "b", audio * np.float32(gain), rate)
    assert np.allclose(louder["notes"], plain["notes"])
    assert louder["figures"] == pytest.approx(plain["figures"], abs=2e-2)
    assert louder["figures"]["mss_audible"] < 0.02


@pytest.mark.parametrize("tail", ["noise", "note", "silence"])
def test_what_comes_after_the_target_costs_nothing_and_is_told(
    item: datasets.Item, tmp_path: Path, tail: str
) -> None:
    audio, rate = read_audio(item.target or Path())
    added = {
        "noise": sounds.noise(3.0, rate),
        "note": sounds.tone(330, 3.0, rate, 4),
        "silence": np.zeros(3 * rate, np.float32),
    }[tail]
    plain = scored(item, tmp_path / "a", audio, rate)
    longer = scored(item, tmp_path / "b", np.concatenate([audio, added[None]], axis=1), rate)
    assert longer["figures"] == pytest.approx(plain["figures"])
    assert plain["unjudged_s"] == 0
    assert longer["unjudged_s"] == pytest.approx(0.0 if tail == "silence" else 3.0, abs=0.1)


def test_without_a_target_a_second_of_release_is_judged(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    words = next(item for item in dataset.items if item.id == "words")
    sound = sounds.play(sounds.melody())[: round(2.3 * sounds.RATE)]
    plain = scored(words, tmp_path / "a", sound[None])
    noisy = np.concatenate([sound, sounds.noise(3.0)])
    longer = scored(words, tmp_path / "b", noisy[None])
    assert longer["figures"] == pytest.approx(plain["figures"])
    assert longer["unjudged_s"] == pytest.approx(3.0, abs=0.05)


def test_a_sound_that_is_too_short_is_levelled_over_the_same_samples() -> None:
    tone = sounds.tone(440, 1.0)
    whole = levels.judged(tone, sounds.RATE, 1.0)
    assert np.sqrt(np.mean(whole**2)) == pytest.approx(levels.LEVEL_RMS, rel=1e-4)
    half = levels.judged(tone[: sounds.RATE // 2], sounds.RATE, 1.0)
    assert np.sqrt(np.sum(half**2) / sounds.RATE) == pytest.approx(levels.LEVEL_RMS, rel=1e-4)
    assert not levels.judged(np.zeros(99, np.float32), sounds.RATE, 1.0).any()
